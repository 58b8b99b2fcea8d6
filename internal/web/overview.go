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
	"github.com/muster-project/muster/internal/web/page"
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
	Actions    page.TableView
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
func gather(ctx context.Context, v *page.Visit) (o overview, err error) {
	if o.coverage, err = v.Coverage(ctx); err != nil {
		return o, err
	}
	g, ctx := errgroup.WithContext(ctx)
	if v.MayFindings() {
		of := func(f control.ListFilter) *control.ListFilter {
			f.Snapshot = o.coverage.Number
			return &f
		}
		one := of(control.ListFilter{Limit: 1})
		g.Go(func() (err error) {
			o.vulnerabilities, err = page.Ask(ctx, v.API,
				control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, one))
			return err
		})
		g.Go(func() (err error) {
			o.actions, err = page.Ask(ctx, v.API, control.List[control.RecommendationRows](control.ListOfRecommendations,
				of(control.ListFilter{Limit: 10})))
			return err
		})
		g.Go(func() error {
			kev, err := page.Ask(ctx, v.API, control.List[control.FleetRows](control.ListOfDevices,
				of(control.ListFilter{KEV: true, Limit: 1})))
			if e := page.Refused(err); e != nil && e.Status == http.StatusConflict {
				return nil // CISA's list is not imported
			}
			o.kev = &kev
			return err
		})
		g.Go(func() (err error) {
			o.trends, err = page.Ask(ctx, v.API, control.AskTrends(trendDays, "day", ""))
			return err
		})
		g.Go(func() (err error) {
			o.silent, err = page.Ask(ctx, v.API, control.List[control.FleetRows](control.ListOfDevices,
				of(control.ListFilter{Silent: true, Limit: 1})))
			return err
		})
	}
	if v.Caller.May(auth.ReadScores) {
		g.Go(func() error {
			found, err := page.Ask(ctx, v.API, control.ShowExposureScore())
			if page.Refused(err) != nil {
				return nil // it is not computed
			}
			o.exposure = &found
			return err
		})
		g.Go(func() error {
			found, err := page.Ask(ctx, v.API, control.ShowScores(&control.ListFilter{}, 0))
			if page.Refused(err) != nil {
				return nil
			}
			o.configuration = found.Compliance.Score
			return err
		})
	}
	return o, g.Wait()
}

// showOverview is GET /.
func showOverview(v *page.Visit) error {
	if v.URL.RawQuery != "" {
		if _, err := page.ReadAddress("/", v.URL.RawQuery, nil); err != nil {
			return err
		}
	}
	ctx, cancel := v.Within()
	defer cancel()
	o, err := gather(ctx, v)
	if err != nil {
		return v.OrSetup(err)
	}
	looked := page.Assessed(&o.coverage.Coverage)
	p := &overviewPage{Findings: v.MayFindings(), Bar: newBar(looked), Reasons: reasonsOf(v, looked),
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
	return v.Page("overview", &page.Frame{Title: "Overview", Content: p,
		Line: page.SnapshotLine(o.coverage.Number, o.coverage.GeneratedTime, looked.All())})
}

// fill makes the tiles and tables of what was told.
func (o *overview) fill(p *overviewPage, looked page.Assessment) {
	if p.Findings {
		sums := &o.vulnerabilities.Sums
		kev := tile{Name: "Exploited CVEs (KEV)", Number: "unknown", About: "CISA's list is not imported: muster feed refresh kev kev"}
		if o.kev != nil {
			kev = tile{Name: kev.Name, Number: page.Number(sums.KEV), Link: "/vulnerabilities?kev=true",
				About: "on " + page.Count(o.kev.Total, "device", "devices")}
		}
		p.Tiles = append(p.Tiles, kev, tile{"Critical findings", page.Number(sums.Severities.Critical), "/vulnerabilities?severity=critical",
			page.Count(sums.CVEs.Critical, "CVE", "CVEs")})
		p.Severities = severitiesOf(sums)
		p.Since, p.Trend = sinceYesterday(o.trends.SinceYesterday), newTrendView(&o.trends)
		p.Silent, p.SilentLink = o.silent.Total, "/devices?silent=true"
		list := actions()
		p.Actions = list.Table(nil, page.Cells(o.actions.Rows, adviceCells), "What to do first")
		p.All = page.Count(o.actions.Total, "action", "actions")
	}
	about := "of " + page.Number(looked.All())
	if looked.Partly > 0 {
		about += ", " + page.Number(looked.Partly) + " of them partly"
	}
	p.Tiles = append(p.Tiles, tile{"Devices assessed", page.Number(looked.Looked()), "/coverage", about})
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
		rows = append(rows, severityRow{s.name, s.n(&sums.Severities), s.n(&sums.CVEs), page.Link("/vulnerabilities", "severity", s.filter)})
	}
	return rows
}
