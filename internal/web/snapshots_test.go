package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/web"
	"github.com/muster-project/muster/internal/web/page"
)

var (
	tags  = regexp.MustCompile(`<[^>]*>`)
	links = regexp.MustCompile(`<a href="(/[^"]*)"`)
)

// read is a page as people read it, in one line.
func read(text string) string {
	_, main, _ := strings.Cut(text, "<main")
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(main, " "))), " ")
}

// past is a site whose first snapshot differs from its newest in every number: devices went, and software was updated.
type past struct {
	*site
	session *control.Session
	cve     control.VulnerabilityRow
	product control.SoftwareRow
	check   control.ConfigurationRow
	device  control.FleetRow // which has other findings now
}

func newPast(t *testing.T) *past {
	t.Helper()
	s := &past{site: ownSite(t)}
	_, s.session = s.client(t, everything())
	first := &control.ListFilter{Snapshot: 1, Limit: 1}
	s.cve = ask(t, s.session, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, first)).Rows[0]
	s.check = ask(t, s.session, control.List[control.ConfigurationRows](control.ListOfConfigurations, first)).Rows[0]
	s.product = ask(t, s.session, control.List[control.SoftwareRows](control.ListOfSoftware,
		&control.ListFilter{CVE: s.cve.CVEID, Limit: 1})).Rows[0]
	if err := s.Change(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, d := range ask(t, s.session, control.List[control.AffectedRows](control.ListOfAffected,
		&control.ListFilter{CVE: s.cve.CVEID, Limit: 2})).Rows {
		if err := s.node.Store.Reports.RemoveDevice(t.Context(), organization.Default, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	s.mustPublish(t)
	now := map[string]int64{}
	for _, d := range s.devicesAt(t, 2) {
		now[d.ID] = d.Findings.Sum()
	}
	for _, d := range s.devicesAt(t, 1) {
		if n, there := now[d.ID]; there && n != d.Findings.Sum() && d.Findings.Sum() > 0 {
			s.device = d
		}
	}
	if s.device.ID == "" || s.cve.Devices == 0 || s.check.NonCompliant == 0 {
		t.Fatalf("nothing differs: %+v", s)
	}
	return s
}

func (s *past) devicesAt(t *testing.T, snapshot int64) []control.FleetRow {
	t.Helper()
	return ask(t, s.session, control.List[control.FleetRows](control.ListOfDevices,
		&control.ListFilter{Snapshot: snapshot, Limit: 1000})).Rows
}

// addresses are those of all pages, with what stands in their place.
func (s *past) addresses(t *testing.T) (all []string) {
	t.Helper()
	made := ask(t, s.session, control.AddException(control.NewException{CVE: s.cve.CVEID, Reason: "a test", Action: "mark"}))
	clients := ask(t, s.session, control.ListClients())
	ask(t, s.session, notices.SetRule("on-call", notices.Set{Rule: notice.Rule{Events: notice.Events(), DryRun: true},
		Destination: &notice.Destination{Kind: notice.Syslog, Address: "log.example.com:6514"}}))
	known := strings.NewReplacer("/vulnerabilities/{id}", "/vulnerabilities/"+s.cve.CVEID, "/devices/{id}", "/devices/"+s.device.ID,
		"/software/{product}", page.ProductPath(s.product.Vendor, s.product.Name), "/configuration/{id}", "/configuration/"+s.check.ID,
		"/exceptions/{id}", "/exceptions/"+made.ID, "/access/clients/{id}", "/access/clients/"+clients.Clients[0].ID,
		"/notices/rules/{name}", "/notices/rules/on-call")
	_, others := web.New(web.Config{}, nil)
	for _, r := range others {
		path := known.Replace(r.Pattern)
		if r.Name != "page" || strings.HasSuffix(path, ".csv") || strings.HasPrefix(path, "/sent/") {
			continue
		}
		if strings.Contains(path, "{") {
			t.Fatalf("what stands in %s is not known", path)
		}
		all = append(all, path)
	}
	return append(all, "/", "/devices/"+s.device.ID+"?view=software", "/devices/"+s.device.ID+"?view=settings", "/search?q=a")
}

// Every page that is asked for an earlier snapshot is of that one, or says that it is of now; and links to pages of
// snapshots keep to it. One place decides both (page/pin.go): this visits every route.
func TestEveryPageHonoursTheSnapshot(t *testing.T) {
	s := newPast(t)
	b := s.browser(t).signIn(s.session)
	with := func(path string) string {
		if strings.Contains(path, "?") {
			return path + "&snapshot=1"
		}
		return path + "?snapshot=1"
	}
	pinned := 0
	for _, path := range s.addresses(t) {
		text := b.page(with(path), http.StatusOK)
		switch of, now := strings.Contains(text, "Snapshot 1; 2 is newer."), strings.Contains(text, "This page is of now"); {
		case of == now:
			t.Errorf("%s does not say of which snapshot it is", path)
		case of:
			pinned++
			if !strings.Contains(text, `<a class="newest" href="`+html.EscapeString(path)+`">Show 2<`) {
				t.Errorf("%s has no link to the newest", path)
			}
		}
		_, main, _ := strings.Cut(text, "<main")
		for _, l := range links.FindAllStringSubmatch(main, -1) {
			u, err := url.Parse(html.UnescapeString(l[1]))
			if err != nil {
				t.Fatal(err)
			}
			section, _, _ := strings.Cut(u.Path[1:], "/")
			if strings.Contains(" vulnerabilities findings actions devices software configuration coverage changes ", " "+section+" ") &&
				u.Query().Get("snapshot") != "1" {
				t.Errorf("%s: the link to %s leaves the snapshot", path, u)
			}
		}
		b.page(with(path)+"x", http.StatusBadRequest)
	}
	if pinned < 15 {
		t.Errorf("only %d pages are of a snapshot", pinned)
	}
}

// The numbers of pages of an earlier snapshot are those of the API for it, and not those of the newest.
func TestNumbersOfAnEarlierSnapshot(t *testing.T) {
	s := newPast(t)
	b := s.browser(t).signIn(s.session)
	at := func(snapshot int64) map[string]string {
		all := map[string]string{}
		of := func() *control.ListFilter { return &control.ListFilter{Snapshot: snapshot, Limit: 1} }
		cves := ask(t, s.session, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, of()))
		covered := ask(t, s.session, page.Of(control.ShowCoverage(""), snapshot))
		looked := page.Assessed(&covered.Coverage)
		trends := ask(t, s.session, page.Of(control.AskTrends(90, "day", ""), snapshot))
		all["/"] = "Critical findings " + page.Number(cves.Sums.Severities.Critical)
		all["/ "] = "Devices assessed " + page.Number(looked.Looked())
		if last := trends.Points[len(trends.Points)-1]; last.Number != snapshot || last.Severities != cves.Sums.Severities {
			t.Errorf("the trends of snapshot %d end with %+v", snapshot, last)
		}
		all["/coverage"] = looked.Sentence()
		all["/vulnerabilities"] = page.Count(cves.Sums.Findings, "finding", "findings")
		one := of()
		one.CVE = s.cve.CVEID
		all["/vulnerabilities/"+s.cve.CVEID] = "All " + page.Number(ask(t, s.session,
			control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, one)).Rows[0].Devices)
		all["/findings"] = "of " + page.Number(ask(t, s.session, control.List[listed.DeviceFindingRows](listed.Findings, of())).Total)
		all["/devices"] = "of " + page.Number(ask(t, s.session, control.List[control.FleetRows](control.ListOfDevices, of())).Total)
		one = of()
		one.Device = s.device.ID
		all["/devices/"+s.device.ID] = page.Count(ask(t, s.session,
			control.List[listed.DeviceFindingRows](listed.Findings, one)).Total, "finding", "findings")
		one = of()
		one.Software = page.ProductFilter(s.product.Vendor, s.product.Name)
		all[page.ProductPath(s.product.Vendor, s.product.Name)] = page.Count(ask(t, s.session,
			control.List[control.SoftwareRows](control.ListOfSoftware, one)).Rows[0].Devices, "device", "devices") + " ha"
		detail, err := control.ShowConfiguration(t.Context(), s.session, s.check.ID, of(), 1)
		if err != nil || detail.Number != snapshot {
			t.Fatalf("the check of snapshot %d is of %d: %v", snapshot, detail.Number, err)
		}
		all["/configuration/"+s.check.ID] = page.Count(detail.Rows[0].NonCompliant, "device", "devices") + " fail"
		all["/search?q=corp"] = page.Number(s.found(t, snapshot)) + " with"
		scores := ask(t, s.session, control.ShowScores(of(), 0))
		if scores.Number != snapshot {
			t.Errorf("the scores of snapshot %d are of %d", snapshot, scores.Number)
		}
		all["/  "] = "Settings score " + strconv.FormatFloat(*scores.Compliance.Score, 'f', 1, 64)
		return all
	}
	then, now := at(1), at(2)
	differ := 0
	for key, says := range then {
		path := strings.TrimSpace(key)
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		for snapshot, want := range map[string]string{mark + "snapshot=1": says, mark + "snapshot=2": now[key], "": now[key]} {
			if text := read(b.page(path+snapshot, http.StatusOK)); !strings.Contains(text, want) {
				t.Errorf("%s does not say %q: %.700s", path+snapshot, want, text)
			}
		}
		if says != now[key] {
			differ++
		}
	}
	if differ < 9 {
		t.Errorf("only %d numbers differ between the snapshots: %v, %v", differ, then, now)
	}
	// A device that is gone has no page any more, and one that was not there yet is not in the snapshot.
	if text := read(b.page("/devices/"+s.device.ID+"?snapshot=1", http.StatusOK)); !strings.Contains(text, "coverage, of now") {
		t.Errorf("the device's page does not say what is of now: %s", text)
	}
}

// found is how many devices a search for "corp" finds.
func (s *past) found(t *testing.T, snapshot int64) int64 {
	t.Helper()
	return ask(t, s.session, control.List[control.FleetRows](control.ListOfDevices,
		&control.ListFilter{Text: "corp", Snapshot: snapshot, Limit: 1})).Total
}
