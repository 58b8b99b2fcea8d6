package notice

import (
	"cmp"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// Side is a device as one snapshot has it.
type Side struct {
	ID, Name string
	Group    int64
	Seen     time.Time
	// Covered says that State and Reason are known.
	Covered  bool
	State    coverage.State
	Reason   coverage.Reason
	Findings []Found
}

// Found is a finding of a device.
type Found struct {
	CVE          string
	Vendor, Name string
	Severity     string
	Score        float64
	// Exploited says that there is a known exploit, Listed that CISA lists the CVE.
	Exploited, Listed bool
	// Gone says, in the snapshot before, that the device no longer has this version of the software.
	Gone bool
}

// scoped returns a side as far as the rule sees it.
func (c *collector) scoped(s *Side) *Side {
	if s == nil || !c.rule.Sees(s.Group) {
		return nil
	}
	return s
}

// findingKey is what two snapshots have in common: a CVE, of rules by product on a product.
type findingKey struct{ cve, vendor, name string }

// state is what one snapshot has under a key: the worst of its rows.
type state struct {
	there     bool
	told      bool // its severity is one that the rule tells
	exploited bool // and it is known to be
	mended    bool // no row of it stayed on the device
	worst     CVE
	product   Product
}

// pair is what both have.
type pair struct{ before, after state }

// compare compares the findings of a device.
func (c *collector) compare(before, after *Side) {
	if after == nil {
		return // what left the rule's groups was not mended, and nothing came
	}
	pairs := map[findingKey]*pair{}
	if before != nil {
		c.gather(pairs, before, func(p *pair) *state { return &p.before })
	}
	c.gather(pairs, after, func(p *pair) *state { return &p.after })
	keys := make([]findingKey, 0, len(pairs))
	for key := range pairs {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b findingKey) int {
		return cmp.Or(cmp.Compare(a.cve, b.cve), cmp.Compare(a.vendor, b.vendor), cmp.Compare(a.name, b.name))
	})
	told := map[subjectKey]Reasons{}
	for _, key := range keys {
		c.judge(pairs[key], told)
	}
	for key, reasons := range told {
		c.subjects[key].add(c.deviceOf(after, ""), reasons)
	}
}

// gather adds the findings of a side that are of the rule's products.
func (c *collector) gather(pairs map[findingKey]*pair, side *Side, of func(*pair) *state) {
	for i := range side.Findings {
		f := &side.Findings[i]
		if !c.rule.wants(f.Vendor, f.Name) {
			continue
		}
		key := findingKey{cve: f.CVE}
		if c.rule.By == ByProduct {
			key.vendor, key.name = f.Vendor, f.Name
		}
		p := pairs[key]
		if p == nil {
			p = &pair{}
			pairs[key] = p
		}
		of(p).add(f, c.rule.tells(f.Severity))
	}
}

// add adds a row.
func (s *state) add(f *Found, told bool) {
	if !s.there {
		s.mended = true
		s.product = Product{f.Vendor, f.Name}
	}
	known := f.Exploited || f.Listed
	one := CVE{f.CVE, f.Severity, f.Score, f.Exploited, f.Listed}
	if !s.there || worse(&one, &s.worst) {
		one.Exploited, one.KEV = one.Exploited || s.worst.Exploited, one.KEV || s.worst.KEV
		s.worst = one
	} else {
		s.worst.Exploited, s.worst.KEV = s.worst.Exploited || f.Exploited, s.worst.KEV || f.Listed
	}
	s.there, s.mended = true, s.mended && f.Gone
	s.told, s.exploited = s.told || told, s.exploited || told && known
}

// judge notes what is told of a finding of a device.
func (c *collector) judge(p *pair, told map[subjectKey]Reasons) {
	risen := Reasons{}
	if c.rule.Has(Finding) && p.after.told && !p.before.told {
		if p.before.there {
			risen.Severity = 1
		} else {
			risen.New = 1
		}
	}
	if c.rule.Has(Exploited) && p.after.exploited && !p.before.exploited {
		if p.before.there {
			risen.Exploited = 1
		} else {
			risen.New = 1
		}
	}
	if risen != (Reasons{}) {
		c.note(Finding, &p.after, risen, told)
	}
	if c.rule.Has(Fixed) && p.before.told && !p.after.there && p.before.mended {
		c.note(Fixed, &p.before, Reasons{}, told)
	}
}

// note notes a finding for the subject that it belongs to.
func (c *collector) note(e Event, s *state, reasons Reasons, told map[subjectKey]Reasons) {
	key := subjectKey{event: e, cve: s.worst.ID}
	if c.rule.By == ByProduct {
		key = subjectKey{event: e, vendor: s.product.Vendor, name: s.product.Name}
	}
	of := c.subjects[key]
	if of == nil {
		of = &subject{key: key, cves: map[string]CVE{}, products: map[Product]bool{}}
		c.subjects[key] = of
	}
	of.know(s.worst, s.product)
	was := told[key]
	told[key] = Reasons{max(was.New, reasons.New), max(was.Exploited, reasons.Exploited),
		max(was.Severity, reasons.Severity)}
}

// deviceOf is a device as notices list it.
func (c *collector) deviceOf(s *Side, reason string) Device {
	return Device{ID: s.ID, Name: s.Name, Group: s.Group, GroupName: c.step.Groups[s.Group], Reason: reason}
}

// cover notes a device that is assessed less than before.
func (c *collector) cover(before, after *Side) {
	if c.rule.Has(Coverage) && before.Covered && after.Covered && after.State < before.State {
		c.lost.add(c.deviceOf(after, after.State.Text()+": "+after.Reason.String()))
	}
}

// silence notes a device that has become inactive.
func (c *collector) silence(before, after *Side) {
	if c.rule.Has(Silent) && inactive(after.Seen, c.step.After.Begun) && !inactive(before.Seen, c.step.Before.Begun) {
		c.silent.add(c.deviceOf(after, "last seen "+after.Seen.UTC().Format(time.RFC3339)))
	}
}

func inactive(seen, begun time.Time) bool {
	return !seen.IsZero() && begun.Sub(seen) >= defender.InactiveDays*24*time.Hour
}
