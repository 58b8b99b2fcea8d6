package merge

import (
	"encoding/json"

	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// Able says which generations a program can make: those whose rules it has. Workers tell it.
type Able struct {
	Benchmark string `json:"benchmark"`
	RowShape  int    `json:"rowShape"`
	// Format is the version of manifests.
	Format int `json:"format"`
	// Excepts says that it knows exceptions.
	Excepts bool `json:"excepts,omitempty"`
}

// Able says which generations this program can make.
func (b *Base) Able() Able {
	return Able{b.benchmarks.ours.ID(), row.Version, snapshot.ManifestVersion, true}
}

// Fits reports whether a generation with the pin can be made. Older programs pinned no format.
func (a Able) Fits(p *Pin) bool {
	return a.Benchmark == p.Benchmark && a.RowShape == p.RowShape && (p.Format == 0 || a.Format == p.Format) &&
		(p.Exceptions == 0 || a.Excepts)
}

// ReadAble reads what a worker tells. Of a program that says it in another way nothing is known, and
// it is taken to be unable.
func ReadAble(text string) (a Able) {
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return Able{}
	}
	return a
}
