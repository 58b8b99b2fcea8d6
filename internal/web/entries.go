package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/web/manage"
	"github.com/muster-project/muster/internal/web/page"
)

// vulnerabilityPage is what the page of a CVE shows.
type vulnerabilityPage struct {
	ID, Title, Description, Vector, EPSS, Percentile, Published, Updated, Due string
	Severity, Score, Exploit, Sentence                                        string
	KEV, Ransomware                                                           bool
	ExploitURLs                                                               []string
	Products                                                                  []fixedProduct
	More                                                                      int64 // products that are not shown
	Devices                                                                   []affectedDevice
	Total, Findings                                                           int64
	All, CSV, Each                                                            string
	Known, Affected                                                           bool
	// Except is the form of an exception; "" for who may make none.
	Except string
}

// fixedProduct is software that has a CVE, and what removes it there.
type fixedProduct struct{ Name, Path, Fix string }

// affectedDevice is a device that has a CVE, with the software that has it.
type affectedDevice struct {
	Name, Group, System, Link, Why string
	Software                       []string
}

// shownDevices is how many devices the page of an entry shows; the list has all.
const shownDevices = 50

// showVulnerability is GET /vulnerabilities/{id}.
func showVulnerability(v *page.Visit) error {
	id := intel.CanonicalID(v.PathValue("id"))
	if !intel.IsVulnerability(id) {
		return edge.NotFound("%q is no id such as CVE-2024-9143", edge.Clip(id))
	}
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	var got control.VulnerabilityRows
	err := v.Pinned(func(snapshot int64) (n int64, err error) {
		got, err = page.Ask(ctx, v.API, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities,
			&control.ListFilter{CVE: id, Details: true, Limit: 1, Snapshot: snapshot}))
		return got.Number, err
	})
	if err != nil {
		return v.OrSetup(err)
	}
	looked := page.Assessed(got.Coverage)
	p := &vulnerabilityPage{ID: id, Title: id, Affected: len(got.Rows) > 0, Except: manage.ExceptionLink(v, "cve", id)}
	if p.Affected {
		p.fill(&got.Rows[0])
		err = p.devices(ctx, v, got.Number)
	} else if got.Known != nil {
		p.fill(&control.VulnerabilityRow{FindingRow: *got.Known})
	}
	if err != nil {
		return err
	}
	p.Sentence = p.sentence(got.Verdict, looked, got.Excepted)
	return v.Page("vulnerability", &page.Frame{Title: id, Content: p,
		Line: page.SnapshotLine(got.Number, got.GeneratedTime, looked.All())})
}

// sentence says what may be said of the CVE, which a coverage.Word decides.
func (p *vulnerabilityPage) sentence(word string, looked page.Assessment, hidden int64) string {
	left := looked.Not + looked.Unknown
	rest := ""
	if left > 0 {
		rest = " On " + page.Count(left, "device", "devices") + " the operating system was not looked at: what it lacks is not known."
	}
	if hidden > 0 && word != coverage.Affected.String() {
		rest += " Exceptions hide " + page.Count(hidden, "finding", "findings") + ", which may be of it."
	}
	switch word {
	case coverage.Affected.String():
		return page.Count(p.Total, "device has it.", "devices have it.") + " " + looked.Sentence() + rest
	case coverage.NotAffected.String():
		return "It was found on none of " + page.Count(looked.Looked(), "assessed device.", "assessed devices.") + rest
	case coverage.NotCompared.String():
		return "No device was assessed, so nobody looked for it." + rest
	}
	if p.Known {
		return "No feed that was imported states which software has it, so nobody looked for it."
	}
	return p.ID + " is not in the catalog of this server: no feed that was imported has it. So nobody looked for it."
}

// fill sets what a row says.
func (p *vulnerabilityPage) fill(r *control.VulnerabilityRow) {
	p.Known, p.Description, p.Vector, p.Severity, p.Score = true, r.Description, r.Vector, r.Severity, page.Score(r.Score)
	p.EPSS, p.Published = page.Percent(r.EPSS), page.Day(r.PublishedTime)
	p.Updated, p.Due = page.Day(r.UpdatedTime), page.Day(r.DueTime)
	if r.EPSSPercentile != nil {
		p.Percentile = page.Percent(r.EPSSPercentile)
	}
	p.KEV, p.Ransomware, p.ExploitURLs = r.KEV, r.Ransomware, r.ExploitURLs
	p.Exploit, p.More = exploitOf(r.Exploitability), r.MoreProducts
	if r.Title != "" {
		p.Title = r.Title
	}
	p.Total, p.Findings = r.Devices, r.Findings
	for _, one := range r.Products {
		fix := "no update is known that removes it"
		if to := fixOf(one.Targets, one.Updates, one.UpdateAvailable); to != "-" {
			fix = "update to " + to
		}
		p.Products = append(p.Products, fixedProduct{page.ProductName(one.Vendor, one.Name),
			page.ProductPath(one.Vendor, one.Name), fix})
	}
}

// devices sets the devices that have it, and the addresses of all of them.
func (p *vulnerabilityPage) devices(ctx context.Context, v *page.Visit, snapshot int64) error {
	found, err := page.Ask(ctx, v.API, control.List[control.AffectedRows](control.ListOfAffected,
		&control.ListFilter{CVE: p.ID, Limit: shownDevices, Snapshot: snapshot}))
	if err != nil {
		return err
	}
	p.All = page.Keeping(page.Link("/devices", "cve", p.ID), snapshot)
	p.CSV = page.Keeping(page.Link("/devices.csv", "cve", p.ID), snapshot)
	p.Each = page.Keeping(page.Link("/findings", "cve", p.ID), snapshot)
	for _, d := range found.Rows {
		one := affectedDevice{Name: page.First(d.Name, d.ID), Group: page.First(d.Group, "-"),
			System: strings.TrimSpace(d.OSPlatform + " " + d.OSVersion),
			Link:   "/devices/" + url.PathEscape(d.ID), Why: page.Link("/devices/"+url.PathEscape(d.ID)+"/why", "cve", p.ID)}
		for _, s := range d.Software {
			one.Software = append(one.Software, page.ProductName(s.Vendor, s.Name)+" "+s.Version)
		}
		p.Devices = append(p.Devices, one)
	}
	return nil
}

// productPage is what the page of a product shows.
type productPage struct {
	Name                             string
	Row                              control.SoftwareRow
	Versions                         []string
	More                             int
	Support                          string
	Table                            page.TableView
	CVEs                             int64
	AllCVEs, Devices, Action, Update string
	Each                             string // the list of its findings
	Except                           string // the form of an exception; "" for who may make none
}

// showProduct is GET /software/{product}.
func showProduct(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	var got control.SoftwareRows
	var of control.ListFilter
	at := -1
	err := v.Pinned(func(snapshot int64) (n int64, err error) {
		got, of, at, err = findProduct(ctx, v, snapshot)
		return got.Number, err
	})
	if err != nil {
		return v.OrSetup(err)
	}
	if at < 0 {
		return edge.NotFound("no device has %q", edge.Clip(strings.Replace(v.PathValue("product"), page.ProductMark, " ", 1)))
	}
	row := got.Rows[at]
	filter := page.ProductFilter(row.Vendor, row.Name)
	p := &productPage{Name: page.ProductName(row.Vendor, row.Name), Row: row, Versions: row.Versions,
		Support: "nothing is known of its end",
		Devices: page.Keeping(page.Link("/devices", "software", filter), got.Number),
		AllCVEs: page.Keeping(page.Link("/vulnerabilities", "software", filter), got.Number),
		Each:    page.Keeping(page.Link("/findings", "software", filter), got.Number),
		Except:  manage.ExceptionLink(v, "vendor", row.Vendor, "name", row.Name)}
	if known := supportOf(row.EndOfSupport); known != "-" {
		p.Support = known
	}
	if v.MayFindings() {
		of.Snapshot, of.Limit = got.Number, 20
		if err := p.findings(ctx, v, &of); err != nil {
			return err
		}
	}
	return v.Page("product", &page.Frame{Title: p.Name, Content: p,
		Line: page.SnapshotLine(got.Number, got.GeneratedTime, page.Assessed(got.Coverage).All())})
}

// findProduct finds the product of an address among those that its filter selects: at is its place, -1 if there is
// none. A vendor or a name may have the mark that stands between them, so each mark may be it.
func findProduct(ctx context.Context, v *page.Visit, snapshot int64) (got control.SoftwareRows, of control.ListFilter,
	at int, err error) {
	whole := v.PathValue("product")
	splits := page.ProductsAt(whole)
	if splits == nil {
		return got, of, -1, edge.NotFound("no product %q: an address has vendor%sname", edge.Clip(whole), page.ProductMark)
	}
	for _, one := range splits {
		of = control.ListFilter{Software: page.ProductFilter(one[0], one[1]), Limit: 1000, Snapshot: snapshot}
		if got, err = page.Ask(ctx, v.API, control.List[control.SoftwareRows](control.ListOfSoftware, &of)); err != nil {
			return got, of, -1, err
		}
		for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
			if at = slices.IndexFunc(got.Rows, func(r control.SoftwareRow) bool {
				return equal(r.Vendor, one[0]) && equal(r.Name, one[1])
			}); at >= 0 {
				return got, of, at, nil
			}
		}
	}
	return got, of, -1, nil
}

// findings sets the CVEs of the product, and what removes them.
func (p *productPage) findings(ctx context.Context, v *page.Visit, of *control.ListFilter) error {
	found, err := page.Ask(ctx, v.API, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, of))
	if err != nil {
		return err
	}
	p.CVEs, p.Table = found.Total, vulnerabilities().Table(nil, page.Cells(found.Rows, vulnerabilityCells), "Vulnerabilities")
	advice, err := page.Ask(ctx, v.API, control.List[control.RecommendationRows](control.ListOfRecommendations, of))
	for i := range advice.Rows {
		r := &advice.Rows[i]
		if r.Vendor == p.Row.Vendor && r.Name == p.Row.Name {
			p.Action = actionCell(r).Text
		}
	}
	return err
}

// checkPage is what the page of a check shows.
type checkPage struct {
	ID, Name      string
	Definition    *control.CheckDefinition
	Rows          []control.ConfigurationRow
	Fails         int64
	Failing, Note string
}

// showCheck is GET /configuration/{id}.
func showCheck(v *page.Visit) error {
	ctx, cancel := v.Within()
	defer cancel()
	if err := v.Takes(); err != nil {
		return err
	}
	var got control.ConfigurationDetail
	err := v.Pinned(func(snapshot int64) (n int64, err error) {
		got, err = control.ShowConfiguration(ctx, v.API, v.PathValue("id"),
			&control.ListFilter{Snapshot: snapshot}, 1) // its devices are a list
		return got.Number, err
	})
	if err != nil {
		return v.OrSetup(err)
	}
	p := &checkPage{ID: got.ID, Name: got.ID, Definition: got.Definition, Rows: got.Rows,
		Failing: page.Link("/devices", "fails", got.ID)}
	for _, r := range got.Rows {
		p.Fails += r.NonCompliant
		p.Name = page.First(r.Name, p.Name)
	}
	if p.Definition != nil {
		p.Name = page.First(p.Definition.Name, p.Name)
	}
	return v.Page("check", &page.Frame{Title: p.Name, Content: p,
		Line: "Snapshot " + page.Number(got.Number) + " · " + page.Instant(got.GeneratedTime)})
}

// searchPage is what was found.
type searchPage struct {
	Text   string
	Tables []foundTable
}

// foundTable is what was found of one kind.
type foundTable struct {
	Name, All string
	Total     int64
	Table     page.TableView
}

// foundRows is how many of each kind are shown.
const foundRows = 10

// search is GET /search: the id of a CVE leads to its page, any other text to what has it in its names. The id of an
// advisory may look as the name of a device does, or the id of a check (ws-0040, scid-2012): it leads to its page if
// nothing has that name.
func search(v *page.Visit) error {
	text := strings.TrimSpace(v.URL.Query().Get("q"))
	id := intel.CanonicalID(text)
	if intel.IsCVE(id) || strings.HasPrefix(id, "GHSA-") && intel.IsVulnerability(id) {
		return page.Redirect(v.W, "/vulnerabilities/"+url.PathEscape(id))
	}
	p := &searchPage{Text: text}
	if text != "" {
		ctx, cancel := v.Within()
		defer cancel()
		err := v.Pinned(func(snapshot int64) (n int64, err error) {
			p.Tables = nil
			of := &control.ListFilter{Text: text, Limit: foundRows, Snapshot: snapshot}
			for _, l := range []*page.List{devices(), software(), vulnerabilities(), configurations()} {
				if n, err = find(ctx, v, p, l, of, n); err != nil {
					return n, err
				}
			}
			return n, nil
		})
		if err != nil {
			return v.OrSetup(err)
		}
		nothing := !slices.ContainsFunc(p.Tables, func(t foundTable) bool { return t.Total > 0 })
		if nothing && intel.IsVulnerability(id) {
			return page.Redirect(v.W, "/vulnerabilities/"+url.PathEscape(id))
		}
	}
	return v.Page("search", &page.Frame{Title: "Search", Content: p})
}

// find adds what a list finds, unless the caller may not see it. It returns the number of the snapshot, or n.
func find(ctx context.Context, v *page.Visit, p *searchPage, l *page.List, of *control.ListFilter,
	n int64) (int64, error) {
	got, err := l.Ask(ctx, v.API, of, nil)
	if e := page.Refused(err); e != nil && e.Status == http.StatusForbidden && e.Code == defender.CodeForbidden {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	p.Tables = append(p.Tables, foundTable{l.Title, page.Link("/"+l.Name, "q", of.Text), got.Head.Total,
		l.Table(nil, got.Rows, l.Title)})
	return got.Head.Number, nil
}
