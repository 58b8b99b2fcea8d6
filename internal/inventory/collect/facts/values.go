package facts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// Machine is one family's view of a Linux machine.
type Machine struct {
	*disk.Tree
	// Warn reports something that could not be read but does not cost the family.
	Warn func(what string, err error)
}

// Limits of facts; a family beyond one is left out with a warning.
const (
	maxFact   = 4 << 10   // bytes of a key or a value
	maxKeys   = 2_000     // keys of a family
	maxFamily = 192 << 10 // bytes of a family in a report
)

// Values is one family of facts.
type Values map[string]string

// set gives a key its value. A family with too many keys takes no more, and Check will report it.
func (v Values) set(key, value string) {
	if _, have := v[key]; have || len(v) <= maxKeys {
		v[key] = value
	}
}

// extend appends to the value of a key, if it has one. A value beyond its limit does not grow, and
// Check will report it.
func (v Values) extend(key, between, value string) {
	earlier, have := v[key]
	switch {
	case !have:
		v.set(key, value)
	case len(earlier) <= maxFact:
		v[key] = earlier + between + value
	}
}

// Check checks the limits of a family.
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
