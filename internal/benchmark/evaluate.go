package benchmark

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"cel.dev/cel-go/cel"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory"
)

// Evaluate returns the results for the device of r, in order of configuration id, each id once:
// those of the checks for its platform whose facts were read, and those in the report. If both
// have a result with the same id, the one in the report counts: the tool that made it ran on the
// device.
//
// The error joins the errors of checks that could not decide (an invalid number, a cost beyond the
// limit), each with its name. Such a check has no result and does not affect the others; the
// results are valid with or without an error.
func (b *Benchmark) Evaluate(r *inventory.Report) ([]Result, error) {
	results, _, err := b.Count(r)
	return results, err
}

// Count is Evaluate, and counts the results, and the checks for the device that are silent.
func (b *Benchmark) Count(r *inventory.Report) ([]Result, counts.Checks, error) {
	decisions, err := b.judge(r)
	carried := b.Carried(r.Configurations)
	results := make([]Result, 0, len(b.checks)+len(carried))
	var silent []*decision
	for i, c := range b.checks {
		switch d := &decisions[i]; {
		case d.verdict != unknown:
			results = append(results, Result{c.definition, d.verdict != notApplicable, d.verdict == compliant})
		case d.cause != "" && !isCarried(carried, c.definition):
			silent = append(silent, d)
		}
	}
	if len(carried) > 0 {
		results = unite(carried, results)
	}
	return results, countOf(results, silent), err
}

// isCarried reports whether a report has a result for a check.
func isCarried(carried []Result, check *Definition) bool {
	_, is := slices.BinarySearchFunc(carried, Result{Definition: check}, byID)
	return is
}

// countOf counts what checks say of one device.
func countOf(results []Result, silent []*decision) counts.Checks {
	c := counts.Checks{Devices: 1}
	var failing, passing int64
	for i := range results {
		switch r := &results[i]; {
		case r.Applicable && r.Compliant:
			passing++
		case r.Applicable:
			failing++
		}
	}
	c.Judge(failing, passing, int64(len(results))-failing-passing)
	said := map[[2]string]int64{}
	for _, d := range silent {
		said[[2]string{d.cause, d.told}]++
	}
	for why, n := range said {
		c.Silence(counts.Silence{Cause: why[0], Reason: why[1], Count: n, Devices: 1})
	}
	for i := range c.Silences {
		c.Silences[i].Devices = 1 // those of other reasons, too
	}
	return c
}

// judge returns a decision for every check; one without verdict and reason is for other platforms.
func (b *Benchmark) judge(r *inventory.Report) ([]decision, error) {
	all := b.familiesOf(r)
	decisions := make([]decision, len(b.checks))
	var problems []error
	for i := range b.groups {
		g := &b.groups[i]
		if !slices.Contains(g.platforms, r.Device.OSPlatform) {
			continue
		}
		o := b.memo.outcome(b.keyOf(i, all), func() outcome { return b.judgeGroup(g, all, nil) })
		for j, check := range g.checks {
			decisions[check] = o.decisions[j]
		}
		if o.err != nil {
			problems = append(problems, o.err)
		}
	}
	return decisions, errors.Join(problems...)
}

// familiesOf returns the report's families in the order of b.families.
func (b *Benchmark) familiesOf(r *inventory.Report) []family {
	all := make([]family, len(b.families))
	kind := packageKind(r.Software)
	for i, name := range b.families {
		switch name {
		case deviceFamily:
			all[i].values = map[string]string{
				"osPlatform":     r.Device.OSPlatform,
				"osVersion":      r.Device.OSVersion,
				"osArchitecture": r.Device.OSArchitecture,
				"packages":       kind,
			}
		case softwareFamily:
			if r.Facts != nil { // an image or a list of packages is no machine to be judged
				all[i] = packagesOf(r.Software, kind, b.packages)
			}
		default:
			values, asked := r.Facts[name]
			if asked && values == nil {
				values = map[string]string{}
			}
			all[i] = family{values, r.Unread[name]}
		}
	}
	return all
}

// judgeGroup evaluates the checks of a group. read, if it is not nil, is called for every fact that is read.
func (b *Benchmark) judgeGroup(g *group, all []family, read func(family, key string)) outcome {
	o := outcome{decisions: make([]decision, len(g.checks))}
	missing := map[string]bool{}
	judged := 0
	var problems []error
	for _, s := range g.states {
		if without := b.missing(&s, all); len(without) > 0 {
			for _, name := range without {
				missing[name] = true
			}
			continue
		}
		vars, err := cel.NewActivation(b.variables(g, &s, all, read))
		if err != nil {
			o.err = fmt.Errorf("binding facts: %w", err)
			return o
		}
		judged++
		for j, i := range g.checks {
			d, err := b.checks[i].judge(vars)
			if problems = append(problems, err); judged > 1 {
				d = o.decisions[j].unite(d)
			}
			o.decisions[j] = d
		}
	}
	if judged == 0 {
		for j := range o.decisions {
			reason := notAsked(slices.Sorted(maps.Keys(missing)))
			o.decisions[j] = decision{reason: reason, cause: counts.CauseNotInReport, told: reason}
		}
	}
	o.err = errors.Join(problems...)
	return o
}

// missing returns the families of a state that were not asked.
func (b *Benchmark) missing(s *groupState, all []family) (names []string) {
	for _, f := range s.families {
		if !all[f.index].asked() {
			names = append(names, b.families[f.index])
		}
	}
	return names
}

// variables returns the variables of expressions about a state.
func (b *Benchmark) variables(g *group, s *groupState, all []family, read func(family, key string)) map[string]any {
	vars := make(map[string]any, len(s.families)+1)
	for _, f := range s.families {
		known := all[f.index]
		if b.families[f.index] == softwareFamily {
			known = known.only(g.software)
		}
		vars[f.variable] = known.variable(b.families[f.index], read)
	}
	if g.stateful {
		vars[stateVariable] = string(s.state)
	}
	return vars
}

// keyOf joins the digests of what a group reads.
func (b *Benchmark) keyOf(index int, all []family) memoKey {
	key := memoKey{group: index}
	g := &b.groups[index]
	for _, s := range g.states {
		for _, f := range s.families {
			var d digest
			if f.whole {
				d = b.memo.digest(&all[f.index])
			} else {
				d = b.memo.digestOf(&all[f.index], f.keys)
			}
			for i := range key.facts {
				key.facts[i] = key.facts[i]*0x9e3779b97f4a7c15 + d[i]
			}
		}
	}
	return key
}
