package benchmark

import (
	"hash/maphash"
	"math/bits"
	"sync"
)

// maxOutcomes bounds the memo; each outcome is some hundred bytes.
const maxOutcomes = 1 << 14

// memo remembers what groups of checks said of which facts. Facts are known by
// a keyed hash whose keys are drawn anew in every process, so nobody outside can
// make two sets of facts look the same.
type memo struct {
	seeds [2]maphash.Seed

	mu       sync.RWMutex
	outcomes map[memoKey]outcome
}

// digest is the hash of one family of facts.
type digest [2]uint64

// memoKey is a group with the facts it reads.
type memoKey struct {
	group int
	facts digest
}

// outcome is what the checks of a group say, in their order, and the errors of
// those that could not decide. It is shared and never changed.
type outcome struct {
	verdicts []verdict
	err      error
}

func newMemo() *memo {
	return &memo{
		seeds:    [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		outcomes: map[memoKey]outcome{},
	}
}

// digest hashes a family. The entries' hashes are added up, which needs no
// order of the keys.
func (m *memo) digest(family map[string]string) digest {
	var sum digest
	for key, value := range family {
		hi, lo := bits.Mul64(maphash.String(m.seeds[0], key), maphash.String(m.seeds[1], value))
		sum[0] += hi
		sum[1] += lo
	}
	return sum
}

// outcome gives what is remembered under key, or what judge says, which is then
// remembered. A full memo forgets everything and fills again: the fleet's usual
// facts are back after a few devices.
func (m *memo) outcome(key memoKey, judge func() outcome) outcome {
	m.mu.RLock()
	o, ok := m.outcomes[key]
	m.mu.RUnlock()
	if ok {
		return o
	}
	o = judge()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.outcomes) >= maxOutcomes {
		clear(m.outcomes)
	}
	m.outcomes[key] = o
	return o
}
