package benchmark

import (
	"cmp"
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

// Try tries every check with its cases and returns how many it tried, with the faults: a case of which
// the check says something else, a check that speaks without one of its families, and an expression that
// fails, for example beyond the limit of its cost, where the case wants a verdict.
func (b *Benchmark) Try() (cases int, wrong []Fault) {
	for _, c := range b.checks {
		for _, t := range c.definition.Cases.all() {
			cases++
			if got, err := b.try(c, t.facts); got != t.want {
				wrong = append(wrong, c.wrong(t.name, got, t.want, err))
			}
		}
		for _, family := range c.definition.Facts {
			if family == deviceFamily || family == softwareFamily {
				continue // a check may do without the packages, and every device has the other
			}
			facts := maps.Clone(c.definition.Cases.Compliant[0])
			for _, state := range []State{Running, Configured} {
				delete(facts, familyOf(family, state))
			}
			cases++
			if got, err := b.try(c, facts); got != unknown {
				wrong = append(wrong, c.wrong("without "+family, got, unknown, err))
			}
		}
	}
	return cases, wrong
}

// Tried returns an error with the faults that Try finds.
func (b *Benchmark) Tried() error {
	_, wrong := b.Try()
	return faults(wrong).err()
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

// try judges a case by one check.
func (b *Benchmark) try(c *check, facts inventory.Facts) (verdict, error) {
	r := reportOf(c.definition, facts)
	all := b.familiesOf(r)
	for _, g := range b.groups {
		for _, member := range g.checks {
			if b.checks[member] == c && slices.Contains(g.platforms, r.Device.OSPlatform) {
				g.checks = []int{member}
				o := b.judgeGroup(&g, all, nil)
				return o.decisions[0].verdict, o.err
			}
		}
	}
	return unknown, nil
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
