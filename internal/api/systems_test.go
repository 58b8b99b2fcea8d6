package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
)

// TestSystemsWithoutSupport: a distribution that lost support is one action, in all calls, with the devices that have
// packages of it; its packages are none, unless they have findings, and rows of them still lead to a recommendation.
func TestSystemsWithoutSupport(t *testing.T) {
	l := newListed(t)
	devices := map[string]string{} // osVersion by id
	fleet, _ := pages[control.FleetRow](t, l.lab, "fleet", url.Values{})
	for _, d := range fleet {
		devices[d.ID] = d.OSVersion
	}
	on, packages := map[string]map[string]bool{}, map[string]bool{} // devices by id of the recommendation; and packages
	for _, row := range exported[defender.AssetSoftware](l.lab, "SoftwareInventoryByMachine") {
		if !strings.HasPrefix(row.EndOfSupportStatus, "EOS") ||
			!inventory.IsPackage(row.SoftwareVendor, row.SoftwareName, row.SoftwareVersion) {
			continue
		}
		packages["va-_-"+row.SoftwareVendor+"-_-"+row.SoftwareName] = true
		id := "va-_-" + row.SoftwareVendor + "-_-" + devices[row.DeviceID]
		if on[id] == nil {
			on[id] = map[string]bool{}
		}
		on[id][row.DeviceID] = true
	}
	if len(on) < 1 || len(packages) < 10 {
		t.Fatalf("%d systems without support with %d packages", len(on), len(packages))
	}
	advice, _ := pages[control.RecommendationRow](t, l.lab, "recommendations", url.Values{})
	found := 0
	for _, a := range advice {
		id := "va-_-" + a.Vendor + "-_-" + a.Name
		switch {
		case a.System != nil:
			found++
			if a.Action != "upgrade" || a.Devices != int64(len(on[id])) || a.System.Ended == "" {
				t.Errorf("%+v %+v, want %d devices", a, a.System, len(on[id]))
			}
		case packages[id] && a.Findings == 0:
			t.Errorf("%s is an action of its own", id)
		case a.Action == "replace" && a.EndOfSupport != defender.ProductEnded:
			t.Errorf("%+v: other versions have support", a)
		case a.Devices < max(a.Exposed, a.Unsupported) || a.Devices > a.Exposed+a.Unsupported:
			t.Errorf("%+v: %d devices", a, a.Devices)
		}
	}
	l.equal("systems", found, len(on))
	l.resolve(on, packages)
	for d := range devices { // of one device: its own alone
		mine, _ := pages[control.RecommendationRow](t, l.lab, "recommendations", url.Values{"device": {d}})
		for id, some := range on {
			has := slices.ContainsFunc(mine, func(a control.RecommendationRow) bool {
				return a.System != nil && a.Devices == 1 && "va-_-"+a.Vendor+"-_-"+a.Name == id
			})
			l.equal(d+" "+id, has, some[d])
		}
	}
	for id := range packages { // who asks for a package is told
		vendor, name, _ := strings.Cut(strings.TrimPrefix(id, "va-_-"), "-_-")
		asked, _ := pages[control.RecommendationRow](t, l.lab, "recommendations", url.Values{"software": {vendor + "/" + name}})
		if len(asked) != 1 || asked[0].Action == "replace" || asked[0].Findings == 0 && asked[0].Action != "upgrade" {
			t.Errorf("%s: %+v", id, asked)
		}
		break
	}
}

// resolve looks the ids of systems and of packages up in the calls of Microsoft's service.
func (l *listed) resolve(on map[string]map[string]bool, packages map[string]bool) {
	l.Helper()
	for _, r := range every[defender.Recommendation](l.lab, "/api/recommendations") {
		if packages[r.ID] && r.Weaknesses == 0 {
			l.Errorf("%s is listed", r.ID)
		}
	}
	for id, some := range on {
		path := "/api/recommendations/" + url.PathEscape(id)
		l.equal(id, single[defender.Recommendation](l.lab, path).ExposedMachinesCount, int64(len(some)))
		l.equal("software", "va-_-"+single[defender.Product](l.lab, path+"/software").ID, id)
		l.equal("CVEs", len(every[defender.Vulnerability](l.lab, path+"/vulnerabilities")), 0)
		for _, m := range every[defender.MachineReference](l.lab, path+"/machineReferences") {
			if !some[m.ID] {
				l.Errorf("%s is about %s", id, m.ID)
			}
			own := every[defender.Recommendation](l.lab, "/api/machines/"+m.ID+"/recommendations")
			if !slices.ContainsFunc(own, func(r defender.Recommendation) bool { return r.ID == id }) {
				l.Errorf("%s is not recommended to %s", id, m.ID)
			}
		}
	}
	n := 0
	for id := range packages {
		if n++; n > 20 {
			break
		}
		path := "/api/recommendations/" + url.PathEscape(id)
		l.equal(id, l.get(path).StatusCode, http.StatusOK)
		l.equal("devices of "+id, len(every[defender.MachineReference](l.lab, path+"/machineReferences")) > 0, true)
	}
}
