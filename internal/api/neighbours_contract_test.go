package api_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/score"
)

// told says of Chrome's CVE-2023-3079 what a feed says that has more than facts.
var told = strings.NewReplacer(`"metrics":`, `"descriptions":[{"lang":"en","value":"A flaw."}],`+
	`"references":[{"url":"https://example.com/poc","tags":["Exploit"]}],"metrics":`).Replace(nvd)

// street is a neighbourhood with a device that has all that a device may have, and CVEs with words.
func street(t testing.TB, change ...func(*api.Config)) *neighbourhood {
	t.Helper()
	inTurn(t)
	n := newNeighbourhood(t, 40, change...)
	n.equal("nvd", n.put("/v1/feeds/nvd/told?file=page.json", told).StatusCode, 200)
	n.equal("kev", n.put("/v1/feeds/kev/more?file=kev.json", strings.ReplaceAll(kev, `"Unknown"`, `"Known"`)).StatusCode, 200)
	n.score("2026-11-22", map[string]float64{"CVE-2023-3079": 0.97565})
	n.receiveAll(func(yield func(*inventory.Report, error) bool) {
		yield(&inventory.Report{Device: inventory.Device{Name: "Front.example.com", OSPlatform: "Windows11",
			OSVersion: "10.0.22631.4751", OSArchitecture: "x64", Tags: []string{"prod", "production"}},
			Collector: inventory.Collector{Name: "muster", Version: "v1.4.0"}, Source: "collect",
			Addresses: []inventory.Address{{IP: "10.0.0.6", MAC: "00:11:22:33:44:aa"}, {IP: "2001:db8::6"}},
			Software: []inventory.Software{
				{Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome", Version: "81.0.4044.138"},
				{Kind: "windows", Vendor: "Acme", Name: "Notepad++ of Acme", Version: "1.0"},
			}}, nil)
		yield(&inventory.Report{Device: inventory.Device{Name: "bare.example.com", OSPlatform: "Linux",
			OSVersion: "enterprise_linux_9.4"}}, nil)
	})
	n.publish()
	return n
}

// anEach is a list of more than a page.
const anEach = "/api/vulnerabilities/machinesVulnerabilities"

// objects reads a list as objects of any shape.
func (n *neighbourhood) objects(path string) []map[string]any {
	n.Helper()
	return every[map[string]any](n.lab, path)
}

// ids are ids that exist, by the folder of a path.
func (n *neighbourhood) ids() map[string]string {
	n.Helper()
	device := every[defender.Machine](n.lab, "/api/machines?$filter=computerDnsName+eq+'front.example.com'")[0]
	return map[string]string{"machines": device.ID, "vulnerabilities": "CVE-2023-3079", "Software": "google-_-chrome",
		"recommendations": "va-_-google-_-chrome"}
}

// at returns the address of a call, with an id that exists.
func (n *neighbourhood) at(ids map[string]string, path string) string {
	folder, _, _ := strings.Cut(path, "/")
	address := "/api/" + strings.ReplaceAll(path, "{id}", url.PathEscape(ids[folder]))
	if strings.HasSuffix(path, "findbytag") {
		address += "?tag=prod"
	}
	return address
}

func TestSection9Calls(t *testing.T) {
	n := street(t)
	ids := n.ids()
	for _, row := range []string{
		"`machines`, `machines/findbytag`, `Machines`, `Machine.Read.All` or `Machine.ReadWrite.All`",
		"`machines/{id}`, `Machine`, `Machine.Read.All` or `Machine.ReadWrite.All`",
		"`machines/{id}/software`, `Software`, `Software.Read.All`",
		"`machines/{id}/vulnerabilities`, `Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)`, `Vulnerability.Read.All`",
		"`machines/{id}/recommendations`, `Recommendations`, `SecurityRecommendation.Read.All`",
		"`vulnerabilities`, `Vulnerabilities`, `Vulnerability.Read.All`",
		"`vulnerabilities/{id}`, `Vulnerabilities/$entity`, `Vulnerability.Read.All`",
		"`vulnerabilities/{id}/machineReferences`, `MachineReferences`, `Vulnerability.Read.All`",
		"`vulnerabilities/machinesVulnerabilities`, `Collection(microsoft.windowsDefenderATP.api.PublicAssetVulnerabilityDto)`, `Vulnerability.Read.All`",
		"`Software`, `Software`, `Software.Read.All`",
		"`Software/{id}`, `Software/$entity`, `Software.Read.All`",
		"`Software/{id}/distributions`, `Distributions`, `Software.Read.All`",
		"`Software/{id}/machineReferences`, `MachineReferences`, `Software.Read.All`",
		"`Software/{id}/vulnerabilities`, `Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)`, `Vulnerability.Read.All`",
		"`recommendations`, `Recommendations`, `SecurityRecommendation.Read.All`",
		"`recommendations/{id}`, `Recommendations/$entity`, `SecurityRecommendation.Read.All`",
		"`recommendations/{id}/software`, `Analytics.Contracts.PublicAPI.PublicProductDto`, `Software.Read.All`; a user needs `SecurityRecommendation.Read`",
		"`recommendations/{id}/machineReferences`, `MachineReferences`, `SecurityRecommendation.Read.All`",
		"`recommendations/{id}/vulnerabilities`, `Collection(Analytics.Contracts.PublicAPI.PublicVulnerabilityDto)`, `Vulnerability.Read.All`",
		"`exposureScore`, `ExposureScore/$entity`, `Score.Read.All`",
		"`exposureScore/ByMachineGroups`, `ExposureScore`, `Score.Read.All`",
		"`configurationScore`, `ConfigurationScore/$entity`, `Score.Read.All`",
	} {
		t.Run(row, func(t *testing.T) { n.holdsRow(t, ids, row) })
	}
	t.Run("The permission of a user is that of an application without `.All`", func(t *testing.T) {
		defer func(may []auth.Permission) { n.config.Trusted.Permissions, n.config.Trusted.Delegated = may, false }(
			n.config.Trusted.Permissions)
		n.config.Trusted.Delegated = true
		for _, call := range defender.NeighbourCalls() {
			n.config.Trusted.Permissions = nil
			message := n.refused(n.get(n.at(ids, call.Path)), http.StatusForbidden, defender.CodeForbidden)
			if want := "delegated permissions (" + strings.Join(call.DelegatedPermissions, ", ") + ")"; !strings.Contains(message, want) {
				t.Errorf("%s: %q, want %q", call.Path, message, want)
			}
			n.config.Trusted.Permissions = []auth.Permission{auth.Permission(call.DelegatedPermissions[0] + ".All")}
			if r := n.get(n.at(ids, call.Path)); r.StatusCode == http.StatusForbidden {
				t.Errorf("%s: %s", call.Path, r.body)
			}
		}
	})
}

// holdsRow checks a row of the table of calls: the context of each call, and that it needs one of the
// permissions, and no other.
func (n *neighbourhood) holdsRow(t *testing.T, ids map[string]string, row string) {
	row, _, _ = strings.Cut(row, ";")
	var paths, permissions []string
	context := ""
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row, -1) {
		switch {
		case strings.HasSuffix(m[1], ".All"):
			permissions = append(permissions, m[1])
		case context == "" && (len(paths) == 0 || m[1] == "machines/findbytag"):
			paths = append(paths, m[1])
		default:
			context = m[1]
		}
	}
	defer func(may []auth.Permission) { n.config.Trusted.Permissions = may }(n.config.Trusted.Permissions)
	for _, path := range paths {
		for _, p := range auth.Permissions() {
			n.config.Trusted.Permissions = []auth.Permission{p}
			r := n.get(n.at(ids, path))
			if !slices.Contains(permissions, string(p)) {
				n.refused(r, http.StatusForbidden, defender.CodeForbidden)
				continue
			}
			var reply struct {
				Context string `json:"@odata.context"`
			}
			n.decode(r, http.StatusOK, &reply)
			n.equal("context of "+path, reply.Context, n.server.URL+"/api/$metadata#"+context)
		}
	}
}

func TestSection9Options(t *testing.T) {
	n := street(t)
	count := func(query string) int {
		t.Helper()
		return len(n.page(n.get(query)).Value)
	}
	odata := func(queries ...string) {
		t.Helper()
		for _, q := range queries {
			n.refused(n.get(q), http.StatusBadRequest, defender.CodeODataError)
		}
	}
	t.Run("none: a page has 10,000 objects, of `vulnerabilities` 8,000, and a nextLink if more follow", func(t *testing.T) {
		n.equal("default", defender.MaxTop, 10_000)
		n.equal("of vulnerabilities", defender.MaxVulnerabilities, 8_000)
		n.equal("machines", count("/api/machines"), 42)
		if p := n.page(n.get("/api/machines")); p.NextLink != nil {
			t.Errorf("nextLink %s", *p.NextLink)
		}
		if p := n.page(n.get(anEach)); len(p.Value) != 10_000 || p.NextLink == nil {
			t.Errorf("%d findings, nextLink %v", len(p.Value), p.NextLink)
		}
	})
	t.Run("`$top`: the reply has at most so many objects and no nextLink, however many remain; more than a page has is "+
		"400 `ODataError`", func(t *testing.T) {
		for _, list := range []string{"/api/machines", "/api/vulnerabilities", "/api/Software", "/api/recommendations",
			"/api/vulnerabilities/machinesVulnerabilities"} {
			if p := n.page(n.get(list + "?$top=3")); len(p.Value) != 3 || p.NextLink != nil {
				t.Errorf("%s: %d objects, nextLink %v", list, len(p.Value), p.NextLink)
			}
			n.equal("$top=0", count(list+"?$top=0"), 0)
			odata(list+"?$top=-1", list+"?$top=x", list+"?$top=10001")
		}
		n.equal("the most", n.get("/api/machines?$top=10000").StatusCode, http.StatusOK)
		odata("/api/vulnerabilities?$top=8001")
	})
	t.Run("`$skip`: leaves out so many objects; past the end the list is empty, with 200 and without a nextLink",
		func(t *testing.T) {
			for _, list := range []string{"/api/machines", "/api/vulnerabilities", "/api/Software", "/api/recommendations",
				"/api/vulnerabilities/machinesVulnerabilities", "/api/vulnerabilities/CVE-2023-3079/machineReferences"} {
				rows, _ := n.pull(n.server.URL + list)
				for _, skip := range []int{0, 1, len(rows) - 1, len(rows), len(rows) + 5, 25_000_000} {
					p := n.page(n.get(fmt.Sprintf("%s?$skip=%d", list, skip)))
					left := max(0, len(rows)-skip)
					if want := min(left, defender.MaxTop); len(p.Value) != want || (p.NextLink != nil) != (left > want) {
						t.Errorf("%s after %d: %d objects, want %d; nextLink %v", list, skip, len(p.Value), want, p.NextLink)
					}
				}
				odata(list+"?$skip=-1", list+"?$skip=x")
			}
		})
	t.Run("`$orderby`: sorts by any key that is no list and no object", func(t *testing.T) {
		names := []string{}
		for _, m := range every[defender.Machine](n.lab, "/api/machines?$orderby=computerDnsName+desc") {
			names = append(names, strings.ToLower(*m.ComputerDNSName))
		}
		slices.Reverse(names)
		n.equal("is sorted", slices.IsSorted(names), true)
		for _, key := range []string{"id", "lastSeen", "osBuild", "exposureLevel", "version", "rbacGroupId"} {
			n.equal(key, count("/api/machines?$orderby="+key), 42)
		}
		odata("/api/machines?$orderby=machineTags", "/api/machines?$orderby=ipAddresses", "/api/machines?$orderby=nothing")
	})
	t.Run("`$filter`: the objects of the whole list for which it is true, in the same order; what cannot be read and an "+
		"unknown key are 400 `ODataError`", func(t *testing.T) {
		n.equal("one", count("/api/machines?$filter=computerDnsName+eq+'FRONT.example.com'"), 1)
		odata("/api/machines?$filter=nothing+eq+1", "/api/machines?$filter=id+eq", "/api/machines?$filter=(",
			"/api/vulnerabilities?$filter=cvssV3+gt+'x'", "/api/Software?$filter=id+is+'x'")
	})
	t.Run("another name with `$`: 400 `ODataError`, if the call does not offer it", func(t *testing.T) {
		for _, call := range defender.NeighbourCalls() {
			for _, option := range []string{"$expand=x", "$search=x", "$apply=x", "$format=xml", "$nothing=1", "%24expand=x"} {
				odata(n.server.URL + "/api/" + strings.ReplaceAll(call.Path, "{id}", "x") + "?" + option)
			}
			if !call.List {
				odata(n.server.URL + "/api/" + strings.ReplaceAll(call.Path, "{id}", "x") + "?$skip=1")
			}
		}
		n.equal("json", n.get("/api/machines?$format=json").StatusCode, http.StatusOK)
	})
	t.Run("a name without `$`: has no effect, and the nextLink repeats it", func(t *testing.T) {
		n.equal("skip", count("/api/machines?skip=5&top=1&filter=x&pageSize=1"), 42)
		p := n.page(n.get(anEach + "?pageSize=10000&a=%C3%BC&top=1"))
		if want := n.server.URL + anEach + "?pageSize=10000&a=%C3%BC&top=1&$skip=10000&$skiptoken="; p.NextLink == nil ||
			!strings.HasPrefix(*p.NextLink, want) {
			t.Errorf("nextLink %v, want %s…", p.NextLink, want)
		}
	})
	t.Run("A filter has `eq`, `ne`, `gt`, `ge`, `lt`, `le`, `and`, `or`, `not`, `in`, `startswith`, `endswith`, "+
		"`contains`, `any` and parentheses", func(t *testing.T) {
		for filter, want := range map[string]int{
			"machineTags/any(t: t eq 'prod')": 1, "machineTags eq 'prod'": 1, "not (id ne null)": 0,
			"startswith(computerDnsName,'front') or contains(computerDnsName,'bare')": 2,
			"computerDnsName in ('front.example.com', 'bare.example.com')":            2,
			"endswith(computerDnsName,'') and (osBuild eq 22631 and osPlatform eq 'Windows11') and computerDnsName ge 'front' and " +
				"computerDnsName lt 'fronu' and osBuild le 22631 and osBuild gt 1": 1,
		} {
			n.equal(filter, count("/api/machines?$filter="+url.QueryEscape(filter)), want)
		}
	})
	t.Run("Keys and values of closed lists match in any case, and a number may have quotes", func(t *testing.T) {
		n.equal("case", count("/api/machines?$filter=OnboardingStatus+eq+'onboarded'"), 42)
		linux := count("/api/machines?$filter=rbacGroupName+eq+'linux'")
		group := every[defender.Machine](n.lab, "/api/machines?$filter=rbacGroupName+eq+'Linux'")[0].RBACGroupID
		n.equal("quoted", count(fmt.Sprintf("/api/machines?$filter=rbacGroupId+eq+'%d'", group)), linux)
		n.equal("bare", count(fmt.Sprintf("/api/machines?$filter=rbacGroupId%%20eq%%20%d", group)), linux)
	})
	t.Run("An unknown `severity` gives an empty list", func(t *testing.T) {
		n.equal("CVEs", count("/api/vulnerabilities?$filter=severity+eq+'Terrible'"), 0)
		n.equal("findings", count("/api/vulnerabilities/machinesVulnerabilities?$filter=severity+eq+'Terrible'"), 0)
	})
}

// query returns the query of an address.
func query(address string) string {
	_, after, _ := strings.Cut(address, "?")
	return after
}

// marksOf returns the keys that a sentence names.
func marksOf(sentence string) (keys []string) {
	sentence, _, _ = strings.Cut(sentence, ":")
	for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(sentence, -1) {
		keys = append(keys, m[1])
	}
	return keys
}

// isDefault tells whether a value tells nothing.
func isDefault(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == "" || v == "Normal" || v == "Unknown"
	case []any:
		return len(v) == 0
	}
	return false
}

// Each key is known, derived, or one that nobody tells us: only the last may always be null or a default.
func TestKeysHaveTheirMarks(t *testing.T) {
	n := street(t)
	lists := map[string][]map[string]any{}
	for name, path := range map[string]string{"machine": "/api/machines", "finding": "/api/vulnerabilities/machinesVulnerabilities",
		"CVE": "/api/vulnerabilities", "software": "/api/Software", "recommendation": "/api/recommendations",
		"reference": "/api/Software/google-_-chrome/machineReferences"} {
		lists[name] = n.objects(path)
	}
	lists["CVE"] = append(lists["CVE"], single[map[string]any](n.lab, "/api/vulnerabilities/CVE-2023-3079"))
	marked := map[string][]string{}
	for _, c := range []struct {
		of, sentence string
	}{
		{"machine", "Known of a machine are `id`, `computerDnsName`, `firstSeen`, `lastSeen`, `osPlatform`, `osVersion`, " +
			"`osProcessor`, `agentVersion`, `lastIpAddress`, `ipAddresses`, `rbacGroupId`, `rbacGroupName` and `machineTags`"},
		{"machine", "Derived are `version`, `osBuild`, `healthStatus`, `exposureLevel`, `onboardingStatus` and `osArchitecture`"},
		{"machine", "Nobody tells us of a machine `mergedIntoMachineId`, `isPotentialDuplication`, `isExcluded`, " +
			"`exclusionReason`, `lastExternalIpAddress`, `riskScore`, `isAadJoined`, `aadDeviceId`, " +
			"`deviceValue`, `managedBy`, `managedByStatus` and `vmMetadata`: they are null, false, empty, `Normal` or `Unknown`"},
		{"reference", "Known of a reference to a machine are `id`, `computerDnsName`, `osPlatform`, `tags`, `rbacGroupName` and " +
			"`rbacGroupId`"},
		{"reference", "Nobody tells us of a reference `assetCriticalityLevel`, which is null"},
		{"CVE", "Known of a CVE are `id`, `name`, `description`, `severity`, `cvssV3`, `cvssVector`, `publishedOn`, `updatedOn`, " +
			"`publicExploit`, `exploitVerified`, `exploitInKit`, `exploitUris` and `epss`"},
		{"CVE", "Derived of a CVE are `exposedMachines`, `firstDetected`, `cveSupportability` and `status`"},
		{"CVE", "Nobody tells us of a CVE `patchFirstAvailable`, `exploitTypes` and `tags`: they are null or empty"},
		{"finding", "Known of a finding are `id`, `cveId`, `machineId`, `productName`, `productVendor`, `productVersion` and " +
			"`severity`"},
		{"finding", "Nobody tells us of a finding `fixingKbId`, until a feed says which KB mends what: it is null"},
		{"software", "Known of software are `id`, `name`, `vendor` and `isNormalized`"},
		{"software", "Derived of software are `weaknesses`, `publicExploit`, `exposedMachines`, `installedMachines` and `impactScore`"},
		{"software", "Nobody tells us of software `activeAlert`, `category` and `tags`: they are false, null and empty"},
		{"recommendation", "Known of a recommendation are `id`, `productName`, `vendor`, `recommendedVendor`, `recommendedProgram`, " +
			"`subCategory` and `relatedComponent`"},
		{"recommendation", "Derived of a recommendation are `recommendationName`, `weaknesses`, `recommendationCategory`, " +
			"`severityScore`, `publicExploit`, `remediationType`, `status`, `configScoreImpact`, `exposureImpact`, " +
			"`totalMachineCount`, `exposedMachinesCount`, `nonProductivityImpactedAssets` and `hasUnpatchableCve`"},
		{"recommendation", "Nobody tells us of a recommendation `recommendedVersion`, `activeAlert`, `associatedThreats`, " +
			"`tags` and `exposedCriticalDevices`: they are false, empty or 0"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			for _, key := range marksOf(c.sentence) {
				marked[c.of] = append(marked[c.of], key)
				told := slices.ContainsFunc(lists[c.of], func(o map[string]any) bool { return !isDefault(o[key]) })
				if want := !strings.HasPrefix(c.sentence, "Nobody"); told != want {
					t.Errorf("%s tells something: %t, want %t", key, told, want)
				}
			}
		})
	}
	for of, rows := range lists {
		var keys []string
		for key := range rows[0] {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		slices.Sort(marked[of])
		n.equal("the keys of a "+of, marked[of], keys)
	}
}

// withoutLink returns the body of a list without its nextLink, and of a score without its time.
func (n *neighbourhood) withoutLink(r reply) string {
	body, _, _ := strings.Cut(string(r.body), `],"@odata.nextLink"`)
	return body
}

func TestSection9Pulls(t *testing.T) {
	n := street(t)
	ids := n.ids()
	t.Run("These calls are a `GET` below `/api/`, and the same below `/api/v1.0/`, and their paths may be written in upper "+
		"or lower case", func(t *testing.T) {
		for _, call := range defender.NeighbourCalls() {
			address := n.at(ids, call.Path)
			want := n.get(address)
			path, query, _ := strings.Cut(strings.TrimPrefix(address, "/api/"), "?")
			for _, other := range []string{"/api/v1.0/" + path, "/API/" + strings.ToUpper(path), "/Api/" + strings.ToLower(path)} {
				if got := n.get(other + "?" + query); got.StatusCode != want.StatusCode ||
					want.StatusCode == http.StatusOK && n.withoutLink(got) != n.withoutLink(want) {
					t.Errorf("%s: %d %s, want %d %s", other, got.StatusCode, got.body, want.StatusCode, want.body)
				}
			}
			n.equal("POST "+address, n.do(http.MethodPost, address, nil).StatusCode, http.StatusMethodNotAllowed)
		}
	})
	t.Run("A `+` in a path is a plus", func(t *testing.T) {
		id := ""
		for _, p := range every[defender.Product](n.lab, "/api/Software") {
			if strings.Contains(p.ID, "+") {
				id = p.ID
			}
		}
		for _, spelled := range []string{strings.ReplaceAll(id, " ", "%20"), url.PathEscape(id),
			strings.ReplaceAll(url.PathEscape(id), "+", "%2B")} {
			n.equal(spelled, single[defender.Product](n.lab, "/api/Software/"+spelled).ID, id)
		}
	})
	t.Run("A list has its context, `value`, and `@odata.nextLink` if more follows; one object has its keys beside its context",
		func(t *testing.T) {
			for _, call := range defender.NeighbourCalls() {
				if call.Of == defender.ProductFixEntity {
					continue
				}
				var reply map[string]json.RawMessage
				n.decode(n.get(n.at(ids, call.Path)), http.StatusOK, &reply)
				_, list := reply["value"]
				if list != call.List || reply["@odata.context"] == nil {
					t.Errorf("%s: %v", call.Path, reply)
				}
			}
		})
	t.Run("A key whose value is not known is null or has a default, and is always there", func(t *testing.T) {
		body := string(n.get("/api/machines/bare.example.com").body)
		for _, part := range []string{`"mergedIntoMachineId":null`, `"osProcessor":null`, `"osBuild":null`, `"machineTags":[]`,
			`"vmMetadata":null`, `"isAadJoined":null`} {
			if !strings.Contains(body, part) {
				t.Errorf("no %s in %s", part, body)
			}
		}
	})
	t.Run("Lists are in the order of their ids; findings are by RBAC group, machine, software and CVE, and references to "+
		"machines by RBAC group and machine", func(t *testing.T) {
		for _, list := range []string{"/api/machines", "/api/vulnerabilities", "/api/Software", "/api/recommendations"} {
			var found []string
			for _, o := range n.objects(list) {
				found = append(found, o["id"].(string))
			}
			n.equal(list, slices.IsSorted(found), true)
		}
		group := map[string]int64{}
		for _, m := range every[defender.Machine](n.lab, "/api/machines") {
			group[m.ID] = m.RBACGroupID
		}
		var keys []string
		for _, f := range every[defender.MachineVulnerability](n.lab, "/api/vulnerabilities/machinesVulnerabilities") {
			keys = append(keys, fmt.Sprintf("%05d %s", group[f.MachineID], f.MachineID))
		}
		n.equal("findings", slices.IsSorted(keys), true)
		keys = nil
		for _, m := range every[defender.MachineReference](n.lab, "/api/Software/google-_-chrome/machineReferences") {
			keys = append(keys, fmt.Sprintf("%05d %s", *m.RBACGroupID, m.ID))
		}
		n.equal("references", slices.IsSorted(keys) && len(keys) > 5, true)
	})
	t.Run("What does not exist, and what the caller does not see, gets 404 `ResourceNotFound`, and the message is "+
		"`Machine <id> was not found`, or begins with `Vulnerability`, `Software` or `Recommendation`", func(t *testing.T) {
		noun := map[string]string{"machines": "Machine", "vulnerabilities": "Vulnerability", "Software": "Software",
			"recommendations": "Recommendation"}
		for _, call := range defender.NeighbourCalls() {
			folder, _, _ := strings.Cut(call.Path, "/")
			if strings.Contains(call.Path, "{id}") {
				message := n.refused(n.get("/api/"+strings.ReplaceAll(call.Path, "{id}", "nothing")), http.StatusNotFound,
					defender.CodeResourceNotFound)
				n.equal(call.Path, message, noun[folder]+" nothing was not found")
			}
		}
	})
	t.Run("A list of something that exists and has none is empty", func(t *testing.T) {
		for _, list := range []string{"software", "vulnerabilities", "recommendations"} {
			n.equal(list, len(n.objects("/api/machines/bare.example.com/"+list)), 0)
		}
	})
	t.Run("The nextLink of a list is an address with the scheme and host of the request, its path letter by letter and its "+
		"parameters, and one `$skip`", func(t *testing.T) {
		path := "/API/v1.0/Vulnerabilities/MACHINESvulnerabilities"
		p := n.page(n.get(path + "?$skip=2&x=1&$skip=5&x=1&%24skip=100"))
		want := n.server.URL + path + "?x=1&$skip=10100&$skiptoken="
		if p.NextLink == nil || !strings.HasPrefix(*p.NextLink, want) {
			t.Errorf("nextLink %v, want %s…", p.NextLink, want)
		}
	})
	t.Run("It also has a `$skiptoken`, so that all pages show one snapshot", func(t *testing.T) {
		rows, _ := n.pull(n.server.URL + anEach)
		first := n.page(n.get(anEach))
		n.fleet.Seed++
		n.step(0)
		rest, _ := n.pull(*first.NextLink)
		n.equal("the rest", rest, rows[len(first.Value):])
		for _, bad := range []string{"?$skiptoken=x", "?$filter=severity+eq+'Low'&" + query(*first.NextLink),
			strings.Replace("?"+query(*first.NextLink), "$skiptoken=Q", "$skiptoken=R", 1)} {
			n.refused(n.get(anEach+bad), http.StatusBadRequest, defender.CodeODataError)
		}
		n.refused(n.get("/api/machines?"+query(*first.NextLink)), http.StatusBadRequest, defender.CodeODataError)
	})
	t.Run("A page with a filter that looked at a million objects ends with those that it has and a nextLink; the last page "+
		"may then be empty", func(t *testing.T) {
		n.config.MaxSifted = 5 // counted in steps of 10,000
		n.start()
		for filter, ends := range map[string]bool{"endswith(cveId,'9')+or+id+eq+'x'": true, "id+eq+'" + n.firstFinding().ID + "'": true,
			"id+eq+'x'": false} {
			p := n.page(n.get(anEach + "?$filter=" + filter + "&$top=10000"))
			var want []string
			for _, one := range p.Value {
				want = append(want, string(one))
			}
			rows, of := n.pull(n.server.URL + anEach + "?$filter=" + filter)
			n.equal("rows of "+filter, rows, want)
			n.equal("ends early: "+filter, of > 1, ends)
		}
	})
	t.Run("A page with `$top` or `$count` looks at all, and one that has no object goes on to the first", func(t *testing.T) {
		all := every[defender.MachineVulnerability](n.lab, anEach)
		last := url.QueryEscape(all[len(all)-1].ID)
		for _, options := range []string{"&$top=1", "&$count=true"} {
			n.equal(options, len(n.page(n.get(anEach+"?$filter=id+eq+'"+last+"'"+options)).Value), 1)
			n.equal(options, len(n.page(n.get(anEach+"?$filter=endswith(cveId,'9')+or+id+eq+'"+last+"'"+options)).Value) > 0, true)
		}
		n.equal("the last", len(n.page(n.get(anEach+"?$filter=id+eq+'"+last+"'+or+machineId+eq+'x'")).Value), 1)
	})
	t.Run("A filter of findings looks at no finding that another part of it, joined by `and`, excludes by CVE, severity, "+
		"product, vendor, version or machine", func(t *testing.T) {
		number := map[string]int{}
		all := every[defender.MachineVulnerability](n.lab, anEach)
		for _, one := range all {
			number[one.CVEID]++
		}
		rare := slices.MinFunc(all, func(a, b defender.MachineVulnerability) int {
			return cmp.Compare(number[a.CVEID], number[b.CVEID])
		}).CVEID
		n.config.MaxSifted = int64(number[rare]) + 1
		n.start()
		for _, part := range []string{"cveId+eq+'" + rare + "'", "(cveId+eq+'" + rare + "'+or+productName+eq+'x')"} {
			rows, pages := n.pull(n.server.URL + anEach + "?$filter=(id+ne+'x'+or+machineId+eq+'x')+and+" + part)
			n.equal("findings of "+part, len(rows), number[rare])
			n.equal("pages of "+part, pages, 1)
		}
	})
	t.Run("Counts and lists are of the newest snapshot, and only of devices in the caller's RBAC groups", func(t *testing.T) {
		before := len(n.objects("/api/machines"))
		n.fleet.Devices += 3
		n.step(1)
		n.equal("machines", len(n.objects("/api/machines")), before+3)
	})
}

func TestSection9Limits(t *testing.T) {
	t.Run("The preset `microsoft` has 100 requests a minute and 1,500 an hour for `machines` and one machine, and 50 a "+
		"minute and 1,500 an hour for each other of these calls", func(t *testing.T) {
		l := newLab(t, func(c *api.Config) { c.Limits = api.MicrosoftLimits() })
		for _, c := range []struct {
			path           string
			status, minute int
		}{
			{"/api/machines", 200, 100}, {"/api/machines/x", 404, 100}, {"/api/v1.0/machines/x/vulnerabilities", 404, 50},
			{"/api/vulnerabilities", 200, 50}, {"/api/exposureScore", 200, 50},
		} {
			begun, passed := l.clock(), 0
			for left := 1500; left > 0; left -= c.minute {
				for l.get(c.path).StatusCode == c.status {
					passed++
				}
				l.advance(time.Minute)
			}
			n := l.get(c.path)
			l.equal(c.path+" in an hour", passed, 1500)
			l.refused(n, http.StatusTooManyRequests, defender.CodeTooManyRequests)
			l.advance(begun.Add(2 * time.Hour).Sub(l.clock()))
		}
	})
}

func TestSections10To15(t *testing.T) {
	n := street(t)
	machines := every[defender.Machine](n.lab, "/api/machines")
	by := map[string]defender.Machine{}
	for _, m := range machines {
		by[*m.ComputerDNSName] = m
	}
	front, bare := by["Front.example.com"], by["bare.example.com"]
	exports := n.exportedFindings()
	t.Run("`osPlatform`: as in exports, but `Ubuntu` and `RedHatEnterpriseLinux` for these distributions", func(t *testing.T) {
		n.equal("bare", *bare.OSPlatform, "RedHatEnterpriseLinux")
		n.equal("front", *front.OSPlatform, "Windows11")
		for _, m := range machines {
			if rows := exports[m.ID]; len(rows) > 0 && rows[0].OSPlatform != *m.OSPlatform &&
				!(rows[0].OSPlatform == "Linux" && strings.HasPrefix(*m.OSVersion, "ubuntu")) &&
				!(rows[0].OSPlatform == "Linux" && strings.HasPrefix(*m.OSVersion, "enterprise")) {
				t.Errorf("%s is %s, in exports %s", m.ID, *m.OSPlatform, rows[0].OSPlatform)
			}
		}
	})
	t.Run("`version`: the release: `23H2`, `1809`, `9.4`, `Sequoia 15.1`", func(t *testing.T) {
		n.equal("front", *front.Version, "23H2")
		n.equal("bare", *bare.Version, "9.4")
		known := map[string]bool{}
		for _, m := range machines {
			known[*m.Version] = true
		}
		for _, m := range machines {
			if *m.OSPlatform == "macOS" && !regexp.MustCompile(`^[A-Z][A-Za-z ]+ \d+\.`).MatchString(*m.Version) {
				t.Errorf("macOS %q", *m.Version)
			}
		}
	})
	t.Run("`lastIpAddress`: the first of the addresses that the machine reports, null if it reports none", func(t *testing.T) {
		n.equal("front", *front.LastIPAddress, "10.0.0.6")
		n.equal("bare", bare.LastIPAddress, (*string)(nil))
	})
	t.Run("`ipAddresses` has all of them, `type` null and `operationalStatus` `Unknown`", func(t *testing.T) {
		n.equal("addresses", len(front.IPAddresses), 2)
		n.equal("type", front.IPAddresses[0].Type, (*string)(nil))
		n.equal("status", front.IPAddresses[1].OperationalStatus, "Unknown")
	})
	t.Run("`osBuild`: the third number of the version of Windows, else null", func(t *testing.T) {
		n.equal("front", *front.OSBuild, int64(22631))
		n.equal("bare", bare.OSBuild, (*int64)(nil))
	})
	t.Run("`healthStatus`: `Active`; `Inactive` if the machine was not seen for 7 days when the snapshot began; `NoSensorData` "+
		"if it reports no software", func(t *testing.T) {
		n.equal("front", front.HealthStatus, "Active")
		n.equal("bare", bare.HealthStatus, "NoSensorData")
		later := newNeighbourhood(t, 2)
		later.advance(8 * 24 * time.Hour)
		n.equal("as of the snapshot", every[defender.Machine](later.lab, "/api/machines")[0].HealthStatus, "Active")
		if _, err := later.publisher.Publish(t.Context(), org).Wait(t.Context()); err == nil {
			n.equal("after a week", every[defender.Machine](later.lab, "/api/machines")[0].HealthStatus, "Inactive")
		}
	})
	t.Run("`exposureLevel`: `None`, `Low`, `Medium` or `High`; `None` says that no finding is known", func(t *testing.T) {
		for _, m := range machines {
			if (m.ExposureLevel == "None") != (len(exports[m.ID]) == 0) {
				t.Errorf("%s with %d findings: %s", m.ID, len(exports[m.ID]), m.ExposureLevel)
			}
		}
	})
	t.Run("`rbacGroupName`: the name of the group; `UnassignedGroup` for a machine in no group; null where an organization "+
		"has no groups", func(t *testing.T) {
		n.equal("bare", *bare.RBACGroupName, "Linux")
		n.equal("front", *front.RBACGroupName, "UnassignedGroup")
		alone := newLab(t)
		alone.accept(`{"device":{"name":"a.example.com"}}`, jsonBody)
		alone.publish()
		one := single[defender.Machine](alone, "/api/machines/a.example.com")
		n.equal("without groups", one.RBACGroupName, (*string)(nil))
		n.equal("its number", one.RBACGroupID, int64(0))
	})
	t.Run("`osArchitecture`: `64-bit` or `32-bit`; the name of the architecture is `osProcessor`", func(t *testing.T) {
		n.equal("front", *front.OSArchitecture+" "+*front.OSProcessor, "64-bit x64")
	})
	t.Run("`machines/{id}` takes the id of a machine or its name, in any case, and of several machines with that name shows the "+
		"one that was seen last", func(t *testing.T) {
		for _, id := range []string{front.ID, strings.ToUpper(front.ID), "front.example.com", "FRONT.EXAMPLE.COM"} {
			n.equal(id, single[defender.Machine](n.lab, "/api/machines/"+id).ID, front.ID)
		}
		n.advance(time.Hour)
		twin := strings.Repeat("ab", 20)
		n.receiveAll(func(yield func(*inventory.Report, error) bool) {
			yield(&inventory.Report{Device: inventory.Device{ID: twin, Name: "front.example.com"}}, nil)
		})
		n.publish()
		n.equal("of two", single[defender.Machine](n.lab, "/api/machines/front.example.com").ID, twin)
	})
	t.Run("`machines/findbytag` lists the machines with the `tag`, and with `useStartsWithFilter=true` those with a tag that "+
		"begins so; without `tag` it gets 400 `MissingRequiredParameter`", func(t *testing.T) {
		for query, want := range map[string]int{"tag=prod": 1, "tag=pro": 0, "tag=pro&useStartsWithFilter=true": 1,
			"tag=pro&useStartsWithFilter=false": 0, "tag=PROD": 0, "tag=prod&$filter=id+eq+null": 0} {
			n.equal(query, len(n.objects("/api/machines/findbytag?"+query)), want)
		}
		n.refused(n.get("/api/machines/findbytag"), http.StatusBadRequest, defender.CodeMissingRequiredParameter)
	})
	t.Run("Without a feed of kind `msrc` `machines/{id}/getmissingkbs` and `Software/{id}/getmissingkbs` get 501 `NotImplemented`, "+
		"because an empty list would say that nothing is missing", func(t *testing.T) {
		for _, path := range []string{"/api/machines/" + front.ID, "/api/Software/google-_-chrome"} {
			n.refused(n.get(path+"/getmissingkbs"), http.StatusNotImplemented, defender.CodeNotImplemented)
		}
	})
	all := every[defender.Vulnerability](n.lab, "/api/vulnerabilities")
	t.Run("`vulnerabilities` lists all CVEs that the feeds know, not only those that are found", func(t *testing.T) {
		found := 0
		for _, v := range all {
			if v.ExposedMachines > 0 {
				found++
			}
		}
		if len(all) < 3000 || found == 0 || found > len(all)/2 {
			t.Errorf("%d CVEs, %d of them found", len(all), found)
		}
	})
	t.Run("`firstDetected` is in the reply of one CVE, and null in lists", func(t *testing.T) {
		one := single[defender.Vulnerability](n.lab, "/api/vulnerabilities/cve-2023-3079")
		want := ""
		for _, rows := range exports {
			for _, row := range rows {
				if *row.CVEID == one.ID && (want == "" || row.FirstSeenTimestamp < want) {
					want = row.FirstSeenTimestamp
				}
			}
		}
		n.equal("first", one.FirstDetected.Format(time.DateTime), want)
		for _, v := range all {
			if v.FirstDetected != nil {
				t.Fatalf("%+v", v)
			}
		}
	})
	t.Run("`epss` is the score of the newest list that has the CVE, from 0 to 1, and 0 where there is none", func(t *testing.T) {
		n.score("2026-11-23", map[string]float64{"CVE-2023-3079": 0.00043, "CVE-2024-10229": 1})
		n.score("2026-11-21", map[string]float64{"CVE-2023-3079": 0.5})
		for id, want := range map[string]string{"CVE-2023-3079": "0.00043", "CVE-2024-10229": "1", "CVE-2024-9680": "0"} {
			if body := string(n.get("/api/vulnerabilities/" + id).body); !strings.Contains(body, `"epss":`+want+`,`) {
				t.Errorf("no %s in %s", want, body)
			}
		}
	})
	t.Run("A time that no source says is `0001-01-01T00:00:00Z`", func(t *testing.T) {
		bare := newLab(t)
		bare.equal("kev", bare.put("/v1/feeds/kev/kev?file=kev.json", kev).StatusCode, 200)
		bare.publish()
		body := string(bare.get("/api/vulnerabilities/CVE-2023-3079").body)
		for _, part := range []string{`"epss":0,`, `"publishedOn":"0001-01-01T00:00:00Z"`} {
			if !strings.Contains(body, part) {
				t.Errorf("no %s in %s", part, body)
			}
		}
	})
	t.Run("`status` is `RemediationRequired` if a machine is exposed and else `NoActionRequired`", func(t *testing.T) {
		for _, v := range all {
			if (v.Status == "RemediationRequired") != (v.ExposedMachines > 0) || v.ExposedMachines == 0 && v.Status != "NoActionRequired" {
				t.Fatalf("%+v", v)
			}
		}
	})
	findings := every[defender.MachineVulnerability](n.lab, anEach)
	t.Run("The id of such a finding is `<machineId>-_-<cve>-_-<vendor>-_-<name>-_-<version>-_-<KB or nothing>`", func(t *testing.T) {
		for _, f := range findings {
			n.equal("id", f.ID, strings.Join([]string{f.MachineID, f.CVEID, f.ProductVendor, f.ProductName, f.ProductVersion, ""}, "-_-"))
		}
	})
	t.Run("`severity` is `None` where none is known", func(t *testing.T) {
		known := map[string]string{}
		for device, rows := range exports {
			for _, row := range rows {
				level := "None"
				if row.VulnerabilitySeverityLevel != nil {
					level = *row.VulnerabilitySeverityLevel
				}
				known[device+*row.CVEID] = level
			}
		}
		for _, f := range findings {
			if want := known[f.MachineID+f.CVEID]; want != "" && f.Severity != want {
				t.Fatalf("%+v, want %s", f, want)
			}
		}
	})
	products := every[defender.Product](n.lab, "/api/Software")
	t.Run("The id of software is its vendor, `-_-` and its name", func(t *testing.T) {
		for _, p := range products {
			n.equal("id", p.ID, *p.Vendor+"-_-"+*p.Name)
		}
	})
	t.Run("`isNormalized` says that it has a product code, and `impactScore` is its share of the exposure score", func(t *testing.T) {
		coded, sum := map[string]bool{}, 0.0
		for _, row := range exported[defender.AssetSoftware](n.lab, "SoftwareInventoryByMachine") {
			coded[row.SoftwareVendor+"-_-"+row.SoftwareName] = true
		}
		for _, p := range products {
			n.equal(p.ID, p.IsNormalized, coded[p.ID])
			sum += float64(p.ImpactScore)
		}
		if score := single[defender.Score](n.lab, "/api/exposureScore").Score; sum < score-0.01 || sum > score+0.01 || score <= 0 {
			t.Errorf("the impacts add up to %v, want %v", sum, score)
		}
		impacts, whole := map[string]float64{}, single[defender.Score](n.lab, "/api/exposureScore").Score
		for _, r := range every[defender.Recommendation](n.lab, "/api/recommendations") {
			impacts[r.ID] = r.ExposureImpact
		}
		advice, _ := pages[control.RecommendationRow](t, n.lab, "recommendations", url.Values{"sort": {"-exposureShare"}})
		for i, a := range advice {
			of := whole * a.ExposureShare
			if want := impacts["va-_-"+a.Vendor+"-_-"+a.Name]; of < want-1e-6 || of > want+1e-6 {
				t.Errorf("%s is to blame for %v points, and its recommendation for %v", a.Name, of, want)
			}
			if i > 0 && a.ExposureShare > advice[i-1].ExposureShare {
				t.Errorf("%s is not in its place", a.Name)
			}
		}
	})
	t.Run("A distribution counts the machines with a version and the CVEs of it", func(t *testing.T) {
		machines, cves := map[string]map[string]bool{}, map[string]map[string]bool{}
		add := func(to map[string]map[string]bool, version, what string) {
			if to[version] == nil {
				to[version] = map[string]bool{}
			}
			to[version][what] = true
		}
		for _, row := range exported[defender.AssetSoftware](n.lab, "SoftwareInventoryByMachine") {
			if row.SoftwareVendor == "google" && row.SoftwareName == "chrome" {
				add(machines, row.SoftwareVersion, row.DeviceID)
			}
		}
		for _, rows := range n.exportedFindings() {
			for _, row := range rows {
				if row.SoftwareVendor == "google" && row.SoftwareName == "chrome" {
					add(cves, row.SoftwareVersion, *row.CVEID)
				}
			}
		}
		some := every[defender.Distribution](n.lab, "/api/Software/google-_-chrome/distributions")
		n.equal("versions", len(some), len(machines))
		for _, d := range some {
			n.equal(*d.Version, [2]int64{d.Installations, d.Vulnerabilities},
				[2]int64{int64(len(machines[*d.Version])), int64(len(cves[*d.Version]))})
		}
	})
	n.recommended(t)
}

// recommended checks sections 13 to 15.
func (n *neighbourhood) recommended(t *testing.T) {
	all := map[string]defender.Recommendation{}
	for _, r := range every[defender.Recommendation](n.lab, "/api/recommendations") {
		all[r.ID] = r
	}
	t.Run("The id of a recommendation is the `recommendationReference` of rows. There is one for each product with findings or "+
		"without support of its own, one for each distribution whose packages have none, and one for each configuration with which a "+
		"machine does not comply", func(t *testing.T) {
		want := map[string]bool{}
		for _, rows := range n.exportedFindings() {
			for _, row := range rows {
				want[row.RecommendationReference] = true
			}
		}
		for _, row := range exported[defender.AssetConfiguration](n.lab, "SecureConfigurationsAssessmentByMachine") {
			if row.IsApplicable && !row.IsCompliant {
				want[row.RecommendationReference] = true
			}
		}
		for _, row := range exported[defender.AssetSoftware](n.lab, "SoftwareInventoryByMachine") {
			if strings.HasPrefix(row.EndOfSupportStatus, "EOS") &&
				!inventory.IsPackage(row.SoftwareVendor, row.SoftwareName, row.SoftwareVersion) {
				want["va-_-"+row.SoftwareVendor+"-_-"+row.SoftwareName] = true
			}
		}
		got := map[string]bool{}
		for id, r := range all {
			system := strings.HasPrefix(id, "va-") && *r.RecommendationCategory == defender.CategoryOS && r.Weaknesses == 0
			if !system { // TestSystemsWithoutSupport has these
				got[id] = true
			}
		}
		n.equal("recommendations", got, want)
	})
	t.Run("`recommendations/{id}/software` is one object, and 404 for a configuration", func(t *testing.T) {
		configurations := 0
		for id, r := range all {
			path := "/api/recommendations/" + url.PathEscape(id) + "/software"
			if strings.HasPrefix(id, "sca-") {
				configurations++
				n.refused(n.get(path), http.StatusNotFound, defender.CodeResourceNotFound)
			} else if p := single[defender.Product](n.lab, path); p.ID != *r.Vendor+"-_-"+*r.ProductName {
				t.Errorf("the software of %s is %s", id, p.ID)
			}
			n.equal("machines of "+id, int64(len(n.objects("/api/recommendations/"+url.PathEscape(id)+"/machineReferences"))),
				r.ExposedMachinesCount)
		}
		n.equal("has configurations", configurations > 0, true)
	})
	t.Run("The exposure score is from 0 to 100, where less is better, and the configuration score is in points, where more is "+
		"better; both follow section 8 of matching.md", func(t *testing.T) {
		counted, sum := map[string]score.Configuration{}, 0.0
		for _, row := range exported[defender.AssetConfiguration](n.lab, "SecureConfigurationsAssessmentByMachine") {
			c := counted[row.ConfigurationID]
			c.Impact = row.ConfigurationImpact
			if row.IsApplicable {
				c.Applicable++
			}
			if row.IsApplicable && row.IsCompliant {
				c.Compliant++
			}
			counted[row.ConfigurationID] = c
		}
		for _, c := range counted {
			sum += c.Points()
		}
		if got := single[defender.Score](n.lab, "/api/configurationScore").Score; got < sum-1e-6 || got > sum+1e-6 || got <= 0 {
			t.Errorf("configuration score %v, want %v", got, sum)
		}
		var fleet score.Fleet
		findings := n.exportedFindings()
		for _, m := range every[defender.Machine](n.lab, "/api/machines") {
			var found, exploited counts.Severities
			for _, row := range findings[m.ID] {
				level := ""
				if row.VulnerabilitySeverityLevel != nil {
					level = *row.VulnerabilitySeverityLevel
				}
				found.Count(level)
				if row.ExploitabilityLevel != defender.NoExploit {
					exploited.Count(level)
				}
			}
			fleet.Add(score.Of(found, exploited))
		}
		want := fleet.Exposure()
		if got := single[defender.Score](n.lab, "/api/exposureScore").Score; got < want-1e-6 || got > want+1e-6 {
			t.Errorf("exposure score %v, want %v", got, want)
		}
	})
	t.Run("`time` is that of the call, and the keys of the group are null but in `ByMachineGroups`", func(t *testing.T) {
		for _, path := range []string{"exposureScore", "configurationScore"} {
			one := single[defender.Score](n.lab, "/api/"+path)
			if !one.Time.Equal(n.clock()) || one.RBACGroupName != nil || one.RBACGroupID != nil {
				t.Errorf("%s: %+v", path, one)
			}
		}
		var names []string
		for _, one := range every[defender.Score](n.lab, "/api/exposureScore/ByMachineGroups") {
			names = append(names, *one.RBACGroupName)
		}
		n.equal("groups", names, []string{"UnassignedGroup", "Servers", "Linux", "Macs"})
	})
	t.Run("`POST /api/advancedqueries/run` gets 501 `NotImplemented` with the body of an error, for who has "+
		"`AdvancedQuery.Read.All`, and never an empty result", func(t *testing.T) {
		const query = `{"Query":"DeviceTvmSoftwareVulnerabilities | take 1"}`
		for _, path := range []string{"/api/advancedqueries/run", "/api/v1.0/AdvancedQueries/Run"} {
			message := n.refused(n.do(http.MethodPost, path, strings.NewReader(query), jsonBody), http.StatusNotImplemented,
				defender.CodeNotImplemented)
			n.equal("names calls", strings.Contains(message, "/api/machines/SoftwareVulnerabilitiesByMachine"), true)
			may := n.config.Trusted.Permissions
			n.config.Trusted.Permissions = []auth.Permission{auth.ReadVulnerabilities}
			n.refused(n.do(http.MethodPost, path, strings.NewReader(query), jsonBody), http.StatusForbidden,
				defender.CodeForbidden)
			n.config.Trusted.Permissions = may
		}
	})
}
