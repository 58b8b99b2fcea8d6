package odata

import "strings"

// Type is the type of a field.
type Type uint8

const (
	Text   Type = iota // a string; case counts
	Enum               // a string of few values, an id or a GUID; case does not count
	Number             // a number, whole or not
	Bool               // true or false
	Time               // a moment
	Texts              // a list of strings
	Opaque             // anything else, which is only selected
)

// String returns the name of the type for errors.
func (t Type) String() string {
	switch t {
	case Text, Enum:
		return "a text"
	case Number:
		return "a number"
	case Bool:
		return "true or false"
	case Time:
		return "a time"
	case Texts:
		return "a list of texts"
	}
	return "an object"
}

// Field is a field of a list.
type Field struct {
	// Name is the field's key in a row, such as cvssScore.
	Name     string
	Type     Type
	Nullable bool
	// Unfiltered: the field may be in $select and $orderby, not in $filter.
	Unfiltered bool
	// Values are those of an Enum from low to high, for gt and the like and for $orderby. Without
	// them the order is that of letters. Other values may be asked for; no row has them.
	Values []string
}

// folded returns a text as a field compares it.
func (f *Field) folded(text string) string {
	if f.Type == Enum {
		return strings.ToLower(text)
	}
	return text
}

// rank returns the place of a value of an Enum with listed values; -1 if it is not listed.
func (f *Field) rank(text string) int {
	for i := range f.Values {
		if strings.EqualFold(f.Values[i], text) {
			return i
		}
	}
	return -1
}

// Schema is the fields of a list. It does not change, and may be used concurrently.
type Schema struct {
	fields []Field
	byName map[string]int // by the name in lower case
}

// NewSchema makes the schema of a list from its fields. A field's number is its place among them.
func NewSchema(fields ...Field) *Schema {
	s := &Schema{fields: fields, byName: make(map[string]int, len(fields))}
	for i := range fields {
		s.byName[strings.ToLower(fields[i].Name)] = i
	}
	return s
}

// Len returns the number of fields.
func (s *Schema) Len() int { return len(s.fields) }

// Field returns a field by its number.
func (s *Schema) Field(number int) Field { return s.fields[number] }

// Number returns the number of the field of a name, in any case.
func (s *Schema) Number(name string) (number int, ok bool) {
	number, ok = s.byName[strings.ToLower(name)]
	return number, ok
}

// unknown says that there is no field of a name, and which there are.
func (s *Schema) unknown(name string, fits func(*Field) bool) string {
	var names []string
	for i := range s.fields {
		if fits(&s.fields[i]) {
			names = append(names, s.fields[i].Name)
		}
	}
	return "there is no property " + shown(name) + " for this; there are " + strings.Join(names, ", ")
}
