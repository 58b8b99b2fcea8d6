package api_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
)

// TestForeignLinksGoNowhere gives a nextLink to other callers: of the organization with other groups, with
// other permissions, and of another organization. None gets a row, and a count of $skip that follows it has
// only the rows of the caller.
func TestForeignLinksGoNowhere(t *testing.T) {
	n := street(t)
	first := n.page(n.get(anEach))
	if first.NextLink == nil {
		t.Fatal("no nextLink")
	}
	all := every[defender.Machine](n.lab, "/api/machines")
	macs := every[defender.Machine](n.lab, "/api/machines?$filter=rbacGroupName+eq+'Macs'")
	if len(macs) == 0 || len(macs) == len(all) {
		t.Fatalf("%d of %d machines are Macs", len(macs), len(all))
	}
	if err := n.store.Organizations.Ensure(t.Context(), "another", "Another"); err != nil {
		t.Fatal(err)
	}
	owner := *n.config.Trusted
	for name, c := range map[string]struct {
		caller   auth.Caller
		status   int
		code     string
		machines int
	}{
		"other groups": {auth.Caller{Organization: org, ID: owner.ID, Permissions: auth.Permissions(),
			Groups: []int64{macs[0].RBACGroupID}}, http.StatusBadRequest, defender.CodeODataError, len(macs)},
		"no groups": {auth.Caller{Organization: org, ID: owner.ID, Permissions: auth.Permissions()},
			http.StatusBadRequest, defender.CodeODataError, 0},
		"another organization": {auth.Caller{Organization: "another", ID: owner.ID, Permissions: auth.Permissions(),
			AllGroups: true}, http.StatusBadRequest, defender.CodeODataError, 0},
		"another permission": {auth.Caller{Organization: org, ID: owner.ID, AllGroups: true,
			Permissions: []auth.Permission{auth.ReadMachines}}, http.StatusForbidden, defender.CodeForbidden, len(all)},
	} {
		*n.config.Trusted = owner
		n.get("/api/machines?$skip=0&$top=1") // the beginning of a loop that others must not go on with
		*n.config.Trusted = c.caller
		message := n.refused(n.get(*first.NextLink), c.status, c.code)
		for _, m := range all {
			if strings.Contains(message, m.ID) {
				t.Errorf("%s: %q names a machine", name, message)
			}
		}
		n.equal(name+": machines by $skip", len(n.page(n.get("/api/machines?$skip=1&$top=1000")).Value), max(0, c.machines-1))
		p := n.get("/api/machines?$count=true&$top=0")
		if want := fmt.Sprintf(`"@odata.count":%d,`, c.machines); !strings.Contains(string(p.body), want) {
			t.Errorf("%s: no %s in %s", name, want, p.body)
		}
	}
}

// TestHostileRequests asks each call what nobody should: it is refused in the documented form, and is never
// an error of the server.
func TestHostileRequests(t *testing.T) {
	inTurn(t)
	n := newNeighbourhood(t, 2)
	deep := strings.Repeat("(", 5000) + "id eq 'x'" + strings.Repeat(")", 5000)
	many := "id in (" + strings.Repeat("'x',", 3000) + "'x')"
	options := map[string][]string{
		"$skip": {"-1", "-0", "1e3", "0x10", fmt.Sprint(uint64(math.MaxUint64)), fmt.Sprint(int64(math.MaxInt64)), "1.5", "٣", "+1"},
		"$top":  {"-1", "10001", fmt.Sprint(int64(math.MaxInt64)), "99999999999999999999", "NaN"},
		"$filter": {deep, many, strings.Repeat("not ", 5000) + "true", "id eq '" + strings.Repeat("x", 9000) + "'", "'", "id eq 'x", "\x00",
			"id eq 'x' or", "startswith(id)", "any(", "id/any(t: t eq 'x'", "1 eq 1 eq 1", "\xff\xfe", "id eq id eq id"},
		"$orderby":   {strings.Repeat("id,", 500) + "id", "id sideways", ",", "id desc asc", "nothing"},
		"$select":    {"nothing", "id,,id", strings.Repeat("x", 9000)},
		"$count":     {"maybe", "2"},
		"$skiptoken": {"x", strings.Repeat("A", 9000), "%00", "../../etc/passwd"},
	}
	for _, call := range defender.NeighbourCalls() {
		if !call.List || call.Of == defender.ProductFixEntity {
			continue
		}
		address := n.at(n.here(), call.Path)
		joint := "?"
		if strings.Contains(address, "?") {
			joint = "&"
		}
		for option, values := range options {
			for _, value := range values {
				r := n.get(address + joint + option + "=" + url.QueryEscape(value))
				if r.StatusCode == http.StatusOK && (option == "$skip" && (value == "-0" || value == "+1")) {
					continue
				}
				if r.StatusCode != http.StatusBadRequest && r.StatusCode != http.StatusRequestURITooLong {
					t.Errorf("%s %s=%.60q: %d %.200s", address, option, value, r.StatusCode, r.body)
					continue
				}
				if len(r.body) > 2000 {
					t.Errorf("%s %s: the error has %d bytes", address, option, len(r.body))
				}
			}
		}
	}
	for _, id := range []string{"%00", "%2e%2e", "%2F", "..%2f..%2fetc%2fpasswd", "%25", "'", "%22", "a%0d%0ab", "%ff%fe", "%F0%9F%98%80",
		strings.Repeat("x", 4000), "CVE-", "CVE-9999-99999999", "va-_-", "sca-_-", "-_-", "-_--_-", "%20"} {
		for _, call := range defender.NeighbourCalls() {
			if !strings.Contains(call.Path, "{id}") {
				continue
			}
			r := n.get("/api/" + strings.ReplaceAll(call.Path, "{id}", id))
			if r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusBadRequest {
				t.Errorf("%s of %.40q: %d %.200s", call.Path, id, r.StatusCode, r.body)
			}
			if len(r.body) > 2000 {
				t.Errorf("%s of %.40q: the error has %d bytes", call.Path, id, len(r.body))
			}
		}
	}
}

// here are ids that exist in a fleet of two.
func (n *neighbourhood) here() map[string]string {
	n.Helper()
	finding := n.firstFinding()
	product := finding.ProductVendor + "-_-" + finding.ProductName
	return map[string]string{"machines": finding.MachineID, "vulnerabilities": finding.CVEID, "Software": product,
		"recommendations": "va-_-" + product}
}

// TestSkipCostsWhatAPageCosts compares the memory that pages need, after few objects and after many: it
// would be a multiple if those before the page were made.
func TestSkipCostsWhatAPageCosts(t *testing.T) {
	n := street(t)
	cost := func(address string) uint64 {
		t.Helper()
		n.page(n.get(address)) // fills caches
		least := uint64(math.MaxUint64)
		for range 3 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n.page(n.get(address))
			runtime.ReadMemStats(&after)
			least = min(least, after.TotalAlloc-before.TotalAlloc)
		}
		return least
	}
	for _, list := range []string{anEach + "?", anEach + "?$orderby=machineId&", anEach + "?$filter=severity+eq+'High'&",
		anEach + "?$filter=severity+ne+'None'+or+contains(productVersion,'x')&"} {
		var counted struct {
			Count int64 `json:"@odata.count"`
		}
		n.decode(n.get(list+"$count=true&$top=0"), http.StatusOK, &counted)
		if counted.Count < 4000 {
			t.Fatalf("%s: only %d findings", list, counted.Count)
		}
		whole, first := cost(list+"$top=4000"), cost(list+"$top=10&$skip=0")
		for _, skip := range []int64{counted.Count / 2, counted.Count - 10, counted.Count, 25_000_000} {
			if got := cost(fmt.Sprintf("%s$top=10&$skip=%d", list, skip)); got > 3*first && got > whole/10 {
				t.Errorf("%s: a page after %d took %d bytes, the first %d, one of 4,000 objects %d", list, skip, got, first, whole)
			}
		}
	}
}

// firstFinding is the first of the list of findings.
func (n *neighbourhood) firstFinding() defender.MachineVulnerability {
	n.Helper()
	return decoded[defender.MachineVulnerability](n.lab, []string{string(n.page(n.get(anEach + "?$top=1")).Value[0])})[0]
}
