package assess

import (
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
)

// Made says which rows of a device were made from what, so that whoever reads them needs to read equal
// ones only once.
type Made struct {
	// Software is in the order of the rows.
	Software []MadeSoftware
	// Judged are the rows of configurations.
	Judged []MadeJudged
}

// MadeSoftware are the rows of one software.
type MadeSoftware struct {
	// Of is comparable: two softwares with an equal Of and equal numbers of rows have rows that differ
	// in device, evidence and times only. Nil says nothing.
	Of   any
	Rows [defender.DatasetCount]Span
}

// Span are N rows of a dataset that end at a byte. They begin where those of the software before end.
type Span struct{ End, N uint32 }

// MadeJudged is the row of a configuration at a byte of the device's rows.
type MadeJudged struct {
	Piece                 *row.ConfigurationPiece
	At                    int
	Applicable, Compliant bool
}

// reset empties it and keeps its memory, without what it refers to.
func (m *Made) reset() {
	clear(m.Software)
	clear(m.Judged)
	m.Software, m.Judged = m.Software[:0], m.Judged[:0]
}
