package benchmark

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/muster-project/muster/internal/inventory"
)

// deviceFamily is a family of facts that every device has: what its report says of the device
// itself.
const deviceFamily = "device"

// family has the facts of one family of a device.
type family struct {
	values map[string]string // nil: not asked
	unread map[string]string // by key: why it could not be read
}

// asked reports whether anything is known of the family: its facts, or that they could not be read.
func (f *family) asked() bool { return f.values != nil || len(f.unread) > 0 }

// silence says why a check does not decide. It is no problem of the check. The family is that of a fact that could not
// be read; empty if the check itself says so.
type silence struct{ reason, family string }

func (s *silence) Error() string { return s.reason }

// facts is a family as a variable of expressions. A key that could not be read is an error, which costs a check
// its answer only if that depends on the key.
type facts struct {
	traits.Mapper
	name   string
	unread map[string]string
	// read is called for every key that an expression reads, if it is not nil.
	read func(family, key string)
}

// variable returns a family as a variable.
func (f *family) variable(name string, read func(family, key string)) ref.Val {
	plain := types.NewStringStringMap(types.DefaultTypeAdapter, f.values)
	if len(f.unread) == 0 && read == nil {
		return plain
	}
	return &facts{plain, name, f.unread, read}
}

// Find returns the value of a key, if it is set.
func (f *facts) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return f.Mapper.Find(key)
	}
	if f.read != nil {
		f.read(f.name, string(name))
	}
	value, found := f.Mapper.Find(key)
	if reason := cmp.Or(f.unread[string(name)], f.unread[inventory.AnyFact]); !found && reason != "" {
		return f.silence(string(name), reason), false
	}
	return value, found
}

// silence returns the error for a key that could not be read.
func (f *facts) silence(key, reason string) ref.Val {
	return types.WrapErr(&silence{fmt.Sprintf("%s %q could not be read: %s", f.name, key, reason), f.name})
}

// Get returns the value of a key, or an error.
func (f *facts) Get(key ref.Val) ref.Val {
	switch value, found := f.Find(key); {
	case found, types.IsUnknownOrError(value):
		return value
	}
	return f.Mapper.Get(key)
}

// Contains reports whether a key is set.
func (f *facts) Contains(key ref.Val) ref.Val {
	value, found := f.Find(key)
	if types.IsUnknownOrError(value) {
		return value
	}
	return types.Bool(found)
}

// Size counts what could not be read as one: an expression about all keys must not take the family for empty.
func (f *facts) Size() ref.Val {
	size, ok := f.Mapper.Size().(types.Int)
	if ok && len(f.unread) > 0 {
		size++
	}
	return size
}

// Iterator returns all keys, and an error if some could not be read: by the first of those. All keys count as read,
// though an expression may have its answer before the last: they come in no order, and what was measured, and why a
// check is silent, must not depend on it.
func (f *facts) Iterator() traits.Iterator {
	if f.read != nil {
		for all := f.Mapper.Iterator(); all.HasNext() == types.True; {
			if name, ok := all.Next().(types.String); ok {
				f.read(f.name, string(name))
			}
		}
	}
	keys := &keys{Iterator: f.Mapper.Iterator()}
	if len(f.unread) > 0 {
		first := slices.Min(slices.Collect(maps.Keys(f.unread)))
		keys.last = f.silence(first, f.unread[first])
	}
	return keys
}

// keys are the keys of a family in an expression about all of them.
type keys struct {
	traits.Iterator
	last ref.Val // may be nil
}

func (k *keys) HasNext() ref.Val {
	if k.last != nil {
		return types.True
	}
	return k.Iterator.HasNext()
}

func (k *keys) Next() ref.Val {
	if k.Iterator.HasNext() == types.True {
		return k.Iterator.Next()
	}
	last := k.last
	k.last = nil
	return last
}
