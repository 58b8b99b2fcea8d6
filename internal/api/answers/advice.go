package answers

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/answer/support"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/score"
)

// The actions of recommendations.
const (
	actionUpdate  = "update"
	actionReplace = "replace"
	actionUpgrade = "upgrade"
	actionWatch   = "watch"
)

// action says what to do about a product.
func (p *product) action() string {
	switch {
	case p.fixable:
		return actionUpdate
	case p.own == defender.ProductEnded:
		return actionReplace
	case support.Ended(p.own): // other versions have support
		return actionUpdate
	case p.lost || p.system != nil:
		return actionUpgrade
	}
	return actionWatch
}

// systems are the systems without support, as products.
func (q *question) systems(ctx context.Context) (all []*product, err error) {
	if q.filter.aboutFindings() {
		return nil, nil
	}
	some, err := answer.FleetOf(q.view).EndedSystems(ctx, q.devices)
	for i := range some {
		one := &some[i]
		name := one.Name()
		if q.filter.product(one.Vendor, name) && (q.filter.names(one.Vendor, name) || q.filter.names("", one.Title())) {
			n := headcount{n: one.Devices}
			all = append(all, &product{vendor: one.Vendor, name: name, devices: n, unsupported: n, exposed: n,
				end: one.Status, system: one})
		}
	}
	return all, err
}

// advised are the products to do something about: those with findings by risk, then systems without support, then
// products without, of their own. One that lost it with its system is among them only if it is asked for.
func (q *question) advised(ctx context.Context) ([]*product, error) {
	systems, err := q.systems(ctx)
	if err != nil {
		return nil, err
	}
	all, err := q.products(ctx, func(p *product) bool {
		return !q.filter.aboutFindings() && q.filter.names(p.vendor, p.name) &&
			(support.Ended(p.own) || p.lost && q.filter.software != "")
	})
	at := slices.IndexFunc(all, func(p *product) bool { return len(p.cves) == 0 })
	if at < 0 {
		at = len(all)
	}
	return slices.Insert(all, at, systems...), err
}

// recommendations is GET /v1/recommendations.
func (ls *lists) recommendations(w *edge.Response, r *edge.Request) error {
	q, leave, err := ls.ask(w, r, control.ListOfRecommendations)
	if err != nil {
		return err
	}
	defer leave()
	by, err := adviceOrders().of(r.Query)
	if err != nil {
		return err
	}
	all, err := kept(r.Context(), ls, q, (*product).weigh, func(ctx context.Context) ([]*product, error) {
		all, err := q.advised(ctx)
		return by.sort(all), err
	})
	if err != nil {
		return unavailable(err)
	}
	var whole score.Load
	for _, p := range all {
		whole += p.load
	}
	reply := control.RecommendationRows{Rows: []control.RecommendationRow{}}
	for _, p := range page(q, all) {
		one := control.RecommendationRow{Vendor: p.vendor, Name: p.name, Action: p.action(), Updates: p.updates.rows(),
			Devices: p.exposed.n, Exposed: p.found.n, Unsupported: p.unsupported.n, Weaknesses: int64(len(p.cves)),
			Findings: p.findings, EndOfSupport: p.end}
		if of := p.system; of != nil {
			one.System = &control.EndedSystem{Version: of.Version, Title: of.Title(), Ended: of.Date}
		}
		severities, exploited, listed, top, due := p.sums()
		one.Severities, one.Exploited, one.KEV, one.DueTime = severities, exploited, listed, timeOrNil(due)
		if whole > 0 {
			one.ExposureShare = float64(p.load) / float64(whole)
		}
		if top != nil {
			one.Worst = top.CVE
		}
		if p.fixable {
			one.Targets = p.mends.targets(q.know.catalog)
		}
		reply.Rows = append(reply.Rows, one)
	}
	if reply.ListHead, err = ls.head(q, len(reply.Rows), int64(len(all))); err != nil {
		return err
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// adviceOrders are those of recommendations: their devices are those exposed.
func adviceOrders() orders[*product] {
	o := productOrders()
	o["devices"] = func(p *product) key { return number(p.exposed.n) }
	o["exposureShare"] = func(p *product) key { return number(int64(p.load)) }
	return o
}
