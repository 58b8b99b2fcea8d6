package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// overviewPage is what the overview shows.
type overviewPage struct {
	Sentence string
	// Since says what changed since yesterday; empty if the caller may not see findings.
	Since   string
	Notices []string // about feeds
	Feed    string   // which feeds they are about
	Tiles   []tile
	// Findings: the caller may see them.
	Findings   bool
	Actions    tableView
	All        string // how many actions there are
	Bar        coverageBar
	Reasons    []reasonRow
	Severities []severityRow
	Feeds      []feedRow
	Silent     int64
	SilentLink string
	Trend      *trendView
}

// tile is a number that matters, and where its rows are.
type tile struct{ Name, Number, Link, About string }

// severityRow counts a severity.
type severityRow struct {
	Severity       string
	Findings, CVEs int64
	Link           string
}

// overview is what the calls of the API told.
type overview struct {
	coverage        *control.Coverage
	vulnerabilities control.VulnerabilityRows
	kev             *control.FleetRows // nil if no list is imported
	silent          control.FleetRows
	actions         control.RecommendationRows
	exposure        *defender.Score
	configuration   *float64 // of 100; nil if nothing applies
	trends          control.Trends
}

// gather asks the calls at once. What the caller may not see stays empty.
func (v *visit) gather(ctx context.Context) (o overview, err error) {
	if o.coverage, err = v.coverage(ctx); err != nil {
		return o, err
	}
	g, ctx := errgroup.WithContext(ctx)
	if v.mayFindings() {
		of := func(f control.ListFilter) *control.ListFilter {
			f.Snapshot = o.coverage.Number
			return &f
		}
		one := of(control.ListFilter{Limit: 1})
		g.Go(func() (err error) {
			o.vulnerabilities, err = ask(ctx, v.api,
				control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, one))
			return err
		})
		g.Go(func() (err error) {
			o.actions, err = ask(ctx, v.api, control.List[control.RecommendationRows](control.ListOfRecommendations,
				of(control.ListFilter{Limit: 10})))
			return err
		})
		g.Go(func() error {
			kev, err := ask(ctx, v.api, control.List[control.FleetRows](control.ListOfDevices,
				of(control.ListFilter{KEV: true, Limit: 1})))
			if e := refused(err); e != nil && e.Status == http.StatusConflict {
				return nil // CISA's list is not imported
			}
			o.kev = &kev
			return err
		})
		g.Go(func() (err error) {
			o.trends, err = ask(ctx, v.api, control.AskTrends(trendDays, "day", ""))
			return err
		})
		g.Go(func() (err error) {
			o.silent, err = ask(ctx, v.api, control.List[control.FleetRows](control.ListOfDevices,
				of(control.ListFilter{Silent: true, Limit: 1})))
			return err
		})
	}
	if v.Caller.May(auth.ReadScores) {
		g.Go(func() error {
			found, err := ask(ctx, v.api, control.ShowExposureScore())
			if refused(err) != nil {
				return nil // it is not computed
			}
			o.exposure = &found
			return err
		})
		g.Go(func() error {
			found, err := ask(ctx, v.api, control.ShowScores(&control.ListFilter{}, 0))
			if refused(err) != nil {
				return nil
			}
			o.configuration = found.Compliance.Score
			return err
		})
	}
	return o, g.Wait()
}

// showOverview is GET /.
func showOverview(v *visit) error {
	if v.URL.RawQuery != "" {
		if _, err := readAddress("/", v.URL.RawQuery, nil); err != nil {
			return err
		}
	}
	ctx, cancel := v.within()
	defer cancel()
	o, err := v.gather(ctx)
	if err != nil {
		return v.orSetup(err)
	}
	looked := assessed(&o.coverage.Coverage)
	p := &overviewPage{Findings: v.mayFindings(), Bar: newBar(looked), Reasons: v.reasonsOf(looked),
		Feeds: feedsOf(o.coverage.Feeds)}
	p.Sentence = looked.Sentence() + looked.Unlooked()
	var names []string
	for _, f := range o.coverage.Feeds {
		if notes := coverages.FeedNotes(&f); f.Old || f.Failures > 1 {
			names = append(names, f.Name)
			p.Notices = append(p.Notices, fmt.Sprintf("%s: %s.", f.Name, notes))
		}
	}
	p.Feed = strings.Join(names, ", ")
	o.fill(p, looked)
	return v.page("overview", &frame{Title: "Overview", Content: p,
		Line: snapshotLine(o.coverage.Number, o.coverage.GeneratedTime, looked.All())})
}

// fill makes the tiles and tables of what was told.
func (o *overview) fill(p *overviewPage, looked assessment) {
	if p.Findings {
		sums := &o.vulnerabilities.Sums
		kev := tile{Name: "Exploited CVEs (KEV)", Number: "unknown", About: "CISA's list is not imported: muster feed refresh kev kev"}
		if o.kev != nil {
			kev = tile{Name: kev.Name, Number: number(sums.KEV), Link: "/vulnerabilities?kev=true",
				About: "on " + count(o.kev.Total, "device", "devices")}
		}
		p.Tiles = append(p.Tiles, kev, tile{"Critical findings", number(sums.Severities.Critical), "/vulnerabilities?severity=critical",
			count(sums.CVEs.Critical, "CVE", "CVEs")})
		p.Severities = severitiesOf(sums)
		p.Since, p.Trend = sinceYesterday(o.trends.SinceYesterday), newTrendView(&o.trends)
		p.Silent, p.SilentLink = o.silent.Total, "/devices?silent=true"
		list := actions()
		p.Actions = list.table(nil, cells(o.actions.Rows, adviceCells), "What to do first")
		p.All = count(o.actions.Total, "action", "actions")
	}
	about := "of " + number(looked.All())
	if looked.Partly > 0 {
		about += ", " + number(looked.Partly) + " of them partly"
	}
	p.Tiles = append(p.Tiles, tile{"Devices assessed", number(looked.Looked()), "/coverage", about})
	if o.exposure != nil {
		p.Tiles = append(p.Tiles, tile{"Exposure score", fmt.Sprintf("%.1f", o.exposure.Score), "", "of 100, lower is better"})
	}
	if o.configuration != nil {
		p.Tiles = append(p.Tiles, tile{"Settings", fmt.Sprintf("%.1f", *o.configuration), "/configuration",
			"of 100 points that apply, higher is better"})
	}
}

// severitiesOf counts each severity.
func severitiesOf(sums *control.VulnerabilitySums) (rows []severityRow) {
	for _, s := range []struct {
		name, filter string
		n            func(*counts.Severities) int64
	}{{"Critical", "critical", func(s *counts.Severities) int64 { return s.Critical }},
		{"High", "high", func(s *counts.Severities) int64 { return s.High }},
		{"Medium", "medium", func(s *counts.Severities) int64 { return s.Medium }},
		{"Low", "low", func(s *counts.Severities) int64 { return s.Low }},
		{"", "none", func(s *counts.Severities) int64 { return s.Unrated }}} {
		rows = append(rows, severityRow{s.name, s.n(&sums.Severities), s.n(&sums.CVEs), link("/vulnerabilities", "severity", s.filter)})
	}
	return rows
}
