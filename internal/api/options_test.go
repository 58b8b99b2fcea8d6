package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

// matching returns the query of a filter.
func matching(filter string) string { return "$filter=" + url.QueryEscape(filter) }

// TestOptions has the sentences of doc/contract.md, section 2, on OData's options.
func TestOptions(t *testing.T) {
	l := newLab(t)
	l.seal(mixed(0, 0, 6), mixed(1, 6, 9))
	const findings = "SoftwareVulnerabilitiesByMachine?"
	count := func(t *testing.T, filter string, want int) {
		t.Helper()
		if rows, _ := l.pull(l.server.URL + "/api/machines/" + findings + matching(filter)); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", filter, len(rows), want)
		}
	}
	every, _ := l.pull(l.server.URL + "/api/machines/" + findings)
	all := len(every)

	t.Run("A name with `$` that a call does not take is 400 `ODataError` with the name: `$skip`, `$expand`, `$orderby` and all "+
		"others. What would be another reply in silence is an error", func(t *testing.T) {
		for _, call := range defender.Calls() {
			query := ""
			if call.Delta {
				query = "sinceTime=" + since + "&"
			}
			names := []string{"$skip", "$expand", "$orderby", "$apply", "$compute", "$search", "$deltatoken", "$levels", "$index",
				"$schemaversion", "$id", "$batch", "$inlinecount", "$SKIP", "%24skip", "$anything", "$", "+$skip"}
			if call.Files {
				names = append(names, "$top", "$skiptoken", "$filter", "$select", "$count", "$pageSize")
			} else {
				names = append(names, "$sasValidHours")
			}
			for _, name := range names {
				told := l.refused(l.call(call.Name+"?"+query+name+"=1"), 400, defender.CodeODataError)
				if plain := strings.TrimSpace(strings.NewReplacer("%24", "$", "+", " ").Replace(name)); !strings.HasPrefix(told, plain+" ") {
					t.Errorf("%s of %s: %q does not begin with the name", name, call.Name, told)
				}
				if r := l.call(call.Name + "?" + query + strings.NewReplacer("$", "x-", "%24", "x-").Replace(name) + "=1"); r.StatusCode != 200 {
					t.Errorf("%s without $: %d", name, r.StatusCode)
				}
			}
		}
		for query, want := range map[string]int{"": 200, "?$format=xml": 200, "?$format=application/xml": 200, "?$format=json": 400,
			"?$skip=1": 400, "?x=1": 200} {
			if got := l.get("/api/$metadata" + query).StatusCode; got != want {
				t.Errorf("$metadata%s: %d, want %d", query, got, want)
			}
		}
	})
	t.Run("The four names from `$filter` to `$format` need their `$`", func(t *testing.T) {
		for _, query := range []string{"filter=nonsense", "select=nonsense", "count=nonsense", "format=xml"} {
			if rows, _ := l.pull(l.server.URL + "/api/machines/" + findings + query); len(rows) != all || !strings.Contains(rows[0], "cveId") {
				t.Errorf("%s: %d rows", query, len(rows))
			}
		}
		for _, query := range []string{"$FILTER=nonsense", "%24Select=nonsense", "$count=nonsense"} {
			l.refused(l.call(findings+query), 400, defender.CodeODataError)
		}
	})
	t.Run("so `$filter`, `$select` and `$count` of a call via files are 400 and the message names the call with pages",
		func(t *testing.T) {
			for _, name := range []string{"$filter", "$select", "$count"} {
				told := l.refused(l.call("SoftwareVulnerabilitiesExport?"+name+"=x"), 400, defender.CodeODataError)
				if !strings.Contains(told, "SoftwareVulnerabilitiesByMachine") {
					t.Errorf("%s: %q", name, told)
				}
			}
		})
	t.Run("`$format`, pages, files: `json` or `application/json`; any other value is 400", func(t *testing.T) {
		for _, call := range []string{findings, "SoftwareVulnerabilitiesExport?"} {
			for format, ok := range map[string]bool{"json": true, "JSON": true, "application/json": true, "": true,
				"application/json;odata.metadata=minimal": true, "application/json;odata.metadata=full": false, "xml": false,
				"atom": false, "application/xml": false, "csv": false} {
				r := l.call(call + "$format=" + url.QueryEscape(format))
				if ok && r.StatusCode != http.StatusOK {
					t.Errorf("%s: %d", format, r.StatusCode)
				} else if !ok {
					l.refused(r, 400, defender.CodeODataError)
				}
			}
		}
	})
	t.Run("`$select`, pages: rows have only these keys, in the usual order; `*` is all", func(t *testing.T) {
		p := l.page(l.call(findings + "$select=cveId,%20DeviceId&pageSize=1"))
		if want := fmt.Sprintf(`{"deviceId":"%s","cveId":"CVE-2024-0000"}`, deviceID(0)); string(p.Value[0]) != want {
			t.Errorf("row %s, want %s", p.Value[0], want)
		}
		if again := l.page(l.get(*p.NextLink)); strings.Contains(string(again.Value[0]), "softwareName") {
			t.Errorf("row of the next page %s", again.Value[0])
		}
		if rows, _ := l.pull(l.server.URL + "/api/machines/" + findings + "$select=*"); strings.Join(rows, "") != strings.Join(every, "") {
			t.Error("* is not all")
		}
		if told := l.refused(l.call(findings+"$select=deviceId,nothing"), 400, defender.CodeODataError); !strings.Contains(told, `"nothing"`) {
			t.Errorf("message %q", told)
		}
	})
	t.Run("`$count`, pages: with `true` every page has `@odata.count`, the number of rows of the whole pull as it is known "+
		"when the page ends", func(t *testing.T) {
		counts := func(query string) (found []int64) {
			for link := "/api/machines/" + query; link != ""; {
				r := l.get(link)
				p := l.page(r)
				var counted struct {
					Count *int64 `json:"@odata.count"`
				}
				if err := json.Unmarshal(r.body, &counted); err != nil || counted.Count == nil {
					t.Fatalf("%v: no count in %.200s", err, r.body)
				}
				if found, link = append(found, *counted.Count), ""; p.NextLink != nil {
					link = *p.NextLink
				}
			}
			return found
		}
		l.equal("of all", counts(findings+"$count=true&pageSize=9"), []int64{int64(all), int64(all), int64(all)})
		l.equal("without rows", counts(findings+"$count=true&$top=0"), []int64{int64(all)})
		l.equal("of a filter", counts(findings+"$count=TRUE&pageSize=1&"+matching("rbacGroupId eq 1 and cveId le 'CVE-2024-0008'")), []int64{6, 6, 6, 6, 6, 6})
		l.equal("of a filter with $top", counts(findings+"$count=true&$top=1&"+matching("rbacGroupId eq 1 and cveId le 'CVE-2024-0008'")), []int64{6})
		if r := l.call(findings + "$count=false"); strings.Contains(string(r.body), "@odata.count") {
			t.Error("a count that nobody asked for")
		}
		later := *l.page(l.call(findings + "pageSize=1")).NextLink
		l.refused(l.get(later+"&$count=true"), 400, defender.CodeODataError)
	})
	t.Run("`$filter`, pages: the pull has the rows that match, in the usual order", func(t *testing.T) {
		rows, pages := l.pull(l.server.URL + "/api/machines/" + findings + "pageSize=2&" + matching("rbacGroupId eq 1"))
		if len(rows) == 0 || pages != (len(rows)+1)/2 || strings.Join(rows, "") != strings.Join(every[all-len(rows):], "") {
			t.Errorf("%d rows on %d pages", len(rows), pages)
		}
		for _, call := range defender.Calls() {
			if call.Files {
				continue
			}
			p := l.page(l.call(call.Name + "?sinceTime=" + since + "&$count=true&" + matching("deviceName eq 'nobody' or rbacGroupId eq 99")))
			if len(p.Value) > 0 || p.NextLink != nil {
				t.Errorf("%s: %d rows of nobody", call.Name, len(p.Value))
			}
		}
	})
	t.Run("A filter compares fields with values by `eq`, `ne`, `gt`, `ge`, `lt`, `le` and `in`, and texts by `contains`, "+
		"`startswith` and `endswith`; a list has `any`, and `and`, `or`, `not` and parentheses join", func(t *testing.T) {
		count(t, "rbacGroupId lt 1 or rbacGroupId gt 0", all)
		count(t, "not (rbacGroupId in (0, 1))", 0)
		count(t, "startswith(deviceName,'host-') and endswith(deviceName,'.com') and contains(deviceName,'example')", all)
		count(t, "diskPaths/any() and not diskPaths/any()", 0)
	})
	t.Run("Names of fields, operators, ids and fields of few values match in any case, other texts do not", func(t *testing.T) {
		count(t, "DEVICEID EQ '"+strings.ToUpper(deviceID(0))+"'", 1)
		count(t, "cveid eq 'cve-2024-0000' AND osplatform eq 'windows11'", 1)
		count(t, "softwareVendor eq 'V'", 0)
	})
	t.Run("Severities and the like are in order: `vulnerabilitySeverityLevel ge 'High'`", func(t *testing.T) {
		high, _ := l.pull(l.server.URL + "/api/machines/" + findings + matching("vulnerabilitySeverityLevel ge 'High'"))
		for _, row := range high {
			if !strings.Contains(row, `"High"`) && !strings.Contains(row, `"Critical"`) {
				t.Errorf("row %s", row)
			}
		}
		count(t, "cvssScore ge 7", len(high))
		count(t, "vulnerabilitySeverityLevel eq 'Dreadful'", 0)
	})
	t.Run("Times may be written as rows write them, as `2026-11-22T10:00:00Z`, or as a date alone. Numbers and times may have "+
		"quotes, and a quote in a text is written twice", func(t *testing.T) {
		for _, at := range []string{"'2026-11-23 12:00:00'", "2026-11-23T12:00:00Z", "'2026-11-23T12:00:00Z'", "2026-11-23T14:00:00+02:00"} {
			count(t, "firstSeenTimestamp eq "+at, 1)
		}
		count(t, "firstSeenTimestamp ge 2026-11-23", all)
		count(t, "firstSeenTimestamp gt '2026-11-23' and rbacGroupId eq '7'", 0)
		count(t, "softwareName eq 'name_3''é'", 2)
	})
	t.Run("A field that is null matches `eq null` and `ne`, and nothing else", func(t *testing.T) {
		nulls, _ := l.pull(l.server.URL + "/api/machines/" + findings + matching("recommendedSecurityUpdate eq null"))
		count(t, "recommendedSecurityUpdate eq null and recommendedSecurityUpdate ne 'x'", len(nulls))
		count(t, "recommendedSecurityUpdate eq null and (recommendedSecurityUpdate ge '' or contains(recommendedSecurityUpdate,''))", 0)
	})
	t.Run("Bad syntax and unknown fields are 400 `ODataError` with the place", func(t *testing.T) {
		for filter, place := range map[string]string{"cvssScore gt": "character 13",
			"cvssScore gt 7 and isOnboarded": "character 20",
			"(cveId eq 'x'":                  "character 14", strings.Repeat("not ", 50) + "x": "character 133"} {
			told := l.refused(l.call(findings+matching(filter)), 400, defender.CodeODataError)
			if !strings.Contains(told, "$filter: "+place) {
				t.Errorf("%s: %q, want %s", filter, told, place)
			}
		}
	})
	t.Run("A token belongs to the filter that it was made with", func(t *testing.T) {
		next := *l.page(l.call(findings + "pageSize=1&" + matching("rbacGroupId eq 1"))).NextLink
		l.page(l.get(next + "&" + matching("RBACGROUPID  eq '1'"))) // the same in other words
		l.refused(l.get(next+"&"+matching("rbacGroupId eq 0")), 400, defender.CodeODataError)
		l.refused(l.get(strings.Replace(next, matching("rbacGroupId eq 1"), "x=1", 1)), 400, defender.CodeODataError)
	})
	t.Run("a filter of changes goes on into newer snapshots that have rows which match", func(t *testing.T) {
		query := changesCall + "?pageSize=3&$count=true&sinceTime=" + since + "&" + matching("rbacGroupId eq 7 or rbacGroupId eq 1")
		first := l.page(l.call(query))
		before, _ := l.pull(l.server.URL + "/api/machines/" + query)
		l.advance(1e12)
		l.seal(mixed(0, 20, 30)) // nothing matches
		if rest, _ := l.pull(*first.NextLink); len(rest) != len(before)-3 {
			t.Errorf("%d rows, want %d", len(rest), len(before)-3)
		}
		l.advance(1e12)
		l.seal(mixed(7, 30, 32))
		if rest, _ := l.pull(*first.NextLink); len(rest) != len(before)-3+7 {
			t.Errorf("%d rows with newer ones, want %d", len(rest), len(before)-3+7)
		}
	})
}

func TestAFilterLooksAtSoManyRows(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.MaxSifted = 5 })
	l.seal(mixed(0, 0, 12))
	pull := func(filter string) (rows []string, sizes []int) {
		for link := "/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=4&" + matching(filter); link != ""; {
			p := l.page(l.get(link))
			if link = ""; p.NextLink != nil {
				link = *p.NextLink
			}
			sizes = append(sizes, len(p.Value))
			for _, v := range p.Value {
				rows = append(rows, string(v))
			}
		}
		return rows, sizes
	}
	every, _ := pull("cveId ne null")
	t.Run("Pages with a filter are full as others are, unless a page had to look at a million rows: then it ends with those "+
		"that it has and a nextLink", func(t *testing.T) {
		rows, sizes := pull("deviceName eq 'host-3.example.com' or endswith(id,'CVE-2024-0011')")
		want := 0
		for _, row := range every {
			if strings.Contains(row, "host-3.") || strings.Contains(row, `_CVE-2024-0011"`) {
				want++
			}
		}
		if len(rows) != want {
			t.Errorf("%d rows on pages of %v, want %d", len(rows), sizes, want)
		}
		for i, size := range sizes {
			if size == 0 && i < len(sizes)-1 {
				t.Errorf("pages of %v rows: one with a nextLink is empty", sizes)
			}
		}
	})
	t.Run("The last page may then have no rows", func(t *testing.T) {
		rows, sizes := pull("deviceName eq 'host-0.example.com'")
		l.equal("rows", len(rows), 1)
		l.equal("pages", sizes, []int{1, 0})
	})
}
