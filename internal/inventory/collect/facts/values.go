package facts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// Machine is one family's view of a Linux machine.
type Machine struct {
	*disk.Tree
	// Warn reports something that could not be read but does not cost the family.
	Warn func(err error)
}

// Found is what is known of a family.
type Found struct {
	Values Values
	// Origins says where values were set: "/etc/ssh/sshd_config:3".
	Origins Values
	// Unread says why a key has no value that is known, for a key or, as Any, for all that have none.
	Unread Values
}

// Any is the key in Found.Unread for every key without a value.
const Any = inventory.AnyFact

// NewFound returns a family of which nothing is known yet.
func NewFound() *Found { return &Found{Values{}, Values{}, Values{}} }

// Set gives a key its value, and tells where it was set.
func (f *Found) Set(key, value, origin string) {
	f.Values.Set(key, value)
	delete(f.Origins, key)
	if _, have := f.Values[key]; have && origin != "" {
		f.Origins.Set(key, clip(origin))
	}
}

// drop removes values that are not certain any more.
func (f *Found) drop(uncertain func(value string) bool) {
	maps.DeleteFunc(f.Values, func(_, value string) bool { return uncertain(value) })
	maps.DeleteFunc(f.Origins, func(key, _ string) bool { _, have := f.Values[key]; return !have })
}

// Extend appends to the value of a key, and to its origin.
func (f *Found) Extend(key, between, value, origin string) {
	f.Values.Extend(key, between, value)
	if len(f.Origins[key]) <= maxTold {
		f.Origins.Extend(key, ", ", origin)
		f.Origins[key] = clip(f.Origins[key])
	}
}

// Lose says that a key, or Any, depends on a file that could not be read. A file that does not exist costs nothing.
func (m *Machine) Lose(f *Found, key, file string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	m.Warn(fmt.Errorf("%q: %w", file, err))
	if _, have := f.Unread[key]; !have {
		f.Unread.Set(key, reason(file, err))
	}
}

// reason is what a report says of a file that could not be read.
func reason(file string, err error) string {
	return clip("/" + strings.TrimPrefix(file, "/") + ": " + Told(err))
}

// Told is what a report says of an error.
func Told(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "permission denied"
	}
	return clip(err.Error())
}

// clip shortens what is said about a fact.
func clip(text string) string {
	if len(text) <= maxTold {
		return text
	}
	return strings.ToValidUTF8(text[:maxTold], "") + "…"
}

// At is the origin of a value in a line of a file.
func At(file string, line int) string {
	return clip(fmt.Sprintf("/%s:%d", strings.TrimPrefix(file, "/"), line))
}

// Limits of facts; a family beyond one is left out with a warning.
const (
	maxFact   = 4 << 10   // bytes of a key or a value
	maxKeys   = 2_000     // keys of a family
	maxFamily = 192 << 10 // bytes of a family in a report
	maxTold   = 400       // bytes of an origin, and of the reason why a key could not be read
)

// Values is one family of facts.
type Values map[string]string

// Set gives a key its value. A family with too many keys takes no more, and Check will report it.
func (v Values) Set(key, value string) {
	if _, have := v[key]; have || len(v) <= maxKeys {
		v[key] = value
	}
}

// Known returns the values, or nil if there are none.
func (v Values) Known() Values {
	if len(v) == 0 {
		return nil
	}
	return v
}

// Extend appends to the value of a key, if it has one. A value beyond its limit does not grow, and
// Check will report it.
func (v Values) Extend(key, between, value string) {
	earlier, have := v[key]
	switch {
	case !have:
		v.Set(key, value)
	case len(earlier) <= maxFact:
		v[key] = earlier + between + value
	}
}

// Check checks the limits of a family.
func (f *Found) Check() error {
	if f == nil {
		return nil
	}
	for key := range f.Origins {
		if _, have := f.Values[key]; !have {
			return fmt.Errorf("%.40q has an origin and no value", key)
		}
	}
	return errors.Join(f.Values.Check(), f.Unread.Check())
}

// Check checks the limits of a family's values.
func (v Values) Check() error {
	if len(v) > maxKeys {
		return fmt.Errorf("more than %d keys", maxKeys)
	}
	bytes := 0
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if len(key) > maxFact || len(v[key]) > maxFact {
			return fmt.Errorf("%.40q is longer than %d bytes", key, maxFact)
		}
		text, err := json.Marshal([]string{key, v[key]})
		if err != nil {
			return err
		}
		bytes += len(text)
	}
	if bytes > maxFamily {
		return fmt.Errorf("more than %d bytes", maxFamily)
	}
	return nil
}

// absent turns "does not exist" into "nothing to report".
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
