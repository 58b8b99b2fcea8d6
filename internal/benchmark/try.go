package benchmark

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// tried is a case and what the check must say of it.
type tried struct {
	facts inventory.Facts
	want  verdict
	name  string // of the list, and its number in it
}

// all returns the cases of a check in their order.
func (c *Cases) all() []tried {
	var all []tried
	for _, list := range []struct {
		name  string
		want  verdict
		cases []inventory.Facts
	}{
		{"compliant", compliant, c.Compliant}, {"nonCompliant", nonCompliant, c.NonCompliant},
		{"notApplicable", notApplicable, c.NotApplicable}, {"silent", unknown, c.Silent},
	} {
		for i, facts := range list.cases {
			all = append(all, tried{facts, list.want, fmt.Sprintf("%s %d", list.name, i+1)})
		}
	}
	return all
}

// Try tries every check with its cases and returns how many it tried, with the faults, at most maxFaults: a case of
// which the check says something else, a check that speaks without one of its families, and an expression that fails,
// for example beyond the limit of its cost, where the case wants a verdict. The error is that of a context that ended:
// each case has a limit of cost, all together have none.
func (b *Benchmark) Try(ctx context.Context) (cases int, wrong []Fault, err error) {
	groups := make([]*group, len(b.checks))
	for i := range b.groups {
		for _, check := range b.groups[i].checks {
			groups[check] = b.groups[i].alone(check)
		}
	}
	for i, c := range b.checks {
		for _, t := range slices.Concat(c.definition.Cases.all(), c.definition.withoutFamilies()) {
			if err := ctx.Err(); err != nil || len(wrong) >= maxFaults {
				return cases, wrong, err
			}
			cases++
			if got, err := b.try(groups[i], c.definition, t.facts); got != t.want {
				wrong = append(wrong, c.wrong(t.name, got, t.want, err))
			}
		}
	}
	return cases, wrong, nil
}

// withoutFamilies returns a compliant case without each of the families in turn: the check must be silent. It may do
// without the packages, and every device has the family of devices.
func (d *Definition) withoutFamilies() []tried {
	var all []tried
	for _, family := range d.Facts {
		if family == deviceFamily || family == softwareFamily {
			continue
		}
		facts := maps.Clone(d.Cases.Compliant[0])
		for _, state := range []State{Running, Configured} {
			delete(facts, familyOf(family, state))
		}
		all = append(all, tried{facts, unknown, "without " + family})
	}
	return all
}

// Tried returns an error with the faults that Try finds.
func (b *Benchmark) Tried(ctx context.Context) error {
	_, wrong, err := b.Try(ctx)
	return errors.Join(err, faults(wrong).err())
}

// wrong says that a check said something else of a case than it must.
func (c *check) wrong(name string, got, want verdict, err error) Fault {
	d := c.definition
	text := fmt.Sprintf("case %s: the check is %s, want %s", name, got, want)
	if err != nil {
		text += ": " + err.Error()
	}
	return Fault{d.File, d.Line, d.ID, text}
}

// try judges a case by the only check of a group.
func (b *Benchmark) try(g *group, d *Definition, facts inventory.Facts) (verdict, error) {
	r := reportOf(d, facts)
	if !slices.Contains(g.platforms, r.Device.OSPlatform) {
		return unknown, nil
	}
	o := b.judgeGroup(g, b.familiesOf(r), nil)
	return o.decisions[0].verdict, o.err
}

// reportOf makes the report of a device with the facts of a case. The family of the device says what it is, by
// default the first of the check's platforms with packages of Debian; that of software has its packages.
func reportOf(d *Definition, facts inventory.Facts) *inventory.Report {
	said := facts[deviceFamily]
	r := &inventory.Report{Facts: facts, Device: inventory.Device{OSVersion: said["osVersion"],
		OSPlatform: cmp.Or(said["osPlatform"], d.Platforms[0]), OSArchitecture: said["osArchitecture"]}}
	if versions, ok := facts[softwareFamily]; ok {
		r.Software = []inventory.Software{}
		for name, version := range versions {
			r.Software = append(r.Software, inventory.Software{Kind: cmp.Or(said["packages"], "deb"), Name: name, Version: version})
		}
	}
	return r
}
