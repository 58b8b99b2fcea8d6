package answers

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/shown"
)

// The actions of recommendations.
const (
	actionUpdate  = "update"
	actionReplace = "replace"
	actionWatch   = "watch"
)

// action says what to do about a product.
func (p *product) action() string {
	switch {
	case p.fixable:
		return actionUpdate
	case p.ended || p.end == defender.ProductEnded:
		return actionReplace
	}
	return actionWatch
}

// recommendations is GET /v1/recommendations.
func (ls *lists) recommendations(w *edge.Response, r *edge.Request) error {
	q, leave, err := ls.ask(w, r, control.ListOfRecommendations)
	if err != nil {
		return err
	}
	defer leave()
	all, err := kept(r.Context(), ls, q, (*product).weigh, func(ctx context.Context) ([]*product, error) {
		return q.products(ctx, func(p *product) bool {
			return p.ended && !q.filter.aboutFindings() && q.filter.names(p.vendor, p.name)
		})
	})
	if err != nil {
		return unavailable(err)
	}
	reply := control.RecommendationRows{Rows: []control.RecommendationRow{}}
	for _, p := range page(q, all) {
		one := control.RecommendationRow{Vendor: p.vendor, Name: p.name, Action: p.action(), Updates: p.updates.rows(),
			Devices: p.exposed, Weaknesses: int64(len(p.cves)), Findings: p.findings, EndOfSupport: p.end}
		severities, exploited, listed, top, due := p.sums()
		one.Severities, one.Exploited, one.KEV, one.DueTime = severities, exploited, listed, timeOrNil(due)
		if top != nil {
			one.Worst = top.CVE
		}
		if p.fixable {
			one.Targets = p.mended(q.know.catalog)
		}
		reply.Rows = append(reply.Rows, one)
	}
	if reply.ListHead, err = ls.head(q, len(reply.Rows), int64(len(all))); err != nil {
		return err
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// maxReleases is how many releases of a product are asked for the version that mends them.
const maxReleases = 200

// mended returns the targets of a product, which are found once.
func (p *product) mended(c *catalog.Catalog) []control.TargetRow {
	p.once.Do(func() { p.targets = p.mend(c) })
	return p.targets
}

// mend lists the versions that remove the findings of a product that match: one, or of Windows one for each
// build, by what the rules of the catalog say. Rows do not say what a piece of software was: a release counts only
// if the catalog has all of its findings for software of this name. Others, and findings that no known version
// removes, are not counted.
func (p *product) mend(c *catalog.Catalog) (all []control.TargetRow) {
	type line struct {
		components []catalog.Component
		releases   []*affectedRelease
		cves       []string
	}
	lines, order := map[string]*line{}, []string{}
	for i := range p.releases[:min(len(p.releases), maxReleases)] {
		r := &p.releases[i]
		cves := r.cves()
		component, ok := shown.Component(c, p.vendor, p.name, r.version, cves)
		if !ok {
			continue
		}
		key := catalog.Line(c, component)
		if lines[key] == nil {
			lines[key] = &line{}
			order = append(order, key)
		}
		l := lines[key]
		l.components = append(l.components, component)
		l.releases, l.cves = append(l.releases, r), append(l.cves, cves...)
	}
	for _, key := range order {
		l := lines[key]
		slices.Sort(l.cves)
		m := catalog.Mend(c, l.components, slices.Compact(l.cves))
		one := control.TargetRow{Version: m.Version}
		for _, r := range l.releases {
			one.Findings += r.devices * int64(len(r.found)-count(r.cves(), m.Left))
		}
		if one.Version != "" && one.Findings > 0 {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b control.TargetRow) int {
		return cmp.Or(cmp.Compare(b.Findings, a.Findings), cmp.Compare(a.Version, b.Version))
	})
	return all
}

// count counts the texts that are in a list.
func count(texts, list []string) (n int) {
	for _, text := range texts {
		if slices.Contains(list, text) {
			n++
		}
	}
	return n
}
