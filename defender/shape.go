package defender

import "slices"

// Shape describes the rows of one dataset, full or delta: their fields in
// order, in both forms. ShapeOf returns it.
type Shape struct {
	dataset Dataset
	delta   bool
	columns []column
	// place says in which column a field is, none if in none; there is one
	// for every value of a Field.
	place [256]uint8
	// key are the fields that tell one device's rows apart, product those of
	// them that survive an update of the software.
	key, product        []Field
	firstSeen, lastSeen Field
	skimmed             []uint8 // the columns that Skim looks for, in order
}

// column is a field of a shape.
type column struct {
	Column
	// always says that the field stands in every row.
	always bool
	// The keys with the punctuation before and after them.
	fileKey, pageKey string
}

const (
	maxColumns = 32
	none       = maxColumns // the place of a field that the shape lacks

	noField = Field(255) // is in no shape
)

// shapes is read-only; a pair is {full, delta}.
var shapes = makeShapes()

func makeShapes() (all [DatasetCount][2]Shape) {
	for d := range Dataset(DatasetCount) {
		all[d] = [2]Shape{newShape(d, false), newShape(d, true)}
	}
	return all
}

// ShapeOf returns the shape of the dataset's rows, or of its delta's.
func ShapeOf(d Dataset, delta bool) *Shape {
	if delta {
		return &shapes[d][1]
	}
	return &shapes[d][0]
}

func newShape(d Dataset, delta bool) Shape {
	s := Shape{dataset: d, delta: delta, columns: columnsOfShape(d, delta), firstSeen: noField, lastSeen: noField}
	release := []Field{FieldSoftwareVendor, FieldSoftwareName, FieldSoftwareVersion}
	switch d {
	case Configurations:
		s.key, s.lastSeen = []Field{FieldConfigurationID}, FieldTimestamp
	case Software:
		s.key, s.firstSeen = release, FieldSoftwareFirstSeenTimestamp
	case Vulnerabilities:
		s.key = append(release, FieldCVEID)
		s.firstSeen, s.lastSeen = FieldFirstSeenTimestamp, FieldLastSeenTimestamp
	case CleanSoftware:
		s.key = release
		s.firstSeen, s.lastSeen = FieldFirstSeenTimestamp, FieldLastSeenTimestamp
	case NoProductCode:
		s.key, s.lastSeen = release, FieldSoftwareLastSeenTimestamp
	}
	s.finish()
	return s
}

// finish derives what follows from the columns and the key.
func (s *Shape) finish() {
	for f := range s.place {
		s.place[f] = none
	}
	for i := range s.columns {
		s.place[s.columns[i].Field] = uint8(i)
	}
	for i, c := range s.columns {
		if c.Field == s.firstSeen || slices.Contains(s.key, c.Field) {
			s.skimmed = append(s.skimmed, uint8(i))
		}
	}
	first := &s.columns[0]
	first.fileKey, first.pageKey = "{"+first.fileKey[1:], "{"+first.pageKey[1:]
	s.product = slices.DeleteFunc(slices.Clone(s.key), func(f Field) bool { return f == FieldSoftwareVersion })
}

// columnsOfShape returns the columns of a dataset's rows, with their keys.
func columnsOfShape(d Dataset, delta bool) (all []column) {
	for _, c := range Columns(d, delta) {
		all = append(all, column{c, !c.Nullable && !c.FileOnly, `,"` + c.Field.String() + `":`, `,"` + c.Field.PageName() + `":`})
	}
	return all
}

// Dataset returns the dataset whose rows the shape describes.
func (s *Shape) Dataset() Dataset { return s.dataset }

// Delta tells whether the rows are changes.
func (s *Shape) Delta() bool { return s.delta }
