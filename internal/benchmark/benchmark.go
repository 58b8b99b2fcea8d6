package benchmark

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/muster-project/muster/internal/inventory"
)

// deviceFamily is the family of facts that every device has: what its report
// says of the device itself.
const deviceFamily = "device"

// Benchmark is a set of compiled checks. It is safe for many goroutines.
type Benchmark struct {
	id       string
	checks   []*check // in order of their ids
	byID     map[string]*Definition
	families []string // that any check reads
	groups   []group
	memo     *memo
}

// group is the checks that read the same facts of the same platforms: they are
// judged, and their verdicts remembered, together.
type group struct {
	platforms []string
	families  []int // indices into Benchmark.families, ascending
	checks    []int // indices into Benchmark.checks, ascending
}

// newBenchmark takes compiled checks with distinct ids.
func newBenchmark(checks []*check) (*Benchmark, error) {
	slices.SortFunc(checks, func(a, b *check) int { return cmp.Compare(a.definition.ID, b.definition.ID) })
	id, err := contentID(checks)
	if err != nil {
		return nil, fmt.Errorf("hashing the checks: %w", err)
	}
	b := &Benchmark{id: id, checks: checks, byID: map[string]*Definition{}, memo: newMemo()}
	for _, c := range checks {
		b.byID[c.definition.ID] = c.definition
		b.families = append(b.families, c.definition.Facts...)
	}
	slices.Sort(b.families)
	b.families = slices.Compact(b.families)
	b.group()
	return b, nil
}

// group sorts the checks into groups.
func (b *Benchmark) group() {
	at := map[string]int{}
	for i, c := range b.checks {
		g := group{platforms: slices.Clone(c.definition.Platforms)}
		slices.Sort(g.platforms)
		for _, family := range c.definition.Facts {
			index, _ := slices.BinarySearch(b.families, family)
			g.families = append(g.families, index)
		}
		slices.Sort(g.families)
		key := fmt.Sprint(g.families) + strings.Join(g.platforms, "\x00")
		if _, ok := at[key]; !ok {
			at[key] = len(b.groups)
			b.groups = append(b.groups, g)
		}
		same := &b.groups[at[key]]
		same.checks = append(same.checks, i)
	}
}

// ID is a hash of the checks' content: equal ids give equal results. A
// generation pins it.
func (b *Benchmark) ID() string { return b.id }

// Definitions are the checks in order of their ids. They must not be changed.
func (b *Benchmark) Definitions() []*Definition {
	definitions := make([]*Definition, len(b.checks))
	for i, c := range b.checks {
		definitions[i] = c.definition
	}
	return definitions
}

// Result is what one check says of one device: a row of AssetConfiguration.
type Result struct {
	// Definition is shared between devices where it is one of the benchmark's
	// and must not be changed.
	Definition *Definition
	Applicable bool
	// Compliant is false where Applicable is.
	Compliant bool
}

// Evaluate gives the results for the device of r, in order of configuration id,
// each id once: those of the checks for its platform whose facts were asked
// for, and those that the report carries. Where both have a result under one
// id, the carried one holds: what judged it was on the device.
//
// The error joins those of checks that could not decide (a number that is none,
// a cost beyond the limit), each named. Such a check has no result; it does not
// touch the others, and the results are good whether there is an error or not.
func (b *Benchmark) Evaluate(r *inventory.Report) ([]Result, error) {
	verdicts, err := b.judge(r)
	carried := b.carried(r.Configurations)
	results := make([]Result, 0, len(b.checks)+len(carried))
	for i, c := range b.checks {
		if verdicts[i] != unknown {
			results = append(results, Result{
				Definition: c.definition,
				Applicable: verdicts[i] != notApplicable,
				Compliant:  verdicts[i] == compliant,
			})
		}
	}
	if len(carried) == 0 {
		return results, err
	}
	return unite(carried, results), err
}

// judge gives a verdict for every check.
func (b *Benchmark) judge(r *inventory.Report) ([]verdict, error) {
	facts := b.facts(r)
	digests := make([]digest, len(facts))
	for i, family := range facts {
		digests[i] = b.memo.digest(family)
	}
	verdicts := make([]verdict, len(b.checks))
	var problems []error
	for i := range b.groups {
		g := &b.groups[i]
		if !g.fits(r.Device.OSPlatform, facts) {
			continue
		}
		o := b.memo.outcome(keyOf(i, g, digests), func() outcome { return b.judgeGroup(g, facts) })
		for j, check := range g.checks {
			verdicts[check] = o.verdicts[j]
		}
		if o.err != nil {
			problems = append(problems, o.err)
		}
	}
	return verdicts, errors.Join(problems...)
}

// facts gives the report's families in the order of b.families, nil for one
// that was not asked for.
func (b *Benchmark) facts(r *inventory.Report) []map[string]string {
	facts := make([]map[string]string, len(b.families))
	for i, family := range b.families {
		if family == deviceFamily {
			facts[i] = map[string]string{
				"osPlatform":     r.Device.OSPlatform,
				"osVersion":      r.Device.OSVersion,
				"osArchitecture": r.Device.OSArchitecture,
			}
			continue
		}
		values, asked := r.Facts[family]
		if asked && values == nil {
			values = map[string]string{}
		}
		facts[i] = values
	}
	return facts
}

// fits reports whether the group's checks are for the platform and all of their
// facts were asked for.
func (g *group) fits(platform string, facts []map[string]string) bool {
	if !slices.Contains(g.platforms, platform) {
		return false
	}
	return !slices.ContainsFunc(g.families, func(family int) bool { return facts[family] == nil })
}

func (b *Benchmark) judgeGroup(g *group, facts []map[string]string) outcome {
	vars := make(map[string]any, len(g.families))
	for _, family := range g.families {
		vars[identifier(b.families[family])] = types.NewStringStringMap(types.DefaultTypeAdapter, facts[family])
	}
	activation, err := cel.NewActivation(vars)
	if err != nil {
		return outcome{verdicts: make([]verdict, len(g.checks)), err: fmt.Errorf("binding facts: %w", err)}
	}
	o := outcome{verdicts: make([]verdict, 0, len(g.checks))}
	var problems []error
	for _, i := range g.checks {
		v, err := b.checks[i].judge(activation)
		o.verdicts = append(o.verdicts, v)
		problems = append(problems, err)
	}
	o.err = errors.Join(problems...)
	return o
}
