package benchmark

import (
	"errors"
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

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

// judge returns a verdict for every check.
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

// facts returns the report's families in the order of b.families; nil for a family that was not
// read.
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

// fits reports whether the group's checks are for the platform and all of their facts were read.
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

// keyOf joins the digests of the families that the group reads.
func keyOf(index int, g *group, digests []digest) memoKey {
	key := memoKey{group: index}
	for _, family := range g.families {
		for i := range key.facts {
			key.facts[i] = key.facts[i]*0x9e3779b97f4a7c15 + digests[family][i]
		}
	}
	return key
}
