package assess

import (
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
)

// Rows are one device's rows by dataset: file rows in order of their unique key, concatenated.
type Rows [defender.DatasetCount][]byte

// Reset empties the rows and keeps their memory.
func (r *Rows) Reset() {
	for d := range r {
		r[d] = r[d][:0]
	}
}

// Delta is the difference between two sets of rows: delta file rows and their number for each
// status, by dataset.
type Delta struct {
	Rows    Rows
	Changes [defender.DatasetCount]counts.Changes
}

// Reset empties the delta and keeps its memory.
func (d *Delta) Reset() {
	d.Rows.Reset()
	d.Changes = [defender.DatasetCount]counts.Changes{}
}
