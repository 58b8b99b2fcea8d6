package benchmark

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Benchmark is a set of compiled checks. It is safe for concurrent use.
type Benchmark struct {
	id       string
	checks   []*check // in order of their ids
	byID     map[string]*Definition
	families []string        // all families that checks read
	packages map[string]bool // all packages that checks read
	groups   []group
	memo     *memo
}

// group has the checks that read the same facts of the same states on the same platforms: they are evaluated,
// and their verdicts cached, together.
type group struct {
	platforms []string
	software  []string
	stateful  bool
	states    []groupState
	checks    []int // indices into Benchmark.checks, ascending
	reads     reads
}

// alone returns the group with one of its checks.
func (g *group) alone(check int) *group {
	one := *g
	one.checks = []int{check}
	return &one
}

// groupState is a state that a group judges, with the families that have its facts.
type groupState struct {
	state    State
	families []groupFamily
}

// groupFamily is a family that a group reads.
type groupFamily struct {
	variable string
	index    int // in Benchmark.families
	// keys are those that the group reads; with whole they may be any.
	keys  []string
	whole bool
}

// newBenchmark makes a benchmark of compiled checks with distinct ids.
func newBenchmark(checks []*check) (*Benchmark, error) {
	slices.SortFunc(checks, func(a, b *check) int { return cmp.Compare(a.definition.ID, b.definition.ID) })
	id, err := contentID(checks)
	if err != nil {
		return nil, fmt.Errorf("hashing the checks: %w", err)
	}
	b := &Benchmark{id: id, checks: checks, byID: map[string]*Definition{}, packages: map[string]bool{}, memo: newMemo()}
	for _, c := range checks {
		d := c.definition
		b.byID[d.ID] = d
		for _, state := range d.states() {
			for _, name := range d.Facts {
				b.families = append(b.families, familyOf(name, state))
			}
		}
		for _, name := range d.Software {
			b.packages[name] = true
		}
	}
	slices.Sort(b.families)
	b.families = slices.Compact(b.families)
	b.group()
	return b, nil
}

// group puts the checks into groups.
func (b *Benchmark) group() {
	at := map[string]int{}
	for i, c := range b.checks {
		d := c.definition
		g := group{platforms: slices.Sorted(slices.Values(d.Platforms)), software: slices.Sorted(slices.Values(d.Software)),
			stateful: d.stateful(), reads: reads{}}
		for _, state := range d.states() {
			g.states = append(g.states, groupState{state, b.familiesIn(d, state)})
		}
		key := fmt.Sprint(g.states) + strings.Join(g.platforms, "\x00") + "\x00\x00" + strings.Join(g.software, "\x00")
		if _, ok := at[key]; !ok {
			at[key] = len(b.groups)
			b.groups = append(b.groups, g)
		}
		same := &b.groups[at[key]]
		same.checks = append(same.checks, i)
		same.reads.join(c.reads)
	}
	for i := range b.groups {
		for _, s := range b.groups[i].states {
			for j := range s.families {
				f := &s.families[j]
				f.keys, f.whole = b.groups[i].reads.keysOf(f.variable)
			}
		}
	}
}

// familiesIn returns the families that a check reads in a state, in order.
func (b *Benchmark) familiesIn(d *Definition, state State) []groupFamily {
	var all []groupFamily
	for _, name := range slices.Sorted(slices.Values(d.Facts)) {
		index, _ := slices.BinarySearch(b.families, familyOf(name, state))
		all = append(all, groupFamily{variable: identifier(name), index: index})
	}
	return all
}

// ID is a hash of the checks' content: equal ids give equal results. A
// generation pins it.
func (b *Benchmark) ID() string { return b.id }

// Definitions returns the checks in order of their ids. They must not be changed.
func (b *Benchmark) Definitions() []*Definition {
	definitions := make([]*Definition, len(b.checks))
	for i, c := range b.checks {
		definitions[i] = c.definition
	}
	return definitions
}

// contentID returns the hash of everything that decides a row: the definitions in order of
// their ids, without what they only tell, and the versions of the language and of profiles.
func contentID(checks []*check) (string, error) {
	h := sha256.New()
	encoder := json.NewEncoder(h)
	if err := encoder.Encode([]int{languageVersion, profileVersion}); err != nil {
		return "", err
	}
	for _, c := range checks {
		if err := encoder.Encode(c.definition); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
