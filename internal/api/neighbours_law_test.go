package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
)

// term is a condition of a filter, and how a model decides it of an object.
type term struct {
	text string
	ok   func(map[string]any) bool
}

// drawTerm draws a condition on a key, with a value that some object has, or nearly.
func drawTerm(t *rapid.T, rows []map[string]any, keys []string) term {
	key := rapid.SampledFrom(keys).Draw(t, "key")
	value := rapid.SampledFrom(rows).Draw(t, "row")[key]
	isNull := func(o map[string]any) bool { return o[key] == nil }
	switch value := value.(type) {
	case float64:
		return term{fmt.Sprintf("%s ge %v", key, value), func(o map[string]any) bool { return !isNull(o) && o[key].(float64) >= value }}
	case bool:
		return term{fmt.Sprintf("%s eq %t", key, value), func(o map[string]any) bool { return o[key] == value }}
	case string:
		if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
			return drawTimes(t, key, at)
		}
		quoted := "'" + strings.ReplaceAll(value, "'", "''") + "'"
		spelled, folded := strings.ToUpper(quoted), strings.ToLower
		if key == "name" { // its case counts
			spelled, folded = quoted, func(text string) string { return text }
		}
		same := func(o map[string]any) bool { return !isNull(o) && folded(o[key].(string)) == folded(value) }
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			return term{key + " eq " + spelled, same}
		case 1:
			return term{key + " ne " + quoted, func(o map[string]any) bool { return !same(o) }}
		case 2:
			part := value[:len(value)/2]
			return term{"startswith(" + key + ",'" + strings.ReplaceAll(part, "'", "''") + "')", func(o map[string]any) bool {
				return !isNull(o) && strings.HasPrefix(folded(o[key].(string)), folded(part))
			}}
		}
		return term{key + " in (" + quoted + ", 'nothing')", same}
	case []any:
		if len(value) == 0 {
			return term{key + "/any()", func(o map[string]any) bool { return len(o[key].([]any)) > 0 }}
		}
		text := value[rapid.IntRange(0, len(value)-1).Draw(t, "element")].(string)
		if key == "machineTags" && rapid.Bool().Draw(t, "plain") {
			return term{key + " eq '" + text + "'", func(o map[string]any) bool { return slices.Contains(o[key].([]any), any(text)) }}
		}
		return term{key + "/any(x: x eq '" + text + "')", func(o map[string]any) bool { return slices.Contains(o[key].([]any), any(text)) }}
	}
	return term{key + " eq null", isNull}
}

// drawTimes draws a condition on a key that holds times.
func drawTimes(t *rapid.T, key string, value time.Time) term {
	of := func(o map[string]any) (time.Time, bool) {
		text, _ := o[key].(string)
		at, err := time.Parse(time.RFC3339Nano, text)
		return at, err == nil
	}
	if rapid.Bool().Draw(t, "later") {
		return term{key + " gt " + value.Format(time.RFC3339Nano), func(o map[string]any) bool {
			at, ok := of(o)
			return ok && at.After(value)
		}}
	}
	east := value.In(time.FixedZone("", 2*60*60)).Format(time.RFC3339Nano)
	return term{key + " le " + east, func(o map[string]any) bool {
		at, ok := of(o)
		return ok && !at.After(value)
	}}
}

// drawFilter draws a filter of up to three conditions.
func drawFilter(t *rapid.T, rows []map[string]any, keys []string) term {
	a := drawTerm(t, rows, keys)
	switch rapid.IntRange(0, 4).Draw(t, "joined") {
	case 0:
		return a
	case 1:
		return term{"not (" + a.text + ")", func(o map[string]any) bool { return !a.ok(o) }}
	}
	b := drawTerm(t, rows, keys)
	switch rapid.IntRange(0, 2).Draw(t, "how") {
	case 0:
		return term{a.text + " or " + b.text, func(o map[string]any) bool { return a.ok(o) || b.ok(o) }}
	case 1:
		c := drawTerm(t, rows, keys)
		return term{"(" + a.text + " or " + c.text + ") and " + b.text,
			func(o map[string]any) bool { return (a.ok(o) || c.ok(o)) && b.ok(o) }}
	}
	return term{a.text + " and " + b.text, func(o map[string]any) bool { return a.ok(o) && b.ok(o) }}
}

// TestFilteredListsAreTheWholeListFiltered compares random filters of each list with a model that filters
// all objects of the whole list. So it is for pages: by $skip without having seen the pages before.
func TestFilteredListsAreTheWholeListFiltered(t *testing.T) {
	n := street(t)
	lists := map[string][]string{
		"/api/machines": {"id", "computerDnsName", "version", "osPlatform", "rbacGroupId", "machineTags", "exposureLevel",
			"healthStatus", "osBuild", "isExcluded", "agentVersion", "riskScore", "lastSeen", "firstSeen"},
		"/api/vulnerabilities": {"id", "name", "severity", "cvssV3", "exposedMachines", "publicExploit", "status", "exploitUris", "epss",
			"publishedOn", "updatedOn"},
		anEach:          {"id", "cveId", "machineId", "fixingKbId", "productName", "productVendor", "productVersion", "severity"},
		"/api/Software": {"id", "name", "vendor", "weaknesses", "exposedMachines", "isNormalized", "publicExploit"},
		"/api/recommendations": {"id", "productName", "vendor", "recommendationCategory", "severityScore", "remediationType", "status",
			"subCategory"},
	}
	rows := map[string][]map[string]any{}
	for list := range lists {
		rows[list] = n.objects(list)
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
			for l := range lists {
				if !yield(l) {
					return
				}
			}
		})).Draw(t, "list")
		filter := drawFilter(t, rows[list], lists[list])
		var want []any
		for _, o := range rows[list] {
			if filter.ok(o) {
				want = append(want, o["id"])
			}
		}
		skip := rapid.IntRange(0, len(want)+1).Draw(t, "skip")
		address := fmt.Sprintf("%s?$filter=%s&$count=true&$skip=%d", list, url.QueryEscape(filter.text), skip)
		var reply struct {
			Count int              `json:"@odata.count"`
			Value []map[string]any `json:"value"`
		}
		n.decode(n.get(address), http.StatusOK, &reply)
		var got []any
		for _, o := range reply.Value {
			got = append(got, o["id"])
		}
		want = want[min(skip, len(want)):]
		if !slices.Equal(got, want[:min(len(want), defender.MaxTop)]) || reply.Count != len(want)+min(skip, reply.Count) {
			t.Fatalf("%s: %d objects of %d, want %d", address, len(got), reply.Count, len(want))
		}
	})
}

// TestCountsAgreeWithExports compares the counts of objects with the rows of the exports.
func TestCountsAgreeWithExports(t *testing.T) {
	inTurn(t)
	n := newNeighbourhood(t, 40)
	devices, products, exposed := map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}
	weaknesses := map[string]map[string]bool{}
	add := func(to map[string]map[string]bool, key, value string) {
		if to[key] == nil {
			to[key] = map[string]bool{}
		}
		to[key][value] = true
	}
	for device, rows := range n.exportedFindings() {
		for _, row := range rows {
			product := row.SoftwareVendor + "-_-" + row.SoftwareName
			add(devices, *row.CVEID, device)
			add(exposed, product, device)
			add(weaknesses, product, *row.CVEID)
		}
	}
	for _, row := range exported[defender.AssetSoftware](n.lab, "SoftwareInventoryByMachine") {
		add(products, row.SoftwareVendor+"-_-"+row.SoftwareName, row.DeviceID)
	}
	for _, row := range exported[defender.AssetNonCpeSoftware](n.lab, "SoftwareInventoryNoProductCodeByMachine") {
		add(products, row.SoftwareVendor+"-_-"+row.SoftwareName, row.DeviceID)
	}
	found := 0
	for _, v := range every[defender.Vulnerability](n.lab, "/api/vulnerabilities") {
		n.equal("devices of "+v.ID, v.ExposedMachines, int64(len(devices[v.ID])))
		if v.ExposedMachines > 0 {
			found++
		}
	}
	n.equal("CVEs", found, len(devices))
	all := every[defender.Product](n.lab, "/api/Software")
	n.equal("products", len(all), len(products))
	for _, p := range all {
		n.equal(p.ID, []int64{p.InstalledMachines, p.ExposedMachines, p.Weaknesses},
			[]int64{int64(len(products[p.ID])), int64(len(exposed[p.ID])), int64(len(weaknesses[p.ID]))})
	}
	for _, r := range every[defender.Recommendation](n.lab, "/api/recommendations") {
		if product, ok := strings.CutPrefix(r.ID, "va-_-"); ok && r.Weaknesses > 0 {
			n.equal(r.ID, []int64{r.ExposedMachinesCount, r.Weaknesses},
				[]int64{int64(len(exposed[product])), int64(len(weaknesses[product]))})
		}
	}
	var list struct {
		Count int64 `json:"@odata.count"`
	}
	n.decode(n.get(anEach+"?$top=1&$count=true"), http.StatusOK, &list)
	rows := exported[defender.AssetVulnerability](n.lab, "SoftwareVulnerabilitiesByMachine")
	n.equal("findings", list.Count, int64(len(rows)))
	n.agreesWithMetrics(rows)
}

// agreesWithMetrics compares findings by severity, machines by group and scores with the metrics.
func (n *neighbourhood) agreesWithMetrics(rows []defender.AssetVulnerability) {
	n.Helper()
	metrics := samples(n, string(n.get("/metrics").body))
	bySeverity, byGroup := map[string]float64{}, map[string]float64{}
	for _, f := range every[defender.MachineVulnerability](n.lab, anEach) {
		bySeverity[strings.ToLower(f.Severity)]++
	}
	for severity, found := range sums(metrics, "muster_findings", "severity") {
		n.equal("findings of "+severity, bySeverity[severity], found)
		delete(bySeverity, severity)
	}
	n.equal("severities that metrics do not have", len(bySeverity), 0)
	for _, m := range every[defender.Machine](n.lab, "/api/machines") {
		byGroup[strings.ReplaceAll(*m.RBACGroupName, defender.MachineGroupNone, defender.GroupUnassigned)]++
	}
	n.equal("machines by group", byGroup, sums(metrics, "muster_devices", "group"))
	n.equal("findings", float64(len(rows)), sums(metrics, "muster_findings", "organization")[org])
	n.equal("exposure", single[defender.Score](n.lab, "/api/exposureScore").Score,
		sums(metrics, "muster_exposure_score", "organization")[org])
}

// TestNeighboursKeepToTheScope is law 5 for the neighbouring calls: of random callers and calls none shows
// a mark of another organization or group, and what is only there is not found, with the words for what
// does not exist.
func TestNeighboursKeepToTheScope(t *testing.T) {
	w := newWorld(t)
	lists := map[int]map[string][]json.RawMessage{}
	for i := range w.orgs {
		lists[i] = map[string][]json.RawMessage{}
		for _, list := range []string{"/api/machines", anEach, "/api/Software", "/api/recommendations"} {
			lists[i][list] = w.page(w.ask(w.omniscient(i), http.MethodGet, list)).Value
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom(w.callers).Draw(t, "caller")
		of := rapid.IntRange(0, len(w.orgs)-1).Draw(t, "organization")
		call := rapid.SampledFrom(defender.NeighbourCalls()).Draw(t, "call")
		id := ""
		folder, _, _ := strings.Cut(call.Path, "/")
		path := "/api/" + call.Path
		if strings.Contains(path, "{id}") {
			from := "/api/" + folder
			if folder == "vulnerabilities" {
				from = anEach
			}
			var object struct{ ID, CVEID string }
			if err := json.Unmarshal(rapid.SampledFrom(lists[of][from]).Draw(t, "object"), &object); err != nil {
				t.Fatal(err)
			}
			if id = object.ID; object.CVEID != "" {
				id = object.CVEID
			}
			path = strings.ReplaceAll(path, "{id}", url.PathEscape(id))
		}
		r := w.ask(&who, http.MethodGet, path+"?tag=1")
		if found := who.foreign(r.body, false); found != "" && !strings.Contains(id, found) {
			t.Fatalf("%+v: %s shows %s: %s", who.Caller, path, found, r.body)
		}
		may := slices.ContainsFunc(call.ApplicationPermissions, func(p string) bool { return who.May(auth.Permission(p)) })
		if !may {
			w.refused(r, http.StatusForbidden, defender.CodeForbidden)
			return
		}
		if mark.MatchString(id) && who.foreign([]byte(id), false) != "" || folder == "machines" && id != "" && !w.seesDevice(&who, id) {
			w.refused(r, http.StatusNotFound, defender.CodeResourceNotFound)
			return
		}
		w.countsOnlyTheirs(t, &who, call, r)
	})
}

// seesDevice tells whether a caller sees a device.
func (w *world) seesDevice(who *witness, id string) bool {
	at := slices.IndexFunc(w.devices, func(d resident) bool { return d.id == id })
	return at >= 0 && w.devices[at].org == who.org && who.Sees(w.devices[at].group)
}

// countsOnlyTheirs compares what a caller is told with the devices that it sees: each has Chrome, with one
// CVE.
func (w *world) countsOnlyTheirs(t *rapid.T, who *witness, call defender.NeighbourCall, r reply) {
	if r.StatusCode != http.StatusOK {
		return
	}
	devices := int64(0)
	for _, d := range w.devices {
		if w.seesDevice(who, d.id) {
			devices++
		}
	}
	switch call.Name {
	case "machines", "machinesVulnerabilities", "vulnerabilityMachines":
		if n := len(w.page(r).Value); int64(n) != devices {
			t.Fatalf("%+v: %s has %d objects, want %d", who.Caller, call.Path, n, devices)
		}
	case "vulnerability":
		var v defender.Vulnerability
		w.decode(r, http.StatusOK, &v)
		if v.ExposedMachines != devices {
			t.Fatalf("%+v: %d exposed machines, want %d", who.Caller, v.ExposedMachines, devices)
		}
	case "software":
		for _, p := range decodedPage[defender.Product](w.lab, r) {
			if p.ID == "google-_-chrome" && (p.InstalledMachines != devices || p.ExposedMachines != devices) {
				t.Fatalf("%+v: %+v, want %d devices", who.Caller, p, devices)
			}
		}
	case "exposureScores":
		for _, s := range decodedPage[defender.Score](w.lab, r) {
			if !who.Sees(*s.RBACGroupID) {
				t.Fatalf("%+v: %+v", who.Caller, s)
			}
		}
	}
}

// decodedPage decodes the objects of a page.
func decodedPage[T any](l *lab, r reply) []T {
	l.Helper()
	var p struct{ Value []T }
	l.decode(r, http.StatusOK, &p)
	return p.Value
}
