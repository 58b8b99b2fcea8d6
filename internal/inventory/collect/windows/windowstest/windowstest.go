// Package windowstest reads recorded registries for tests.
package windowstest

import (
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Registry is a recorded registry. A path in Broken cannot be read.
type Registry struct {
	Broken map[string]error
	keys   map[string]map[string]string // by path in lower case
	names  map[string][]string          // of the keys below a path in lower case
}

// Load reads recorded files: exports of the registry's editor (.reg, in UTF-8), or what `reg query` prints.
func Load(t testing.TB, files ...string) *Registry {
	t.Helper()
	r := &Registry{Broken: map[string]error{}, keys: map[string]map[string]string{}, names: map[string][]string{}}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r.Add(string(text))
	}
	return r
}

// Add adds what a recorded text has.
func (r *Registry) Add(text string) {
	var values map[string]string
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\r\n  ", "")) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "[HKEY_"):
			values = r.add(strings.Trim(line, "[]"))
		case strings.HasPrefix(line, "HKEY_"):
			values = r.add(line)
		case strings.HasPrefix(line, `"`):
			if name, value, ok := strings.Cut(line[1:], `"=`); ok && values != nil {
				exported(values, name, value)
			}
		case strings.HasPrefix(line, "    ") && values != nil:
			queried(values, line)
		}
	}
}

// add adds a key and those above it.
func (r *Registry) add(path string) map[string]string {
	lower := strings.ToLower(path)
	if have := r.keys[lower]; have != nil {
		return have
	}
	r.keys[lower] = map[string]string{}
	if i := strings.LastIndexByte(path, '\\'); i > 0 {
		r.add(path[:i])
		above := strings.ToLower(path[:i])
		r.names[above] = append(r.names[above], path[i+1:])
	}
	return r.keys[lower]
}

// exported adds a value of an export: `"a"="b"`, `"a"=dword:0000000a`. Other kinds are left out, as the machine's own
// registry leaves them out.
func exported(values map[string]string, name, value string) {
	unescape := strings.NewReplacer(`\\`, `\`, `\"`, `"`)
	if number, ok := strings.CutPrefix(value, "dword:"); ok {
		if n, err := strconv.ParseUint(number, 16, 64); err == nil {
			values[unescape.Replace(name)] = strconv.FormatUint(n, 10)
		}
	} else if strings.HasPrefix(value, `"`) {
		values[unescape.Replace(name)] = unescape.Replace(strings.TrimSuffix(value[1:], `"`))
	}
}

// queried adds a value as reg query prints it: `    Release    REG_DWORD    0x80eb1`.
func queried(values map[string]string, line string) {
	fields := strings.SplitN(strings.TrimSpace(line), "    ", 3)
	for len(fields) < 3 {
		fields = append(fields, "")
	}
	switch fields[1] {
	case "REG_SZ", "REG_EXPAND_SZ":
		values[fields[0]] = fields[2]
	case "REG_DWORD", "REG_QWORD":
		if n, err := strconv.ParseUint(fields[2], 0, 64); err == nil {
			values[fields[0]] = strconv.FormatUint(n, 10)
		}
	}
}

// Names lists the keys below a path.
func (r *Registry) Names(path string) ([]string, error) {
	if err := r.Broken[path]; err != nil {
		return nil, err
	}
	if path = strings.ToLower(path); r.keys[path] == nil {
		return nil, fs.ErrNotExist
	}
	return r.names[path], nil
}

// Values returns the values of a key.
func (r *Registry) Values(path string) (map[string]string, error) {
	if err := r.Broken[path]; err != nil {
		return nil, err
	}
	values := r.keys[strings.ToLower(path)]
	if values == nil {
		return nil, fs.ErrNotExist
	}
	copied := map[string]string{}
	for name, value := range values {
		copied[name] = value
	}
	return copied, nil
}
