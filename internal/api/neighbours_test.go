package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
)

// TestImportJoinsMachinesAndFindings does what an import of DefectDojo does: it reads all machines, then
// all findings, and joins them by machineId. Every finding has its endpoint, and both are what the exports
// have.
func TestImportJoinsMachinesAndFindings(t *testing.T) {
	inTurn(t)
	n := newNeighbourhood(t, 60)
	endpoints := map[string]defender.Machine{}
	for _, m := range every[defender.Machine](n.lab, "/api/machines") {
		endpoints[m.ID] = m
	}
	want := map[string]int{}
	for device, rows := range n.exportedFindings() {
		for _, row := range rows {
			want[strings.Join([]string{device, *row.CVEID, row.SoftwareVendor, row.SoftwareName, row.SoftwareVersion}, " ")]++
		}
	}
	got := map[string]int{}
	for _, f := range every[defender.MachineVulnerability](n.lab, "/api/vulnerabilities/machinesVulnerabilities") {
		if m, ok := endpoints[f.MachineID]; !ok || m.ComputerDNSName == nil {
			t.Fatalf("finding %+v has the endpoint %+v", f, m)
		}
		got[strings.Join([]string{f.MachineID, f.CVEID, f.ProductVendor, f.ProductName, f.ProductVersion}, " ")]++
	}
	if len(want) < 1000 {
		t.Fatalf("only %d findings", len(want))
	}
	t.Run("Each finding of the export is there once, and none without a CVE", func(*testing.T) {
		n.equal("findings", got, want)
	})
	n.equal("machines", int64(len(endpoints)), int64(60))
}

// skipLoop is the loop of Elastic's integration: $top and $skip, until a page has fewer rows than $top.
type skipLoop struct {
	list string
	top  int
	want []string // by nextLinks, before anything else
	got  []string
	done bool
}

// next reads the next page.
func (s *skipLoop) next(l *lab) {
	l.Helper()
	if s.done {
		return
	}
	p := l.page(l.get(fmt.Sprintf("%s$top=%d&$skip=%d", s.list, s.top, len(s.got))))
	if p.NextLink != nil {
		l.Fatal("a page with $top has a nextLink")
	}
	for _, v := range p.Value {
		s.got = append(s.got, string(v))
	}
	s.done = len(p.Value) < s.top
}

// TestLoopsByTopAndSkip publishes a snapshot in the middle of loops, with other devices and other
// software: each loop ends with all rows of the snapshot with which it began.
func TestLoopsByTopAndSkip(t *testing.T) {
	inTurn(t)
	n := newNeighbourhood(t, 40)
	loops := []*skipLoop{
		{list: "/api/machines?", top: 7},
		{list: "/api/machines?$orderby=id&", top: 7},
		{list: "/api/machines?$orderby=computerDnsName+desc&", top: 9},
		{list: "/api/machines?$filter=osPlatform+ne+'macOS'&", top: 5},
		{list: "/api/machines?$filter=agentVersion+eq+null+and+onboardingStatus+eq+'onboarded'&", top: 5},
		{list: "/api/vulnerabilities/machinesVulnerabilities?", top: 400},
		{list: "/api/vulnerabilities/machinesVulnerabilities?$orderby=machineId&", top: 333},
		{list: "/api/vulnerabilities/machinesVulnerabilities?$filter=severity+eq+'High'+and+startswith(productName,'c')&", top: 20},
		{list: "/api/vulnerabilities?", top: 500},
		{list: "/api/vulnerabilities?$filter=severity+eq+'critical'&", top: 30},
		{list: "/api/Software?", top: 9},
		{list: "/api/recommendations?", top: 9},
	}
	for _, loop := range loops {
		loop.want, _ = n.pull(n.server.URL + strings.TrimRight(loop.list, "&?"))
		if len(loop.want) < 4*loop.top {
			t.Fatalf("%s: only %d rows", loop.list, len(loop.want))
		}
		loop.next(n.lab)
		loop.next(n.lab)
	}
	n.fleet.Devices, n.fleet.Seed = 55, 8
	n.step(0)
	t.Run("Who counts `$skip` himself goes on in the snapshot that his `$skip=0` began with, until 15 minutes have passed "+
		"since the last page", func(t *testing.T) {
		n.advance(13 * time.Minute)
		for _, loop := range loops {
			for !loop.done {
				loop.next(n.lab)
			}
			n.equal("rows of "+loop.list, loop.got, loop.want)
		}
		n.page(n.get("/api/machines?$skip=1"))
		n.advance(14 * time.Minute)
		p := n.page(n.get("/api/machines?$skip=1"))
		n.equal("machines that a loop finds that paused", len(p.Value), len(loops[0].want)-1)
		n.advance(16 * time.Minute)
		p = n.page(n.get("/api/machines?$skip=1"))
		after, _ := n.pull(n.server.URL + "/api/machines")
		n.equal("machines that a loop finds that paused for longer", len(p.Value), len(after)-1)
		if len(after) == len(loops[0].want) {
			t.Error("the snapshot in the middle has the same machines")
		}
	})
}

// TestConnectionTest is the connection test of several clients.
func TestConnectionTest(t *testing.T) {
	inTurn(t)
	n := newNeighbourhood(t, 3)
	p := n.page(n.get("/api/machines?$top=1"))
	if len(p.Value) != 1 || p.NextLink != nil {
		t.Errorf("%d machines, nextLink %v", len(p.Value), p.NextLink)
	}
	empty := newLab(t)
	n.equal("without any device", string(empty.get("/api/machines?$top=1").body),
		`{"@odata.context":"`+empty.server.URL+`/api/$metadata#Machines","value":[]}`+"\n")
	for _, list := range []string{"/api/vulnerabilities/machinesVulnerabilities", "/api/Software", "/api/recommendations",
		"/api/exposureScore/ByMachineGroups", "/api/vulnerabilities"} {
		if p := empty.page(empty.get(list)); len(p.Value) != 0 || p.NextLink != nil {
			t.Errorf("%s without any device: %d rows", list, len(p.Value))
		}
	}
	n.equal("status", empty.get("/api/exposureScore").StatusCode, http.StatusOK)
}

// TestCatalogueIsPulledWithLikelihoods does what tools do that keep a copy of the catalogue: it pulls all
// CVEs by nextLinks, or by counting, and then only those that changed. In the middle of a pull the list of
// EPSS of the next day is imported: no CVE is missed or repeated, and each has its score of one of both days.
func TestCatalogueIsPulledWithLikelihoods(t *testing.T) {
	inTurn(t)
	n := newNeighbourhood(t, 5)
	const list = "/api/vulnerabilities"
	first, second := map[string]float64{}, map[string]float64{}
	var ids []string
	for i, v := range every[defender.Vulnerability](n.lab, list) {
		ids = append(ids, v.ID)
		if i%3 > 0 {
			first[v.ID], second[v.ID] = float64(i%999+1)/1000, float64(i%998+2)/1000
		}
	}
	if len(ids) < 3000 {
		t.Fatalf("only %d CVEs", len(ids))
	}
	n.score("2026-11-22", first)
	check := func(of string, got []defender.Vulnerability) {
		t.Helper()
		var found []string
		for _, v := range got {
			found = append(found, v.ID)
			if v.EPSS != first[v.ID] && v.EPSS != second[v.ID] ||
				v.CVSSVector == nil && v.CVSSV3 > 0 {
				t.Fatalf("%s: %+v, want a likelihood of %v or %v", of, v, first[v.ID], second[v.ID])
			}
		}
		n.equal(of, found, ids)
	}
	check("by nextLinks", every[defender.Vulnerability](n.lab, list))
	var counted []defender.Vulnerability
	for {
		p := n.page(n.get(fmt.Sprintf("%s?$top=700&$skip=%d", list, len(counted))))
		for _, one := range p.Value {
			counted = append(counted, decoded[defender.Vulnerability](n.lab, []string{string(one)})...)
		}
		if len(p.Value) < 700 {
			break
		}
		if len(counted) == 1400 {
			n.score("2026-11-23", second)
		}
	}
	check("by counting", counted)
	for i, v := range counted {
		if want := map[bool]float64{true: second[v.ID], false: first[v.ID]}[i >= 1400]; v.EPSS != want {
			t.Fatalf("CVE %d has the likelihood %v, want %v", i, v.EPSS, want)
		}
	}
	likely, since := 0, time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	var changed []string
	for _, v := range every[defender.Vulnerability](n.lab, list) {
		if v.EPSS > 0.9 {
			likely++
		}
		if v.UpdatedOn.After(since) {
			changed = append(changed, v.ID)
		}
	}
	n.equal("likely", len(every[defender.Vulnerability](n.lab, list+"?$filter=epss+gt+0.9")), likely)
	top := n.page(n.get(list + "?$orderby=epss+desc&$top=1"))
	n.equal("the likeliest", decoded[defender.Vulnerability](n.lab, []string{string(top.Value[0])})[0].EPSS, 0.999)
	var got []string
	for _, v := range every[defender.Vulnerability](n.lab, list+"?$filter=updatedOn+gt+2024-06-01T00:00:00Z") {
		got = append(got, v.ID)
	}
	n.equal("changed", got, changed)
}
