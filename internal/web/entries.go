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
)

// vulnerabilityPage is what the page of a CVE shows.
type vulnerabilityPage struct {
	ID, Title, Description, Vector, EPSS, Percentile, Published, Updated, Due, Fix string
	Severity                                                                       string
	Score                                                                          string
	KEV, Ransomware                                                                bool
	Exploit                                                                        string
	ExploitURLs                                                                    []string
	Sentence                                                                       string
	Products                                                                       []entry
	Devices                                                                        []affectedDevice
	Total                                                                          int64
	All, CSV                                                                       string
	Known, Affected                                                                bool
}

// affectedDevice is a device that has a CVE, with the software that has it.
type affectedDevice struct {
	Name, Group, System, Link, Why string
	Software                       []string
}

// shownDevices is how many devices the page of an entry shows; the list has all.
const shownDevices = 50

// showVulnerability is GET /vulnerabilities/{id}.
func showVulnerability(v *visit) error {
	id := intel.CanonicalID(v.PathValue("id"))
	if !intel.IsVulnerability(id) {
		return edge.NotFound("%q is no id such as CVE-2024-9143", edge.Clip(id))
	}
	if v.URL.RawQuery != "" {
		if _, err := readAddress("", v.URL.RawQuery, nil); err != nil {
			return err
		}
	}
	ctx, cancel := v.within()
	defer cancel()
	got, err := ask(ctx, v.api, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities,
		&control.ListFilter{CVE: id, Details: true, Limit: 1}))
	if err != nil {
		return v.orSetup(err)
	}
	looked := assessed(got.Coverage)
	p := &vulnerabilityPage{ID: id, Title: id, Affected: len(got.Rows) > 0}
	if p.Affected {
		p.fill(&got.Rows[0])
		err = p.devices(ctx, v, got.Number)
		p.Sentence = count(p.Total, "device", "devices") + " of " + number(looked.Looked()) + " assessed."
	} else {
		err = p.ofCatalog(ctx, v)
		p.Sentence = "None of " + count(looked.Looked(), "assessed device", "assessed devices") + " has it."
		if !p.Known {
			p.Sentence = id + " is not in the catalog of this server: no feed that was imported has it. So nobody looked for it."
		}
	}
	if err != nil {
		return err
	}
	if left := looked.Not + looked.Unknown; left > 0 {
		p.Sentence += " " + count(left, "device was not assessed: it may have it, too.", "devices were not assessed: they may have it, too.")
	}
	return v.page("vulnerability", &frame{Title: id, Content: p, Line: snapshotLine(got.Number, got.GeneratedTime, looked.All())})
}

// fill sets what a row says.
func (p *vulnerabilityPage) fill(r *control.VulnerabilityRow) {
	p.Known, p.Description, p.Vector, p.Severity, p.Score = true, r.Description, r.Vector, r.Severity, score(r.Score)
	p.EPSS, p.Published, p.Updated, p.Due = percent(r.EPSS), day(r.PublishedTime), day(r.UpdatedTime), day(r.DueTime)
	if r.EPSSPercentile != nil {
		p.Percentile = percent(r.EPSSPercentile)
	}
	p.KEV, p.Ransomware, p.ExploitURLs, p.Fix = r.KEV, r.Ransomware, r.ExploitURLs, fixOf(&r.FindingRow)
	p.Exploit = exploitOf(r.Exploitability)
	if r.Title != "" {
		p.Title = r.Title
	}
	p.Total = r.Devices
	for _, one := range r.Products {
		p.Products = append(p.Products, entry{Name: productName(one.Vendor, one.Name), Path: productPath(one.Vendor,
			one.Name)})
	}
}

// devices sets the devices that have it, and the addresses of all of them.
func (p *vulnerabilityPage) devices(ctx context.Context, v *visit, snapshot int64) error {
	found, err := ask(ctx, v.api, control.List[control.AffectedRows](control.ListOfAffected,
		&control.ListFilter{CVE: p.ID, Limit: shownDevices, Snapshot: snapshot}))
	if err != nil {
		return err
	}
	p.All, p.CSV = link("/devices", "cve", p.ID), link("/devices.csv", "cve", p.ID)
	for _, d := range found.Rows {
		one := affectedDevice{Name: first(d.Name, d.ID), Group: first(d.Group, "-"),
			System: strings.TrimSpace(d.OSPlatform + " " + d.OSVersion),
			Link:   "/devices/" + url.PathEscape(d.ID), Why: link("/devices/"+url.PathEscape(d.ID)+"/why", "cve", p.ID)}
		for _, s := range d.Software {
			one.Software = append(one.Software, productName(s.Vendor, s.Name)+" "+s.Version)
		}
		p.Devices = append(p.Devices, one)
	}
	return nil
}

// ofCatalog sets what the catalog knows of a CVE that no device has.
func (p *vulnerabilityPage) ofCatalog(ctx context.Context, v *visit) error {
	known, err := ask(ctx, v.api, control.ShowVulnerability(p.ID))
	if e := refused(err); e != nil && (e.Status == http.StatusNotFound || e.Status == http.StatusForbidden) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Known = true
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	p.Description, p.Vector, p.Severity, p.Score = text(known.Description), text(known.CVSSVector),
		text(known.Severity), score(known.CVSSV3)
	return nil
}

// productPage is what the page of a product shows.
type productPage struct {
	Name                             string
	Row                              control.SoftwareRow
	Versions                         []string
	More                             int
	Support                          string
	Table                            tableView
	CVEs                             int64
	AllCVEs, Devices, Action, Update string
}

// showProduct is GET /software/{product}.
func showProduct(v *visit) error {
	vendor, name, ok := strings.Cut(v.PathValue("product"), productMark)
	if !ok {
		return edge.NotFound("no product %q: an address has vendor%sname", edge.Clip(v.PathValue("product")), productMark)
	}
	ctx, cancel := v.within()
	defer cancel()
	of := control.ListFilter{Software: vendor + "/" + name, Limit: 20}
	got, err := ask(ctx, v.api, control.List[control.SoftwareRows](control.ListOfSoftware, &of))
	if err != nil {
		return v.orSetup(err)
	}
	at := slices.IndexFunc(got.Rows, func(r control.SoftwareRow) bool {
		return strings.EqualFold(r.Vendor, vendor) && strings.EqualFold(r.Name, name)
	})
	if at < 0 {
		return edge.NotFound("no device has %q", edge.Clip(productName(vendor, name)))
	}
	row := got.Rows[at]
	filter := row.Vendor + "/" + row.Name
	p := &productPage{Name: productName(row.Vendor, row.Name), Row: row, Versions: row.Versions,
		Support: first(row.EndOfSupport, "nothing is known of its end"), Devices: link("/devices", "software", filter),
		AllCVEs: link("/vulnerabilities", "software", filter)}
	if v.mayFindings() {
		of.Snapshot = got.Number
		if err := p.findings(ctx, v, &of); err != nil {
			return err
		}
	}
	return v.page("product", &frame{Title: p.Name, Content: p,
		Line: snapshotLine(got.Number, got.GeneratedTime, assessed(got.Coverage).All())})
}

// findings sets the CVEs of the product, and what removes them.
func (p *productPage) findings(ctx context.Context, v *visit, of *control.ListFilter) error {
	found, err := ask(ctx, v.api, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, of))
	if err != nil {
		return err
	}
	p.CVEs, p.Table = found.Total, vulnerabilities().table(nil, cells(found.Rows, vulnerabilityCells), "Vulnerabilities")
	advice, err := ask(ctx, v.api, control.List[control.RecommendationRows](control.ListOfRecommendations, of))
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
func showCheck(v *visit) error {
	ctx, cancel := v.within()
	defer cancel()
	got, err := control.ShowConfiguration(ctx, v.api, v.PathValue("id"), &control.ListFilter{}, 1) // its devices are a list
	if err != nil {
		return v.orSetup(err)
	}
	p := &checkPage{ID: got.ID, Name: got.ID, Definition: got.Definition, Rows: got.Rows,
		Failing: link("/devices", "fails", got.ID)}
	for _, r := range got.Rows {
		p.Fails += r.NonCompliant
		p.Name = first(r.Name, p.Name)
	}
	if p.Definition != nil {
		p.Name = first(p.Definition.Name, p.Name)
	}
	return v.page("check", &frame{Title: p.Name, Content: p,
		Line: "Snapshot " + number(got.Number) + " · " + instant(got.GeneratedTime)})
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
	Table     tableView
}

// foundRows is how many of each kind are shown.
const foundRows = 10

// search is GET /search: an id leads to its page, any other text to what has it in its names.
func search(v *visit) error {
	text := strings.TrimSpace(v.URL.Query().Get("q"))
	if id := intel.CanonicalID(text); intel.IsVulnerability(id) {
		return redirect(v.w, "/vulnerabilities/"+url.PathEscape(id))
	}
	p := &searchPage{Text: text}
	if text != "" {
		ctx, cancel := v.within()
		defer cancel()
		of := &control.ListFilter{Text: text, Limit: foundRows}
		err := find(ctx, v, p, devices(), of)
		if err == nil {
			err = find(ctx, v, p, software(), of)
		}
		if err == nil {
			err = find(ctx, v, p, vulnerabilities(), of)
		}
		if err != nil {
			return v.orSetup(err)
		}
	}
	return v.page("search", &frame{Title: "Search", Content: p})
}

// find adds what a list finds, unless the caller may not see it.
func find(ctx context.Context, v *visit, p *searchPage, l *list, of *control.ListFilter) error {
	got, err := l.ask(ctx, v.api, of)
	if e := refused(err); e != nil && e.Status == http.StatusForbidden && e.Code == defender.CodeForbidden {
		return nil
	}
	if err != nil {
		return err
	}
	p.Tables = append(p.Tables, foundTable{l.title, link("/"+l.name, "q", of.Text), got.head.Total,
		l.table(nil, got.rows, l.title)})
	return nil
}
