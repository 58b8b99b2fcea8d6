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

// Machine is a Linux machine, as one family's source sees it.
type Machine struct {
	*disk.Tree
	// Warn notes what could not be read and costs no family.
	Warn func(what string, err error)
}

// Limits of what becomes a fact; more than that is a warning and no family.
const (
	maxFact   = 4 << 10   // bytes of a key or a value
	maxKeys   = 2_000     // keys of a family
	maxFamily = 192 << 10 // bytes of a family in a report
)

// Values is one family of facts.
type Values map[string]string

// set gives a key its value. A family that has more keys than its limit takes no
// more of them, and Check will say so.
func (v Values) set(key, value string) {
	if _, have := v[key]; have || len(v) <= maxKeys {
		v[key] = value
	}
}

// extend adds to the value of a key, if it has one. A value that is longer than
// its limit does not grow, and Check will say so.
func (v Values) extend(key, between, value string) {
	earlier, have := v[key]
	switch {
	case !have:
		v.set(key, value)
	case len(earlier) <= maxFact:
		v[key] = earlier + between + value
	}
}

// Check holds a family to the limits of what becomes of it.
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

// absent turns "does not exist" into "nothing to ask".
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
