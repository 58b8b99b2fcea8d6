package plist

import "errors"

// errPlist says that a file is not a property list with a dictionary at its top.
var errPlist = errors.New("not a property list with a dictionary")

// Limits of a property list.
const (
	maxValues = 10_000
	maxDepth  = 16
	maxPaths  = 1 << 20 // bytes of the paths of all values
)

// Kind is what a value is.
type Kind uint8

// Kinds of values. A dictionary or list is none: its members are values.
const (
	Text Kind = iota + 1
	Number
	Truth // "1" or "0"
	Date
	Data // its text is empty: nobody wants the bytes
)

// Value is a value that has no members.
type Value struct {
	Kind  Kind
	Text  string
	Depth int // 1: a member of the dictionary at the top
}

// writer collects values.
type writer struct {
	values map[string]Value
	paths  int
}

// add adds a value; false: there are too many.
func (w *writer) add(path string, v Value) bool {
	w.paths += len(path)
	w.values[path] = v
	return len(w.values) <= maxValues && w.paths <= maxPaths
}

// join returns the path of a member.
func join(path, member string) string {
	if path == "" {
		return member
	}
	return path + ":" + member
}
