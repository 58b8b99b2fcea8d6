package answers

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/score"
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
	by, err := adviceOrders().of(r.Query)
	if err != nil {
		return err
	}
	all, err := kept(r.Context(), ls, q, (*product).weigh, func(ctx context.Context) ([]*product, error) {
		all, err := q.products(ctx, func(p *product) bool {
			return p.ended && !q.filter.aboutFindings() && q.filter.names(p.vendor, p.name)
		})
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
			Devices: p.exposed, Weaknesses: int64(len(p.cves)), Findings: p.findings, EndOfSupport: p.end}
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
	o["devices"] = func(p *product) key { return number(p.exposed) }
	o["exposureShare"] = func(p *product) key { return number(int64(p.load)) }
	return o
}
