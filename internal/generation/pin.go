package generation

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/publication"
)

// pin is what a generation is made from. It is fixed when the generation
// begins and stored with it, so that a run that is resumed after a crash goes
// on by the same rules.
type pin struct {
	// Previous is the snapshot that this one is merged from, 0 for none.
	Previous int64 `json:"previous"`
	// Rebuild makes everything anew and takes first-seen times only from the
	// snapshot before, where it can be read.
	Rebuild bool `json:"rebuild,omitempty"`
	// Anew begins those ranges anew for which the snapshot before is damaged.
	Anew      bool            `json:"anew,omitempty"`
	Catalog   string          `json:"catalog"`
	Benchmark string          `json:"benchmark"`
	RowShape  int             `json:"rowShape"`
	Settings  assess.Settings `json:"settings"`
	Ranges    []rangePlan     `json:"ranges"`
	// Clock is what the clock read when the generation began: Begun may lie in
	// the future, after a clock that was ahead.
	Clock time.Time `json:"clock,omitzero"`
	// Groups are the names of RBAC groups.
	Groups map[int64]string `json:"groups"`
}

// readPin reads what a generation has pinned.
func readPin(g publication.Generation) (pinned pin, err error) {
	if err := json.Unmarshal(g.Pin, &pinned); err != nil {
		return pinned, fmt.Errorf("reading what generation %d has pinned: %w", g.Number, err)
	}
	return pinned, nil
}

// fingerprint covers everything but a device's reports and verdicts that the
// rows of a group are made from. The day is part of it: the first generation of
// a UTC day refreshes last-seen times (contract.md, section 8). So is the
// group's name, which changes when an organization gets its first group.
func (p *pin) fingerprint(group int64) [16]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00", p.Clock.UTC().Format(time.DateOnly), p.Benchmark, p.Groups[group])
	for _, n := range []int64{int64(p.RowShape), int64(p.Settings.UpcomingEnd), int64(p.Settings.MaxRows), inventory.MaxDevice} {
		binary.Write(h, binary.BigEndian, n)
	}
	return [16]byte(h.Sum(nil))
}
