package benchmark

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// Explanation is what a check says of a device, and by what.
type Explanation struct {
	// Definition is shared and must not be changed.
	Definition *Definition
	// Decided is false if the check is silent, and Reason says why.
	Decided    bool
	Applicable bool
	Compliant  bool
	Reason     string
	// Measured are the facts that the check has read, in order.
	Measured []Measured
}

// Measured is a fact that a check has read.
type Measured struct {
	// State is empty for families with one state.
	State       State
	Family, Key string
	// Set is false if the fact is absent; Unread says why it is unknown, if it could not be read.
	Set    bool
	Value  string
	Origin string
	Unread string
}

// Explain returns what every check for the platform of r's device says, those without an answer included, in
// order of their ids. Results that the report carries are not among them. Unlike Evaluate it remembers nothing.
func (b *Benchmark) Explain(r *inventory.Report) []Explanation {
	all := b.familiesOf(r)
	var explanations []Explanation
	for i := range b.groups {
		g := &b.groups[i]
		if !slices.Contains(g.platforms, r.Device.OSPlatform) {
			continue
		}
		for _, check := range g.checks {
			explanations = append(explanations, b.explain(g.alone(check), all, r))
		}
	}
	slices.SortFunc(explanations, func(x, y Explanation) int {
		return byID(Result{Definition: x.Definition}, Result{Definition: y.Definition})
	})
	return explanations
}

// Tell returns what Explain does, without what was measured. It remembers what it finds, as Evaluate does.
func (b *Benchmark) Tell(r *inventory.Report) []Explanation {
	decisions, _ := b.judge(r) // a check that failed has the error as its reason
	var explanations []Explanation
	for i, c := range b.checks {
		if slices.Contains(c.definition.Platforms, r.Device.OSPlatform) {
			explanations = append(explanations, explanationOf(c.definition, decisions[i]))
		}
	}
	return explanations
}

// explanationOf says what a decision means.
func explanationOf(d *Definition, by decision) Explanation {
	return Explanation{Definition: d, Decided: by.verdict != unknown, Applicable: by.verdict > notApplicable,
		Compliant: by.verdict == compliant, Reason: by.reason}
}

// explain evaluates the only check of a group.
func (b *Benchmark) explain(g *group, all []family, r *inventory.Report) Explanation {
	var measured []Measured
	seen := map[[2]string]bool{}
	o := b.judgeGroup(g, all, func(name, key string) {
		if fact := [2]string{name, key}; !seen[fact] {
			seen[fact] = true
			measured = append(measured, Measured{Family: name, Key: key})
		}
	})
	for i := range measured {
		b.measure(&measured[i], all, r)
	}
	slices.SortFunc(measured, compareMeasured)
	e := explanationOf(b.checks[g.checks[0]].definition, o.decisions[0])
	e.Measured = measured
	return e
}

// measure adds what is known of a fact.
func (b *Benchmark) measure(m *Measured, all []family, r *inventory.Report) {
	index, _ := slices.BinarySearch(b.families, m.Family)
	known := &all[index]
	m.Value, m.Set = known.values[m.Key]
	m.Origin = r.Origins[m.Family][m.Key]
	if !m.Set {
		m.Unread = cmp.Or(known.unread[m.Key], known.unread[inventory.AnyFact])
	}
	for _, names := range Stateful() {
		switch m.Family {
		case names[0]:
			m.State = Running
		case names[1]:
			m.State = Configured
		}
	}
}

func compareMeasured(x, y Measured) int {
	return cmp.Or(cmp.Compare(x.Family, y.Family), cmp.Compare(x.Key, y.Key))
}
