package windows

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// Registry is a Windows registry: the machine's own, or a recorded one. Paths are whole:
// `HKEY_LOCAL_MACHINE\SOFTWARE\...`. The error for a key that does not exist is fs.ErrNotExist.
type Registry interface {
	// Names lists the keys below a key, at most packages.MaxPackages.
	Names(path string) ([]string, error)
	// Values returns the values of a key, at most MaxValues of MaxValue bytes: strings unchanged, numbers in
	// decimal. Values of other kinds are left out. With values, the error names those that were left out.
	Values(path string) (map[string]string, error)
}

// Limits of a registry key. Users can write to the keys of their own hive.
const (
	MaxValues = 1_000
	MaxValue  = 32 << 10 // bytes
)

// maxWarnings bounds the warnings of one source.
const maxWarnings = 100

var (
	errRegistry = fmt.Errorf("the keys contain more than %d bytes", packages.MaxListed)
	errMore     = errors.New("more keys could not be read")
)

// Key is a key of a registry with its values.
type Key struct {
	Path   string
	Values map[string]string
}

// Name returns the last part of the key's path.
func (k Key) Name() string { return k.Path[strings.LastIndexByte(k.Path, '\\')+1:] }

// first returns the first of the values that is not empty, without surrounding blanks.
func (k Key) first(names ...string) string {
	for _, name := range names {
		if value := strings.TrimSpace(k.Values[name]); value != "" {
			return value
		}
	}
	return ""
}

// isSet reports whether a flag of the key is set.
func (k Key) isSet(name string) bool { return k.Values[name] == "1" }

// Reader is one source's view of a registry. It records what could not be read.
type Reader struct {
	ctx      context.Context
	registry Registry
	warn     func(what string, err error)
	warnings int
	holes    bool // a key could not be read
	bytes    int  // bytes read so far
}

// NewReader returns a view that gives up when ctx ends.
func NewReader(ctx context.Context, registry Registry, warn func(what string, err error)) *Reader {
	return &Reader{ctx: ctx, registry: registry, warn: warn}
}

// IsComplete reports whether every key that exists was read.
func (r *Reader) IsComplete() bool { return !r.holes }

// key reads the values of one key; none if it does not exist.
func (r *Reader) key(path string) Key {
	key := Key{Path: path, Values: map[string]string{}}
	if !r.goesOn(path) {
		return key
	}
	values, err := r.registry.Values(path)
	if values == nil {
		r.fail(path, err)
		return key
	}
	if err != nil { // the values that could not be read count as absent
		r.complain(path, err)
	}
	key.Values = values
	r.bytes += len(path)
	for name, value := range values {
		r.bytes += len(name) + len(value)
	}
	return key
}

// keys reads all keys below a path; none if it does not exist.
func (r *Reader) keys(path string) []Key {
	var all []Key
	for _, name := range r.names(path) {
		key := r.key(path + `\` + name)
		if r.holes {
			return nil
		}
		all = append(all, key)
	}
	return all
}

// names lists the keys below a path; none if it does not exist.
func (r *Reader) names(path string) []string {
	if !r.goesOn(path) {
		return nil
	}
	names, err := r.registry.Names(path)
	if err == nil && len(names) > packages.MaxPackages {
		err = fmt.Errorf("it has more than %d subkeys", packages.MaxPackages)
	}
	if err != nil {
		r.fail(path, err)
		return nil
	}
	return names
}

// people lists the users whose hives are loaded, by their security identifiers.
func (r *Reader) people() []string {
	return slices.DeleteFunc(r.names(users), func(name string) bool { return !IsPerson(name) })
}

// goesOn reports whether time and bytes are left.
func (r *Reader) goesOn(path string) bool {
	err := context.Cause(r.ctx)
	if r.bytes > packages.MaxListed {
		err = errRegistry
	}
	if err != nil {
		r.fail(path, err)
	}
	return err == nil
}

// fail records a key that could not be read; a missing key is not a failure.
func (r *Reader) fail(path string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.holes = true
		r.complain(path, err)
	}
}

// complain warns, up to maxWarnings times.
func (r *Reader) complain(path string, err error) {
	switch r.warnings++; {
	case r.warnings <= maxWarnings:
		r.warn(path, err)
	case r.warnings == maxWarnings+1:
		r.warn(path, errMore)
	}
}

// IsPerson distinguishes the security identifiers of people from those of services: local and domain
// accounts are S-1-5-21, accounts of Entra ID S-1-12-1. A hive of a user's classes is none.
func IsPerson(sid string) bool {
	sid = strings.ToUpper(sid)
	return (strings.HasPrefix(sid, "S-1-5-21-") || strings.HasPrefix(sid, "S-1-12-1-")) &&
		!strings.HasSuffix(sid, "_CLASSES")
}

// some returns the values of a key that are set, by name.
func some(key Key, names ...string) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		if value := key.first(name); value != "" {
			all[name] = value
		}
	}
	return all
}

// sortedNames returns the names of a key's values in order.
func sortedNames(key Key) []string { return slices.Sorted(maps.Keys(key.Values)) }
