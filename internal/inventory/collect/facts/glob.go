package facts

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxGlobbed bounds the names that a pattern stands for on its way.
const maxGlobbed = 10_000

var errGlobbed = fmt.Errorf("a pattern stands for more than %d names", maxGlobbed)

// glob returns the files that an absolute pattern of glob(3) stands for, in order. Folders may have wildcards, too; a
// name that begins with "." needs a pattern that does.
func (m *Machine) glob(pattern string) ([]string, error) {
	found, wild := []string{""}, false
	elements := strings.Split(strings.Trim(path.Clean(pattern), "/"), "/")
	for _, element := range elements {
		if wild { // beside the folders that are meant there may be files
			found = slices.DeleteFunc(found, m.isNoFolder)
		}
		if !strings.ContainsAny(element, `*?[\`) {
			for j := range found {
				found[j] = path.Join(found[j], element)
			}
			continue
		}
		var next []string
		for _, folder := range found {
			names, err := m.globNames(folder, element)
			if err != nil {
				return nil, err
			}
			next = append(next, names...)
		}
		if found, wild = next, true; len(found) > maxGlobbed {
			return nil, errGlobbed
		}
	}
	found = slices.DeleteFunc(found, func(name string) bool { return !m.Exists(name) })
	slices.Sort(found)
	return found, nil
}

// isNoFolder reports whether a name is that of something else.
func (m *Machine) isNoFolder(name string) bool {
	info, err := m.Stat(name)
	return err == nil && !info.IsDir()
}

// globNames returns the files of a folder whose names match.
func (m *Machine) globNames(folder, pattern string) ([]string, error) {
	names, err := m.List(path.Join(".", folder))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range names {
		match, err := path.Match(globOf(pattern), name)
		if err != nil {
			return nil, nil // as glob(3): it stands for nothing
		}
		if match && (name[0] != '.' || pattern[0] == '.') {
			found = append(found, path.Join(folder, name))
		}
	}
	return found, nil
}
