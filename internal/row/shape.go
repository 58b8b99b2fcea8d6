package row

import (
	"slices"

	"github.com/muster-project/muster/defender"
)

// Shape describes the rows of one dataset, full or delta: their fields in order, in both forms.
// Get one from ShapeOf.
type Shape struct {
	dataset defender.Dataset
	delta   bool
	columns []column
	// columnOf maps each value of Field to its column, or to none.
	columnOf [256]uint8
	// key are the fields that distinguish one device's rows, product those of them that survive an
	// update of the software.
	key, product        []defender.Field
	firstSeen, lastSeen defender.Field
	skimmed             []uint8 // the columns that Skim reads, in order
}

// column is a field of a shape.
type column struct {
	defender.Column
	// always says that every row has the field.
	always bool
	// The keys with the punctuation before and after them.
	fileKey, pageKey string
	// fraction is what pages add to whole seconds of a KindEvent.
	fraction string
}

const (
	maxColumns = 32
	none       = maxColumns // the column of a field that the shape lacks

	noField = defender.Field(255) // is in no shape
)

// shapes is read-only; a triple is {full, delta, delta of version 1}.
var shapes = makeShapes()

func makeShapes() (all [defender.DatasetCount][3]Shape) {
	for d := range defender.Dataset(defender.DatasetCount) {
		all[d] = [3]Shape{newShape(d, false), newShape(d, true), newShape(d, true)}
		event := &all[d][2].columns[all[d][2].columnOf[defender.FieldEventTimestamp]]
		event.fraction = ""
	}
	return all
}

// eventFraction is the fraction of events in pages, where three digits are documented. Files have
// whole seconds, in which generations begin.
const eventFraction = ".000"

// ShapeOf returns the shape of the dataset's rows, or of its delta's.
func ShapeOf(d defender.Dataset, delta bool) *Shape {
	if delta {
		return &shapes[d][1]
	}
	return &shapes[d][0]
}

// ShapeIn is ShapeOf for rows that a Version made: pages show them as that version did.
func ShapeIn(version int, d defender.Dataset, delta bool) *Shape {
	if delta && version == 1 {
		return &shapes[d][2]
	}
	return ShapeOf(d, delta)
}

func newShape(d defender.Dataset, delta bool) Shape {
	s := Shape{dataset: d, delta: delta, columns: columnsOfShape(d, delta), firstSeen: noField, lastSeen: noField}
	component := []defender.Field{defender.FieldSoftwareVendor, defender.FieldSoftwareName, defender.FieldSoftwareVersion}
	switch d {
	case defender.Configurations:
		s.key, s.lastSeen = []defender.Field{defender.FieldConfigurationID}, defender.FieldTimestamp
	case defender.Software:
		s.key, s.firstSeen = component, defender.FieldSoftwareFirstSeenTimestamp
	case defender.Vulnerabilities, defender.NonCVEAdvisories:
		s.key = append(component, defender.FieldCVEID)
		s.firstSeen, s.lastSeen = defender.FieldFirstSeenTimestamp, defender.FieldLastSeenTimestamp
	case defender.CleanSoftware:
		s.key = component
		s.firstSeen, s.lastSeen = defender.FieldFirstSeenTimestamp, defender.FieldLastSeenTimestamp
	case defender.NoProductCode:
		s.key, s.lastSeen = component, defender.FieldSoftwareLastSeenTimestamp
	}
	s.finish()
	return s
}

// finish computes the values that follow from the columns and the key.
func (s *Shape) finish() {
	for f := range s.columnOf {
		s.columnOf[f] = none
	}
	for i := range s.columns {
		s.columnOf[s.columns[i].Field] = uint8(i)
	}
	for i, c := range s.columns {
		if c.Field == s.firstSeen || slices.Contains(s.key, c.Field) {
			s.skimmed = append(s.skimmed, uint8(i))
		}
	}
	first := &s.columns[0]
	first.fileKey, first.pageKey = "{"+first.fileKey[1:], "{"+first.pageKey[1:]
	s.product = slices.DeleteFunc(slices.Clone(s.key),
		func(f defender.Field) bool { return f == defender.FieldSoftwareVersion })
}

// columnsOfShape returns the columns of a dataset's rows, with their keys.
func columnsOfShape(d defender.Dataset, delta bool) (all []column) {
	for _, c := range defender.Columns(d, delta) {
		all = append(all, column{c, !c.Nullable && !c.FileOnly, `,"` + c.Field.String() + `":`,
			`,"` + c.Field.PageName() + `":`, eventFraction})
	}
	return all
}

// Dataset returns the dataset whose rows the shape describes.
func (s *Shape) Dataset() defender.Dataset { return s.dataset }

// Delta reports whether the rows are changes.
func (s *Shape) Delta() bool { return s.delta }
