package benchmark

import (
	"hash/maphash"
	"math/bits"
	"sync"

	"github.com/muster-project/muster/internal/inventory"
)

// maxOutcomes bounds the cache; each outcome has some hundred bytes.
const maxOutcomes = 1 << 14

// memo caches the verdicts of groups of checks by facts. Facts are identified by a keyed hash with
// keys drawn anew in every process, so that nobody outside can make two sets of facts collide.
type memo struct {
	seeds [2]maphash.Seed

	mu       sync.RWMutex
	outcomes map[memoKey]outcome
}

// digest is the hash of one family of facts.
type digest [2]uint64

// memoKey is a group with the facts that it reads.
type memoKey struct {
	group int
	facts digest
}

// outcome has the decisions of a group's checks, in order, and the errors of those that could not
// decide. It is shared and never changed.
type outcome struct {
	decisions []decision
	err       error
}

func newMemo() *memo {
	return &memo{
		seeds:    [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		outcomes: map[memoKey]outcome{},
	}
}

// digest hashes what is known of a family. The hashes of its entries are added, so keys need no order. The origins
// of facts decide nothing and are no part of it.
func (m *memo) digest(f *family) digest {
	sum := f.begin()
	for key, value := range f.values {
		m.add(&sum, key, value)
	}
	for key, reason := range f.unread {
		m.addUnread(&sum, key, reason)
	}
	return sum
}

// digestOf hashes what is known of some keys of a family. Nothing else decides about expressions that read only them.
func (m *memo) digestOf(f *family, keys []string) digest {
	sum := f.begin()
	for _, key := range keys {
		if value, set := f.values[key]; set {
			m.add(&sum, key, value)
		}
		if reason, lost := f.unread[key]; lost {
			m.addUnread(&sum, key, reason)
		}
	}
	if reason, lost := f.unread[inventory.AnyFact]; lost {
		m.addUnread(&sum, inventory.AnyFact, reason)
	}
	return sum
}

// begin returns the digest of a family of which nothing is known. One without facts is not one that was not asked.
func (f *family) begin() (sum digest) {
	if f.values != nil {
		sum[0] = 1
	}
	if f.asked() {
		sum[1] = 1
	}
	return sum
}

func (m *memo) add(sum *digest, key, value string) {
	hi, lo := bits.Mul64(maphash.String(m.seeds[0], key), maphash.String(m.seeds[1], value))
	sum[0] += hi
	sum[1] += lo
}

func (m *memo) addUnread(sum *digest, key, reason string) {
	hi, lo := bits.Mul64(maphash.String(m.seeds[1], key), maphash.String(m.seeds[0], reason))
	sum[0] += bits.RotateLeft64(hi, 32)
	sum[1] += bits.RotateLeft64(lo, 32)
}

// outcome returns the cached outcome for key, or the result of judge, which is then cached. A full
// cache is emptied: the fleet's common facts are back after a few devices.
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
