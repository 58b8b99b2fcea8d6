// Package plist reads property lists of macOS, binary and XML, within bounds.
package plist

import "bytes"

// Parse returns the values of a property list with a dictionary at its top, by path: keys, and places in lists from 0
// on, joined by ":" as PlistBuddy writes them.
func Parse(data []byte) (map[string]Value, error) {
	w := &writer{values: map[string]Value{}}
	read := w.parseXML
	if bytes.HasPrefix(data, []byte("bplist0")) {
		read = w.parseBinary
	}
	if err := read(data); err != nil {
		return nil, err
	}
	return w.values, nil
}

// Strings returns the texts in the dictionary at the top.
func Strings(data []byte) (map[string]string, error) {
	values, err := Parse(data)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for path, v := range values {
		if v.Kind == Text && v.Depth == 1 {
			texts[path] = v.Text
		}
	}
	return texts, nil
}
