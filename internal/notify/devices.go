package notify

import (
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// devices adds to a comparison every device that may have changed.
func (d *derivation) devices(rules []*notice.Rule, to *notice.Comparison) error {
	if !slices.ContainsFunc(rules, (*notice.Rule).OfDevices) {
		return nil
	}
	all := slices.ContainsFunc(rules, func(r *notice.Rule) bool { return r.Has(notice.Silent) })
	c := answer.Comparing{Before: d.before, After: d.after, Same: func(h *projection.Head) bool {
		return all || slices.ContainsFunc(h.CVEs, func(c projection.CVE) bool { return d.known.turned(c.ID) })
	}}
	was, is := &reader{known: d.known.before}, &reader{known: d.known.now}
	return c.Each(d.ctx, func(before, after *answer.Held) error {
		if before != nil && after != nil && alike(before, after, was, is) {
			if all {
				to.Add(bare(before), bare(after))
			}
			return nil
		}
		b, a := was.side(before), is.side(after)
		if b != nil && a != nil {
			d.mark(b, a, before, after, was, is)
		}
		to.Add(b, a)
		return nil
	})
}

// reader reads what devices have of one snapshot. It remembers the releases of the range at which the walk is.
type reader struct {
	known    map[string]bool
	of       *projection.Projection
	held     *projection.Holders
	releases []release
}

// release is a release with its findings.
type release struct {
	text     string // the same for releases that no rule tells apart
	findings []notice.Found
}

// at reads the releases of a range.
func (r *reader) at(p *projection.Projection) {
	if r.of == p {
		return
	}
	r.of, r.held, r.releases = p, p.AllHolders(), make([]release, len(p.Releases))
	for i := range p.Releases {
		one := &p.Releases[i]
		into := &r.releases[i]
		for _, f := range one.Findings {
			found := &p.Findings[f]
			into.findings = append(into.findings, notice.Found{CVE: found.CVE, Vendor: one.Vendor, Name: one.Name,
				Severity: found.Severity, Score: found.Score, Exploited: found.Exploited(), Listed: r.known[found.CVE]})
		}
		into.text = fmt.Sprintf("%q %v", one.SoftwareKey, into.findings)
	}
}

// alike tells whether a device has the same in both snapshots, as far as rules can tell.
func alike(before, after *answer.Held, was, is *reader) bool {
	if before.Group != after.Group || before.State != after.State || before.FromRows != after.FromRows {
		return false
	}
	was.at(before.In)
	is.at(after.In)
	old, now := was.held.Of(before.Number), is.held.Of(after.Number)
	return slices.EqualFunc(old, now, func(o, n projection.Hold) bool {
		return was.releases[o.Release].text == is.releases[n.Release].text
	})
}

// bare is a device without its findings.
func bare(h *answer.Held) *notice.Side {
	return &notice.Side{ID: h.ID, Name: h.Name, Group: h.Group, Seen: h.LastSeen, State: h.State, Reason: h.Reason,
		Covered: !h.FromRows && (h.State != coverage.NotAssessed || h.Reason != coverage.NoReason)}
}

// side is a device as rules see it; nil for none.
func (r *reader) side(h *answer.Held) *notice.Side {
	if h == nil {
		return nil
	}
	r.at(h.In)
	s := bare(h)
	for _, one := range r.held.Of(h.Number) {
		s.Findings = append(s.Findings, r.releases[one.Release].findings...)
	}
	return s
}

// mark marks the findings of before whose software the device no longer has in that version. Where the catalog
// changed, software may only be named otherwise now: then the device must have reported since (doc/decision/0075).
func (d *derivation) mark(b, a *notice.Side, before, after *answer.Held, was, is *reader) {
	if !d.step.SameCatalog && !a.Seen.After(b.Seen) {
		return
	}
	has := map[row.SoftwareKey]bool{}
	for _, one := range is.held.Of(after.Number) {
		has[after.In.Releases[one.Release].SoftwareKey] = true
	}
	i := 0
	for _, held := range was.held.Of(before.Number) {
		one := &before.In.Releases[held.Release]
		for range one.Findings {
			b.Findings[i].Gone = !has[one.SoftwareKey]
			i++
		}
	}
}
