package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	wire "github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/score"
	"github.com/muster-project/muster/internal/web/chart"
	"github.com/muster-project/muster/internal/web/notices"
	"github.com/muster-project/muster/internal/web/page"
)

// overviewPage is what the overview shows, in the order of importance.
type overviewPage struct {
	Notices []string // about feeds
	Feed    string   // which feeds they are about
	// Receivers are those of notices that fail, Untold says since when and why.
	Receivers string
	Untold    []string
	Lead      []phrase
	Tiles     []tile
	// Looked counts the devices that were assessed at least partly.
	Looked int64
	// Findings: the caller may see them.
	Findings   bool
	Actions    []actionRow
	All        string // how many actions there are; "" if there is none
	Points     bool   // rows have points of the exposure score, not shares
	Bar        coverageBar
	Reasons    []reasonRow
	Trend      *trendView
	Open       []openRow
	Unopened   string // why Open is not known
	Remediated string
	Severities []severityRow
	Silent     int64
	SilentLink string
	Feeds      []feedRow
}

// tile is a number that matters, how it changed, and where its rows are.
type tile struct {
	Name, Number, Link string
	Change             *change
	About              string
}

// actionRow is something to do, and which part of the exposure it removes.
type actionRow struct {
	page.Cell
	Devices, CVEs, Findings int64
	Link, Each              string // the lists of its CVEs, and of its findings
	Width                   int64
	Points                  string
}

// severityRow counts a severity, now and a day before.
type severityRow struct {
	Severity       string
	Findings, CVEs int64
	Link, Each     string // the lists of its CVEs, and of its findings
	Change         string
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
	rules           wire.Rules // of notices; none for who does not manage
	pinned          bool       // the address names a snapshot
}

// byExposure sorts actions by what they remove of the exposure.
const byExposure = "-exposureShare"

// gather asks the calls about a snapshot, 0 is the newest, at once. What the caller may not see stays empty.
func gather(ctx context.Context, v *page.Visit, snapshot int64) (o overview, err error) {
	if o.coverage, err = v.CoverageOf(ctx, snapshot); err != nil {
		return o, err
	}
	o.pinned = snapshot != 0
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
				of(control.ListFilter{Limit: 10, Sort: byExposure})))
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
			o.trends, err = page.Ask(ctx, v.API, page.Of(control.AskTrends(trendDays, "day", ""), o.coverage.Number))
			return err
		})
		g.Go(func() (err error) {
			o.silent, err = page.Ask(ctx, v.API, control.List[control.FleetRows](control.ListOfDevices,
				of(control.ListFilter{Silent: true, Limit: 1})))
			return err
		})
	}
	if v.Manages() {
		g.Go(func() (err error) {
			o.rules, err = page.Ask(ctx, v.API, wire.ListRules())
			return err
		})
	}
	if v.Caller.May(auth.ReadScores) {
		if !o.pinned { // it is computed of the newest snapshot alone
			g.Go(func() error {
				found, err := page.Ask(ctx, v.API, control.ShowExposureScore())
				if page.Refused(err) != nil {
					return nil // it is not computed
				}
				o.exposure = &found
				return err
			})
		}
		g.Go(func() error {
			found, err := page.Ask(ctx, v.API, control.ShowScores(&control.ListFilter{Snapshot: o.coverage.Number}, 0))
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
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	var o overview
	err := v.Pinned(func(snapshot int64) (n int64, err error) {
		if o, err = gather(ctx, v, snapshot); err == nil {
			n = o.coverage.Number
		}
		return n, err
	})
	if err != nil {
		return v.OrSetup(err)
	}
	looked := page.Assessed(&o.coverage.Coverage)
	p := &overviewPage{Looked: looked.Looked(), Findings: v.MayFindings(), Bar: newBar(looked),
		Reasons: reasonsOf(v, looked),
		Feeds:   feedsOf(o.coverage.Feeds)}
	var names []string
	for _, f := range o.coverage.Feeds {
		if notes := coverages.FeedNotes(&f); f.Old || f.Failures > 1 {
			names = append(names, f.Name)
			p.Notices = append(p.Notices, fmt.Sprintf("%s: %s.", f.Name, notes))
		}
	}
	if looked.All() == 0 { // an earlier snapshot: what nobody looked at has no numbers
		return v.Page("overview", &page.Frame{Title: "Overview", Line: page.SnapshotLine(o.coverage.Number,
			o.coverage.GeneratedTime, 0), Content: &overviewPage{Feeds: p.Feeds, Bar: p.Bar,
			Lead: []phrase{{Text: "This snapshot has no device, so nothing was looked at."}}}})
	}
	p.Feed = strings.Join(names, ", ")
	names, p.Untold = notices.Failing(o.rules.Rules)
	p.Receivers = strings.Join(names, ", ")
	if p.Findings {
		p.Lead = sinceYesterday(&o.trends, o.vulnerabilities.Sums.Severities.Critical)
		o.fill(p)
	}
	p.Lead = append(p.Lead, phrase{Text: looked.Sentence()})
	if text := looked.Unlooked(); text != "" {
		p.Lead = append(p.Lead, phrase{text, true})
	}
	p.Tiles = o.tiles(looked, p.Findings, v.Caller.May(auth.ReadScores))
	return v.Page("overview", &page.Frame{Title: "Overview", Content: p, Line: page.SnapshotLine(o.coverage.Number,
		o.coverage.GeneratedTime, looked.All()) + compared(o.trends.SinceYesterday)})
}

// keep is the address of a list, of the snapshot that was counted.
func (o *overview) keep(to string) string { return page.Keeping(to, o.coverage.Number) }

// fill makes the tables and charts of findings.
func (o *overview) fill(p *overviewPage) {
	keep := o.keep
	p.Severities = o.severities()
	p.Trend, p.Open = newTrendView(&o.trends), openRows(o.trends.OpenFor)
	p.Unopened = "This is not known before each device was assessed once more."
	if o.pinned {
		p.Unopened = "This is kept of the newest snapshot alone."
	}
	p.Remediated = remediated(&o.trends.TimeToRemediate)
	p.Silent, p.SilentLink = o.silent.Total, keep("/devices?silent=true")
	p.Points = o.exposure != nil
	if o.actions.Total > 0 {
		p.All = page.Count(o.actions.Total, "action", "actions")
	}
	var shares []float64
	for i := range o.actions.Rows {
		r := &o.actions.Rows[i]
		if r.ExposureShare == 0 {
			continue // it lowers no exposure: the list of all has it
		}
		software := page.ProductFilter(r.Vendor, r.Name)
		row := actionRow{Cell: actionCell(r), Devices: r.Exposed, CVEs: r.Weaknesses, Findings: r.Findings,
			Link: keep(page.Link("/vulnerabilities", "software", software)), Each: keep(page.Link("/findings", "software", software))}
		if row.Points = fmt.Sprintf("%.1f %%", 100*r.ExposureShare); p.Points {
			row.Points = fmt.Sprintf("-%.1f", o.exposure.Score*r.ExposureShare)
		}
		p.Actions, shares = append(p.Actions, row), append(shares, r.ExposureShare)
	}
	for i, width := range chart.Bars(shares) {
		p.Actions[i].Width = width
	}
}

// noneAssessed stands where a 0 would say that nothing is wrong.
const noneAssessed = "no device was assessed"

// unlooked reports whether nothing was assessed, of a device or of its software.
func (o *overview) unlooked(looked page.Assessment) bool {
	return looked.Looked() == 0 && o.vulnerabilities.Sums.Findings == 0
}

// tiles are the numbers that matter, with how they changed since a day before.
func (o *overview) tiles(looked page.Assessment, findings, scores bool) (all []tile) {
	since := o.trends.SinceYesterday
	if findings {
		sums := &o.vulnerabilities.Sums
		kev := tile{Name: "Exploited CVEs (KEV)", Number: "unknown", About: "CISA's list is not imported: muster feed refresh kev kev"}
		if o.kev != nil {
			kev.Number, kev.Link = page.Number(sums.KEV), o.keep("/vulnerabilities?kev=true")
			kev.About = "on " + page.Count(o.kev.Total, "device", "devices")
			if since != nil && since.KEV != nil {
				kev.Change = changeOf(since.KEV.Now, since.KEV.Before)
			}
		}
		critical := tile{Name: "Critical findings", Number: page.Number(sums.Severities.Critical),
			Link: o.keep("/findings?severity=critical"), About: "of " + page.Count(sums.CVEs.Critical, "CVE", "CVEs")}
		if o.unlooked(looked) {
			critical.Number, critical.Link, critical.About = "-", "", noneAssessed
		} else if since != nil {
			critical.Change = changeOf(sums.Severities.Critical, since.Severities.Critical)
		}
		all = append(all, kev, critical)
	}
	assessed := tile{Name: "Devices assessed", Number: page.Number(looked.Looked()), Link: "/coverage", About: "of " + page.Number(looked.All())}
	if looked.Partly > 0 {
		assessed.About += ", " + looked.Part() + " of them partly"
	}
	if since != nil && since.Coverage != nil {
		assessed.Change = changeOf(looked.Looked(), since.Coverage.Assessed+since.Coverage.Partly)
	}
	all = append(all, assessed)
	if o.exposure != nil && o.unlooked(looked) {
		all = append(all, tile{Name: "Exposure score", Number: "-", About: noneAssessed})
	} else if o.exposure != nil {
		level := map[string]string{defender.ExposureHigh: "high", defender.ExposureMedium: "medium", defender.ExposureLow: "low",
			defender.ExposureNone: "none"}[score.LevelOf(o.exposure.Score)]
		all = append(all, tile{Name: "Exposure score", Number: fmt.Sprintf("%.1f", o.exposure.Score),
			About: "of 100: " + level + ". Lower is better."})
	} else if o.pinned && scores {
		all = append(all, tile{Name: "Exposure score", Number: "-", About: "It is computed of the newest snapshot alone."})
	}
	if o.configuration != nil {
		settings := tile{Name: "Settings score", Number: fmt.Sprintf("%.1f", *o.configuration), Link: "/configuration",
			About: "of 100, by weight. Higher is better."}
		if since != nil && since.Score != nil {
			settings.Change = tenths(*o.configuration, *since.Score)
		}
		all = append(all, settings)
	}
	return all
}

// tenths compares a score with what it was.
func tenths(now, before float64) *change {
	c := changeOf(int64(math.Round(10*now)), int64(math.Round(10*before)))
	if c.Arrow != "" {
		c.Text = fmt.Sprintf("%s %.1f", strings.Fields(c.Text)[0], math.Abs(math.Round(10*now)-math.Round(10*before))/10)
	}
	return c
}

// severities counts each severity.
func (o *overview) severities() (rows []severityRow) {
	sums, since := &o.vulnerabilities.Sums, o.trends.SinceYesterday
	for _, s := range severityNames() {
		row := severityRow{Severity: s.name, Findings: s.of(&sums.Severities), CVEs: s.of(&sums.CVEs),
			Link: o.keep(page.Link("/vulnerabilities", "severity", s.filter)),
			Each: o.keep(page.Link("/findings", "severity", s.filter))}
		if since != nil {
			switch d := row.Findings - s.of(&since.Severities); {
			case d > 0:
				row.Change = "+" + page.Number(d)
			case d < 0:
				row.Change = "-" + page.Number(-d)
			default:
				row.Change = "0"
			}
		}
		rows = append(rows, row)
	}
	return rows
}
