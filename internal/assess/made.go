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
	// Of is what they were made of: two softwares of one Source with equal numbers of rows have rows that
	// differ in device, evidence and times only. Nil says nothing.
	Of   *Source
	Rows [defender.DatasetCount]Span
}

// Source is a component as it is rendered. Whoever reads its rows leaves a note, which is there when the
// next device has the component, where a map would have to be searched.
type Source struct{ Note Note }

// Note is what a reader found in rows: what it is to know again, under a number of its own.
type Note struct {
	By     *Reader // nil for none
	Rows   [defender.DatasetCount]uint32
	Number uint32
}

// Reader tells the notes of one reader from those of others.
type Reader struct{ _ byte }

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
