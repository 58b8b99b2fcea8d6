package answers

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/answer/support"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/score"
)

// product is software, while its releases are counted.
type product struct {
	vendor, name string
	coded        bool
	versions     []string
	// devices have it; found have a finding that matches, unsupported a version without support of its own, exposed
	// have either.
	devices, found, unsupported, exposed headcount
	findings                             int64
	load                                 score.Load // of the findings
	cves                                 map[string]*worst
	updates                              tallies
	fixable                              bool
	// end is the worst state of support, own that of versions that did not lose it with their system, as lost says.
	end, own  string
	lost      bool
	mends     mending
	mendBytes int64
	system    *support.EndedSystem // the product is this system
}

// headcount counts devices, each once if releases come device by device.
type headcount struct {
	n    int64
	last int
}

func (h *headcount) count(i *installed) {
	if i.device == 0 || i.device != h.last {
		h.n += i.Devices
	}
	h.last = i.device
}

// count adds a release with those of its findings that match.
func (p *product) count(i *installed, matching []worst) {
	p.coded = p.coded || i.Coded
	if !slices.Contains(p.versions, i.Version) {
		p.versions = append(p.versions, i.Version)
	}
	p.devices.count(i)
	p.end = worseEnd(p.end, i.EndOfSupport)
	_, lost := support.Of(&i.SoftwareKey, i.EndOfSupport, i.system)
	if p.lost = p.lost || lost; !lost {
		p.own = worseEnd(p.own, i.EndOfSupport)
	}
	gone := support.Ended(i.EndOfSupport) && !lost
	if gone {
		p.unsupported.count(i)
	}
	if len(matching) > 0 || gone {
		p.exposed.count(i)
	}
	if len(matching) > 0 {
		p.found.count(i)
		p.mendBytes += p.mends.add(i, matching)
	}
	p.load += loadOf(matching) * score.Load(i.Devices)
	for _, w := range matching {
		p.findings += i.Devices
		if known := p.cves[w.CVE]; known == nil || w.Score > known.Score {
			p.cves[w.CVE] = &w
		}
		if hasUpdate(w.Finding) {
			p.fixable = true
			p.updates.add(w.Update, i.Devices)
		}
	}
}

// loadOf returns the load of the findings of a release on each of its devices, as the exposure score counts them.
func loadOf(matching []worst) score.Load {
	var findings, exploited counts.Severities
	for i := range matching {
		if f := matching[i].Finding; !f.Advisory {
			findings.Count(f.Severity)
			if f.Exploited() {
				exploited.Count(f.Severity)
			}
		}
	}
	return score.Of(findings, exploited)
}

// weigh returns about how much memory it takes, in bytes.
func (p *product) weigh() int64 {
	const one, version, update, weakness = 600, 40, 300, 150
	return int64(one+len(p.versions)*version+len(p.updates)*update+len(p.cves)*weakness) + p.mendBytes
}

// sums counts the CVEs by severity, those with a known exploit and those of KEV, and finds the one of the
// highest risk and the earliest due time.
func (p *product) sums() (s counts.Severities, exploited, listed int64, top *worst, due time.Time) {
	for _, id := range slices.Sorted(keysOf(p.cves)) {
		w := p.cves[id]
		s.Count(w.Severity)
		if w.Exploited() {
			exploited++
		}
		if w.known.KEV.Listed {
			listed++
			if d := w.known.KEV.Due; !d.IsZero() && (due.IsZero() || d.Before(due)) {
				due = d
			}
		}
		if top == nil || riskOf(w.Finding, w.known, 0).Compare(riskOf(top.Finding, top.known, 0)) < 0 {
			top = w
		}
	}
	return s, exploited, listed, top, due
}

func keysOf(m map[string]*worst) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// products counts what is asked for, by risk: products with findings that match first, then by name. wanted
// says which of the others are kept.
func (q *question) products(ctx context.Context, wanted func(*product) bool) ([]*product, error) {
	found := map[[2]string]*product{}
	err := q.releases(ctx, func(i *installed) {
		matching, k := q.matching(i), [2]string{i.Vendor, i.Name}
		if found[k] == nil {
			found[k] = &product{vendor: i.Vendor, name: i.Name, cves: map[string]*worst{},
				mends: mending{vendor: i.Vendor, name: i.Name}}
		}
		found[k].count(i, matching)
	})
	if err != nil {
		return nil, err
	}
	var all []*product
	for _, p := range found {
		if len(p.cves) > 0 || wanted(p) {
			all = append(all, p)
		}
	}
	tops := make(map[*product]score.Risk, len(all))
	for _, p := range all {
		if _, _, _, top, _ := p.sums(); top != nil {
			tops[p] = riskOf(top.Finding, top.known, p.exposed.n)
		}
	}
	slices.SortFunc(all, func(a, b *product) int {
		return cmp.Or(tops[a].Compare(tops[b]), cmp.Compare(len(b.cves), len(a.cves)),
			cmp.Compare(a.vendor, b.vendor), cmp.Compare(a.name, b.name))
	})
	return all, q.exact(ctx, all)
}

// exact replaces the devices of products in several versions, which a device may have more than once, by what
// the snapshot counted, where that is about the same findings.
func (q *question) exact(ctx context.Context, all []*product) error {
	if q.devices != nil {
		return nil
	}
	known, err := q.view.Products(ctx)
	if err != nil {
		return err
	}
	byName := make(map[[2]string]*answer.Product, len(known))
	for i := range known {
		byName[[2]string{known[i].Vendor, known[i].Name}] = &known[i]
	}
	for _, p := range all {
		if k := byName[[2]string{p.vendor, p.name}]; k != nil {
			p.devices.n = k.Devices
			p.found.n, p.unsupported.n = min(p.found.n, k.Exposed), min(p.unsupported.n, k.Devices)
			p.exposed.n = min(p.exposed.n, k.Devices, p.found.n+p.unsupported.n)
		}
	}
	return nil
}

// software is GET /v1/software.
func (ls *lists) software(w *edge.Response, r *edge.Request) error {
	q, leave, err := ls.ask(w, r, control.ListOfSoftware)
	if err != nil {
		return err
	}
	defer leave()
	by, err := productOrders().of(r.Query)
	if err != nil {
		return err
	}
	all, err := kept(r.Context(), ls, q, (*product).weigh, func(ctx context.Context) ([]*product, error) {
		all, err := q.products(ctx, func(p *product) bool {
			return !q.filter.aboutFindings() && q.filter.names(p.vendor, p.name)
		})
		return by.sort(all), err
	})
	if err != nil {
		return unavailable(err)
	}
	reply := control.SoftwareRows{Rows: []control.SoftwareRow{}}
	for _, p := range page(q, all) {
		one := control.SoftwareRow{Vendor: p.vendor, Name: p.name, Versions: p.versions[:min(len(p.versions), maxVersions)],
			Devices: p.devices.n, Assessed: p.coded, Weaknesses: int64(len(p.cves)), Findings: p.findings, EndOfSupport: p.end}
		one.Severities, one.Exploited, _, _, _ = p.sums()
		reply.Rows = append(reply.Rows, one)
	}
	if reply.ListHead, err = ls.head(q, len(reply.Rows), int64(len(all))); err != nil {
		return err
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// productOrders are those of software.
func productOrders() orders[*product] {
	return orders[*product]{
		"softwareName": func(p *product) key { return lower(p.name) },
		"devices":      func(p *product) key { return number(p.devices.n) },
		"weaknesses":   func(p *product) key { return number(len(p.cves)) },
		"findings":     func(p *product) key { return number(p.findings) },
	}
}
