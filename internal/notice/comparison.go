package notice

// Comparison makes the notices of a step, for some rules.
type Comparison struct {
	step  *Step
	rules []*collector
}

// NewComparison returns one without devices.
func NewComparison(s *Step, rules []*Rule) *Comparison {
	c := &Comparison{step: s}
	for _, r := range rules {
		c.rules = append(c.rules, &collector{rule: r, step: s, subjects: map[subjectKey]*subject{}})
	}
	return c
}

// Add adds a device: as the snapshot before has it, and as the new one has it; nil where it has not. Devices come in
// order of group and id.
func (c *Comparison) Add(before, after *Side) {
	for _, of := range c.rules {
		b, a := of.scoped(before), of.scoped(after)
		if of.rule.OfFindings() {
			of.compare(b, a)
		}
		if b != nil && a != nil {
			of.cover(b, a)
			of.silence(b, a)
		}
	}
}

// Notices returns the notices of each rule about devices and feeds, the worst first.
func (c *Comparison) Notices() map[*Rule][]Notice {
	all := map[*Rule][]Notice{}
	for _, of := range c.rules {
		made := of.notices()
		if of.rule.Has(Coverage) && of.lost.count > 0 {
			made = append(made, of.ofDevices(Coverage, &of.lost))
		}
		if of.rule.Has(Silent) && of.silent.count > 0 {
			made = append(made, of.ofDevices(Silent, &of.silent))
		}
		if of.rule.Has(Feed) {
			made = append(made, c.step.stale(of.rule)...)
		}
		all[of.rule] = made
	}
	return all
}
