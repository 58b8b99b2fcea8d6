package merge

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/store/publication"
)

// Pin is what a generation is made from. It is fixed when the generation begins and stored with it,
// so that a run that is resumed after a crash uses the same inputs.
type Pin struct {
	// Previous is the snapshot that this one is merged from, 0 for none.
	Previous int64 `json:"previous"`
	// Rebuild makes everything anew and takes only first-seen times from the snapshot before, where
	// it can be read.
	Rebuild bool `json:"rebuild,omitempty"`
	// Anew makes those ranges anew whose files in the snapshot before are damaged.
	Anew      bool   `json:"anew,omitempty"`
	Catalog   string `json:"catalog"`
	Benchmark string `json:"benchmark"` // the program's own checks
	// Checks are those by which devices are judged, if the catalog has checks of a site.
	Checks   string          `json:"checks,omitempty"`
	RowShape int             `json:"rowShape"`
	Format   int             `json:"format,omitempty"`
	Settings assess.Settings `json:"settings"`
	Ranges   []RangePlan     `json:"ranges"`
	// Clock is the reading of the clock when the generation began. Begun may be later, if the clock
	// was ahead before.
	Clock time.Time `json:"clock,omitzero"`
	// RemovedFeeds are the feeds that were removed since the snapshot before, Removal is the number of
	// the last removal.
	RemovedFeeds []counts.RemovedFeed `json:"removedFeeds,omitempty"`
	Removal      int64                `json:"removal,omitempty"`
	// Reasons says that the merge counts why findings are Fixed: a program before it did not.
	Reasons bool `json:"reasons,omitempty"`
	// Exceptions is the edition of the organization's exceptions, 0 if it never had one.
	Exceptions int64 `json:"exceptions,omitempty"`
	// Groups are the names of RBAC groups, by number.
	Groups map[int64]string `json:"groups"`
	// Feeds are those of the catalog; which of them are old is decided for the day of Clock.
	Feeds []counts.Feed `json:"feeds,omitempty"`
}

// PinFeeds pins the feeds of the catalog. Which are too old is decided for the UTC day of Clock.
func (p *Pin) PinFeeds(feeds []coverage.Dated, limits coverage.Limits) {
	today := p.Clock.UTC().Truncate(24 * time.Hour)
	p.Feeds = nil
	for i := range feeds {
		f := &feeds[i]
		pinned := counts.Feed{Kind: string(f.Kind), Name: f.Name, Records: int64(f.Records), Part: f.Part,
			Old: f.IsOld(today, limits), LimitDays: int64(limits.Of(f.Kind) / (24 * time.Hour)), Failures: f.Failures}
		if day := f.AsOf(today); !day.IsZero() {
			pinned.Day = day.UTC().Format(time.DateOnly)
		}
		p.Feeds = append(p.Feeds, pinned)
	}
}

// old lists the feeds by which software is judged and that are older than their limit, ascending. What
// other feeds say, for example how likely exploitation is, is no part of coverage.
func (p *Pin) old() (names []string) {
	for _, f := range p.Feeds {
		if f.Old && coverage.Judges(intel.Kind(f.Kind)) {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ReadPin decodes the pin of a generation.
func ReadPin(g publication.Generation) (pinned Pin, err error) {
	if err := json.Unmarshal(g.Pin, &pinned); err != nil {
		return pinned, fmt.Errorf("reading the pinned inputs of generation %d: %w", g.Number, err)
	}
	return pinned, nil
}

// fingerprint covers all inputs of a group's rows except a device's reports, verdicts and checks. The day
// is part of it, because the first generation of a UTC day refreshes last-seen times
// (doc/contract.md, section 8). So is the group's name, which changes when an organization gets its
// first group. So are the feeds that are too old, which may be others after an import: coverage says
// so.
func (p *Pin) fingerprint(group int64) [16]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00", p.Clock.UTC().Format(time.DateOnly), p.Groups[group])
	for _, n := range []int64{int64(p.RowShape), int64(p.Settings.UpcomingEnd),
		int64(p.Settings.MaxRows), stored.MaxDevice} {
		binary.Write(h, binary.BigEndian, n)
	}
	for _, feed := range p.old() {
		fmt.Fprintf(h, "%s\x00", feed)
	}
	return [16]byte(h.Sum(nil))
}
