package api_test

import (
	"compress/gzip"
	"io"
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
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/store/publication"
)

// Each subtest has the name of the sentence of doc/contract.md that it checks.

func TestSection1(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 3, 2))
	t.Run("Every call is a `GET` below `/api/machines/`. `/api/v1.0/machines/` has the same calls", func(t *testing.T) {
		for _, call := range defender.Calls() {
			query := ""
			if call.Delta {
				query = "?sinceTime=" + since
			}
			for _, base := range []string{"/api/machines/", "/api/v1.0/machines/"} {
				r := l.get(base + call.Name + query)
				if r.StatusCode != http.StatusOK {
					t.Errorf("%s%s: %d %s", base, call.Name, r.StatusCode, r.body)
				}
				if want := call.Context(l.server.URL); !strings.Contains(string(r.body), want) {
					t.Errorf("%s%s: no context %q in %s", base, call.Name, want, r.body)
				}
			}
		}
	})
	t.Run("Paths may be written in upper or lower case", func(t *testing.T) {
		p := l.page(l.get("/API/Machines/softwareVULNERABILITIESbymachine?pageSize=1"))
		if want := l.server.URL + "/API/Machines/softwareVULNERABILITIESbymachine?"; !strings.HasPrefix(*p.NextLink, want) {
			t.Errorf("nextLink %q, want prefix %q", *p.NextLink, want)
		}
		l.page(l.get(*p.NextLink))
	})
}

func TestSection2(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 5, 2))
	rows := func(t *testing.T, query string, want int, nextLink bool) page {
		t.Helper()
		p := l.page(l.call(query))
		if len(p.Value) != want || (p.NextLink != nil) != nextLink {
			t.Errorf("%s: %d rows, nextLink %t; want %d and %t", query, len(p.Value), p.NextLink != nil, want, nextLink)
		}
		return p
	}
	t.Run("The name of a parameter may be in any case and have a `$` before it, and blanks around the value do not "+
		"count", func(t *testing.T) {
		for _, q := range []string{"pageSize=3", "PAGESIZE=3", "%24pagesize=+3+", "$pageSize=%203"} {
			rows(t, "SoftwareVulnerabilitiesByMachine?"+q, 3, true)
		}
		for _, q := range []string{"$top=3", "top=3", "%24TOP=3%20"} {
			rows(t, "SoftwareVulnerabilitiesByMachine?"+q, 3, false)
		}
	})
	t.Run("A parameter without `$` that the server does not know has no effect, and the nextLink repeats it", func(t *testing.T) {
		p := rows(t, "SoftwareVulnerabilitiesByMachine?pageSize=3&api-version=1&x=%C3%BC&flag", 3, true)
		if want := "?pageSize=3&api-version=1&x=%C3%BC&flag&$skiptoken="; !strings.Contains(*p.NextLink, want) {
			t.Errorf("nextLink %q lacks %q", *p.NextLink, want)
		}
	})
	t.Run("`pageSize`, pages: the rows of a page: 50,000 if it is absent; at least 1 and at most 200,000; any other "+
		"value is 400", func(t *testing.T) {
		rows(t, "SoftwareVulnerabilitiesByMachine", 10, false)
		rows(t, "SoftwareVulnerabilitiesByMachine?pageSize=200000", 10, false)
		rows(t, "SoftwareVulnerabilitiesByMachine?pageSize=1", 1, true)
		for _, bad := range []string{"0", "-1", "200001", "ten", "1.5", "99999999999999999999"} {
			l.refused(l.call("SoftwareVulnerabilitiesByMachine?pageSize="+bad), 400, defender.CodeInvalidInput)
		}
	})
	t.Run("`$top`, pages: the reply has at most so many rows and no nextLink", func(t *testing.T) {
		rows(t, "SoftwareVulnerabilitiesByMachine?$top=4", 4, false)
		rows(t, "SoftwareVulnerabilitiesByMachine?$top=4&pageSize=2", 4, false)
		rows(t, "SoftwareVulnerabilitiesByMachine?$top=4000000", 10, false)
		rows(t, "SoftwareVulnerabilitiesByMachine?$top=0", 0, false)
		l.refused(l.call("SoftwareVulnerabilitiesByMachine?$top=x"), 400, defender.CodeInvalidInput)
	})
	t.Run("`$skiptoken`, pages: clients copy it from a nextLink; any other value is 400", func(t *testing.T) {
		for _, bad := range []string{"x", "1", "AAAA", "eyJFeHBvcnREZWZpbml0aW9uIjp7fX0=",
			strings.Repeat("A", 5000), "%FF"} {
			l.refused(l.call("SoftwareVulnerabilitiesByMachine?$skiptoken="+bad), 400, defender.CodeODataError)
		}
	})
	t.Run("`sinceTime`, changes: must be there; is a time such as … with any fraction, also with `+00:00` for its "+
		"zone, whose `+` may arrive as a space, or a date alone", func(t *testing.T) {
		for _, ok := range []string{"2026-11-20T18:35:49.924Z", "2026-11-20T18:35:49.924%2B00:00",
			"2026-11-20T18:35:49.924+00:00",
			"2026-11-20T18:35:49.9241234Z", "2026-11-20T18:35:49.123456789012Z", "2026-11-20T18:35:49Z", "2026-11-20",
			"%202026-11-20%20", "2026-11-20T20:35:49%2B02:00"} {
			rows(t, "SoftwareVulnerabilityChangesByMachine?sinceTime="+ok, 10, false)
		}
		l.refused(l.call("SoftwareVulnerabilityChangesByMachine"), 400, defender.CodeMissingRequiredParameter)
		for _, bad := range []string{"yesterday", "2026-13-01", "20261120", "1763664949"} {
			l.refused(l.call("SoftwareVulnerabilityChangesByMachine?sinceTime="+bad), 400, defender.CodeInvalidInput)
		}
		rows(t, "SoftwareVulnerabilityChangesByMachine?sinceTime=2027-01-01", 0, false)
	})
	t.Run("of more than 14 days and an hour ago it is 400, and the hour is for a client that asks for the last 336 "+
		"hours exactly", func(t *testing.T) {
		at := func(d time.Duration) string {
			return "SoftwareVulnerabilityChangesByMachine?sinceTime=" +
				l.clock().Add(-d).Format("2006-01-02T15:04:05.999Z07:00")
		}
		rows(t, at(336*time.Hour), 10, false)
		rows(t, at(337*time.Hour), 10, false)
		l.refused(l.call(at(337*time.Hour+time.Millisecond)), 400, defender.CodeInvalidInput)
	})
	t.Run("`sasValidHours`, files: for how many whole hours links are good: 1 if it is absent, 6 at most; a setting "+
		"allows up to 24", func(t *testing.T) {
		life := func(t *testing.T, query string, want time.Duration) {
			t.Helper()
			link, err := url.Parse(l.links(l.call("SoftwareVulnerabilitiesExport" + query)).ExportFiles[0])
			if err != nil {
				t.Fatal(err)
			}
			if end := link.Query().Get("se"); end != noon.Add(want).Format("2006-01-02T15:04:05Z") {
				t.Errorf("%s: link ends %s", query, end)
			}
		}
		life(t, "", time.Hour)
		life(t, "?sasValidHours=6", 6*time.Hour)
		for _, bad := range []string{"0", "7", "1.5", "-1", "x"} {
			l.refused(l.call("SoftwareVulnerabilitiesExport?sasValidHours="+bad), 400, defender.CodeInvalidInput)
		}
		l.config.MaxLinkHours = 24
		l.start()
		life(t, "?sasValidHours=24", 24*time.Hour)
	})
	t.Run("The requests that Microsoft's documentation prints get their replies", func(t *testing.T) {
		rows(t, "SoftwareInventoryByMachine?pageSize=5%20%20&sinceTime=2021-05-19T18%3A35%3A49.924Z", 5, false)
		rows(t, "SoftwareInventoryNoProductCodeByMachine?pageSize=3%20%20&sinceTime=2021-05-19", 3, true)
		l.refused(l.call("SoftwareVulnerabilityChangesByMachine?pageSize=5&sinceTime=2021-05-19T18%3A35%3A49.924Z"), 400,
			defender.CodeInvalidInput)
		rows(t, "SoftwareVulnerabilityChangesByMachine?pageSize=5&sinceTime=2026-11-19T18%3A35%3A49.924Z", 5, true)
		rows(t, "SoftwareVulnerabilitiesByMachine?pageSize=5", 5, true)
		if got := l.links(l.call("SecureConfigurationsAssessmentExport?sasValidHours=2")); len(got.ExportFiles) != 1 {
			t.Errorf("links %q", got.ExportFiles)
		}
	})
}

func TestSection3(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 5, 2))
	const call = "SoftwareVulnerabilitiesByMachine?pageSize=4"
	t.Run("`@odata.nextLink` is an absolute address with the scheme and host of the request, its path letter by "+
		"letter, and its parameters", func(t *testing.T) {
		for _, host := range []string{strings.TrimPrefix(l.server.URL, "http://"), "localhost:1234", "[::1]:80"} {
			p := l.page(l.get("/api/v1.0/machines/"+call+"&a=b", "Host: "+host))
			if want := "http://" + host + "/api/v1.0/machines/" + call +
				"&a=b&$skiptoken="; !strings.HasPrefix(*p.NextLink, want) {
				t.Errorf("nextLink %q, want prefix %q", *p.NextLink, want)
			}
		}
	})
	t.Run("Behind a proxy, scheme and host are those of the configured public URL", func(t *testing.T) {
		proxied := newLab(t, func(c *api.Config) { c.PublicURL = "https://muster.example.com" })
		proxied.seal(proxied.fleet(0, 0, 5, 2))
		p := proxied.page(proxied.call(call, "Host: muster.example.com", "X-Forwarded-Host: evil.example",
			"X-Forwarded-Proto: http"))
		if want := "https://muster.example.com/api/machines/" + call +
			"&$skiptoken="; !strings.HasPrefix(*p.NextLink, want) {
			t.Errorf("nextLink %q, want prefix %q", *p.NextLink, want)
		}
		if want := "https://muster.example.com/api/$metadata#"; !strings.HasPrefix(p.Context, want) {
			t.Errorf("context %q, want prefix %q", p.Context, want)
		}
	})
	t.Run("The last page does not have the key, not even with `null` or `\"\"`", func(t *testing.T) {
		first := l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=5"))
		last := l.get(*first.NextLink)
		if l.page(last); strings.Contains(string(last.body), "nextLink") {
			t.Errorf("last page: %s", last.body)
		}
	})
	t.Run("A page with a nextLink has rows. No token is given out twice", func(t *testing.T) {
		seen := map[string]bool{}
		for range 3 {
			p := l.page(l.call(call))
			if seen[*p.NextLink] {
				t.Errorf("token twice: %s", *p.NextLink)
			}
			seen[*p.NextLink] = true
		}
		if rows, pages := l.pull(l.server.URL +
			"/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=1"); len(rows) != 10 || pages != 10 {
			t.Errorf("%d rows on %d pages", len(rows), pages)
		}
	})
	t.Run("a client that appends its parameters to the nextLink", func(t *testing.T) {
		next := *l.page(l.call(call)).NextLink
		for range 2 {
			again := l.page(l.get(next + "&pageSize=4"))
			if again.NextLink == nil {
				break
			}
			next = *again.NextLink
			if strings.Count(next, "pageSize") != 1 || strings.Count(next, "skiptoken") != 1 {
				t.Errorf("nextLink grows: %s", next)
			}
		}
	})
	t.Run("A page is compressed for who accepts `gzip` and not for who accepts `identity`", func(t *testing.T) {
		plain := l.call("SoftwareVulnerabilitiesByMachine")
		for accepted, packed := range map[string]bool{"gzip": true, "identity": false, "gzip;q=0": false,
			"*": true, "br, gzip;q=0.5": true,
			"identity, gzip;q=0.5": false, "": false, "deflate": false, "X-GZIP": true, "gzip;q=x": false} {
			r := l.call("SoftwareVulnerabilitiesByMachine", "Accept-Encoding: "+accepted)
			if got := r.Header.Get("Content-Encoding") == "gzip"; got != packed {
				t.Errorf("Accept-Encoding %q: compressed %t, want %t", accepted, got, packed)
			}
			if r.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("Vary is %q", r.Header.Get("Vary"))
			}
			body := string(r.body)
			if packed {
				body = unpack(t, body)
			}
			if body != string(plain.body) {
				t.Errorf("Accept-Encoding %q: another body", accepted)
			}
		}
	})
	t.Run("A `GET` may carry `Content-Type: application/json`", func(t *testing.T) {
		l.page(l.call(call, "Content-Type: application/json"))
	})
}

func unpack(t testing.TB, packed string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPulls(t *testing.T) {
	t.Run("All pages of a full export show one snapshot, whatever is published meanwhile", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 5, 1))
		first := l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=2"))
		for i := range 3 {
			l.advance(time.Hour)
			l.seal(l.fleet(0, 10*i+10, 10*i+20, 1))
		}
		if rest, _ := l.pull(*first.NextLink); len(rest) != 3 {
			t.Errorf("%d more rows of the full export, want 3", len(rest))
		}
	})
	t.Run("pages begin and end anywhere in parts of several segments", func(t *testing.T) {
		l := newLab(t)
		estate(l, 20)
		const call = "/api/machines/SoftwareVulnerabilitiesByMachine"
		whole, _ := l.pull(l.server.URL + call)
		l.equal("rows", len(whole), 20*262)
		rows, pages := l.pull(l.server.URL + call + "?pageSize=999")
		l.equal("pages", pages, 6)
		l.equal("rows of all pages", rows, whole)
	})
	t.Run("A token is good after the client or the server started again. It is good for days, while its snapshot is "+
		"kept, which is a setting", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 5, 1))
		next := *l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=2")).NextLink
		for range 2 {
			l.advance(time.Minute)
			l.seal(l.fleet(0, 0, 1, 1))
		}
		kept := generation.DefaultSettings().KeepFull
		l.advance(kept - 2*time.Minute)
		l.sweep()
		l.config.Keys = l.keyring(nil)
		before := l.server.URL
		l.start()
		next = strings.Replace(next, before, l.server.URL, 1)
		if rest, _ := l.pull(next); len(rest) != 3 {
			t.Errorf("%d more rows after %v, want 3", len(rest), kept)
		}
		l.advance(2 * time.Minute)
		l.sweep()
		l.refused(l.get(next), http.StatusGone, defender.CodeSkipTokenExpired)
	})
	t.Run("no rows of another snapshot: nor of one that "+
		"has got the number after a backup was restored", func(t *testing.T) {
		lost, restored := newLab(t), newLab(t)
		lost.seal(lost.fleet(0, 0, 5, 1))
		restored.seal(restored.fleet(0, 0, 6, 1))
		for _, call := range []string{"SoftwareVulnerabilitiesByMachine?pageSize=2",
			"SoftwareVulnerabilityChangesByMachine?pageSize=2&sinceTime=" + since} {
			next := *lost.page(lost.call(call)).NextLink
			restored.refused(restored.get(strings.Replace(next, lost.server.URL, restored.server.URL, 1)), http.StatusGone,
				defender.CodeSkipTokenExpired)
		}
	})
	t.Run("A token whose snapshot is gone gets 410 with the "+
		"body of an error, and no rows of another snapshot", func(t *testing.T) {
		l := newLab(t)
		s := l.seal(l.fleet(0, 0, 5, 1))
		full := *l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=2")).NextLink
		delta := *l.page(l.call("SoftwareVulnerabilityChangesByMachine?pageSize=2&sinceTime=" + since)).NextLink
		for _, state := range []publication.Retention{publication.Retiring, publication.Retired} {
			if err := l.retain(s.Number, state, state); err != nil {
				t.Fatal(err)
			}
			l.refused(l.get(full), http.StatusGone, defender.CodeSkipTokenExpired)
			l.refused(l.get(delta), http.StatusGone, defender.CodeSkipTokenExpired)
		}
	})
	t.Run("a token of another call, organization or key is 400", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 5, 1))
		next := *l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=2")).NextLink
		l.refused(l.get(strings.Replace(next, "Vulnerabilities", "Inventory", 1)), 400, defender.CodeODataError)
		token := regexp.MustCompile(`skiptoken=.*`).FindString(next)
		l.refused(l.call("SoftwareVulnerabilityChangesByMachine?sinceTime="+since+"&$"+token), 400, defender.CodeODataError)
		l.refused(l.call("SoftwareVulnerabilitiesByMachine?$"+token[:len(token)-1]), 400, defender.CodeODataError)
		for _, change := range []func(*api.Config){
			func(c *api.Config) { c.Keys = strangeKeys(l) },
			func(c *api.Config) {
				c.Trusted = &auth.Caller{Organization: "another", Permissions: auth.Permissions(), AllGroups: true}
			},
			func(c *api.Config) {
				c.Trusted = &auth.Caller{Organization: org, Permissions: auth.Permissions(), Groups: []int64{0}}
			},
		} {
			change(&l.config)
			l.start()
			l.refused(l.call("SoftwareVulnerabilitiesByMachine?$"+token), 400, defender.CodeODataError)
		}
	})
}

// sweep removes what is no longer kept.
func (l *lab) sweep() {
	l.Helper()
	if err := l.publisher.Retire(l.Context(), org); err != nil {
		l.Fatal(err)
	}
}

func TestDelta(t *testing.T) {
	l := newLab(t)
	var sealed []publication.Snapshot
	for i := range 4 {
		sealed = append(sealed, l.seal(l.fleet(0, 10*i, 10*i+2+i, 1)))
		l.advance(time.Hour)
	}
	count := func(call defender.Call, since time.Time) int {
		rows, _ := l.pull(l.server.URL + "/api/machines/" + call.Name + "?pageSize=3&sinceTime=" + since.Format(time.RFC3339))
		return len(rows)
	}
	t.Run("A request gets the changes of all "+
		"snapshots whose `generatedTime` is after its `sinceTime`", func(t *testing.T) {
		for _, calls := range changesCalls() {
			for i, want := range []int{3 + 4 + 5, 4 + 5, 5, 0} {
				if got := count(calls[0], sealed[i].Generated); got != want {
					t.Errorf("%s since snapshot %d: %d rows, want %d", calls[0].Name, i+1, got, want)
				}
			}
			if got := count(calls[0], sealed[0].Generated.Add(-time.Second)); got != 2+3+4+5 {
				t.Errorf("%s since before the first: %d rows", calls[0].Name, got)
			}
		}
	})
	t.Run("`SoftwareVulnerabilityChangesExport`, which only muster has", func(t *testing.T) {
		for _, calls := range changesCalls() {
			reply := l.links(l.call(calls[1].Name + "?sinceTime=" + sealed[1].Generated.Format(time.RFC3339)))
			l.equal("generatedTime", reply.GeneratedTime, sealed[3].Generated.Format(time.RFC3339))
			folder := "/" + calls[1].Dataset.Folder(true) + "/"
			if len(reply.ExportFiles) != 2 || !strings.Contains(reply.ExportFiles[0], folder) {
				t.Errorf("links %q", reply.ExportFiles)
			}
		}
	})
	t.Run("If some of the changes that were asked for are not kept any more the reply is 410 `Gone`, and never one "+
		"with a gap", func(t *testing.T) {
		for _, state := range []publication.Retention{publication.Retiring, publication.Retired} {
			if err := l.retain(sealed[1].Number, publication.Kept, state); err != nil {
				t.Fatal(err)
			}
			for _, call := range slices.Concat(changesCalls()...) {
				l.refused(l.call(call.Name+"?sinceTime="+sealed[0].Generated.Format(time.RFC3339)), http.StatusGone, "Gone")
			}
		}
		for _, calls := range changesCalls() {
			if got := count(calls[0], sealed[1].Generated); got != 4+5 {
				t.Errorf("%s of a window that does not need it: %d rows", calls[0].Name, got)
			}
		}
	})
}

func TestSection4(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 1))
	t.Run("A row of a finding whose `cveId` is null says that the software may have vulnerabilities and none is "+
		"known", func(t *testing.T) {
		clean := l.page(l.call("SoftwareVulnerabilitiesByMachine?includeClean=true")).Value[2]
		if row := string(clean); !strings.Contains(row, `"cveId":null`) || !strings.Contains(row, `"7-zip"`) {
			t.Errorf("clean row %s", row)
		}
	})
	t.Run("Here they are left out unless the "+
		"request has `includeClean=true`, which only muster knows", func(t *testing.T) {
		for call, want := range map[string]int{
			"SoftwareVulnerabilitiesByMachine?":                                          2,
			"SoftwareVulnerabilitiesByMachine?includeClean=true":                         4,
			"SoftwareVulnerabilityChangesByMachine?sinceTime=" + since:                   2,
			"SoftwareVulnerabilityChangesByMachine?includeclean=TRUE&sinceTime=" + since: 4,
			"SoftwareInventoryByMachine?includeClean=true":                               2,
		} {
			rows, _ := l.pull(l.server.URL + "/api/machines/" + call + "&pageSize=1")
			if len(rows) != want {
				t.Errorf("%s: %d rows, want %d", call, len(rows), want)
			}
		}
		if files := l.links(l.call("SoftwareVulnerabilitiesExport?includeClean=true")).ExportFiles; len(files) != 2 ||
			!strings.Contains(files[1], "/CleanVa/") {
			t.Errorf("links with clean software: %q", files)
		}
		l.refused(l.call("SoftwareVulnerabilitiesByMachine?includeClean=yes"), 400, defender.CodeInvalidInput)
	})
}

// TestSection4Advisories is about rows whose cveId is the id of an advisory.
func TestSection4Advisories(t *testing.T) {
	l := newLab(t)
	rows := findings(full, full)
	device := (&row.Device{ID: deviceID(0), Name: "host.example.com", GroupName: defender.GroupNone}).Piece()
	evidence, at := row.Evidence(nil, nil), row.NewTimestamp(noon)
	piece := (&row.Vulnerability{SoftwareKey: chrome, CVE: "GHSA-5j5w-g665-5m35", Severity: defender.SeverityHigh}).Piece()
	rows[defender.NonCVEAdvisories] = row.AppendVulnerability(nil, &device, &piece, &evidence, at, at)
	software := chrome.Piece(row.EndOfSupport{})
	rows[defender.Software] = row.AppendSoftware(nil, &device, &software, &evidence, 2, at)
	l.sealRows(rows)
	const pages = "SoftwareVulnerabilitiesByMachine"
	t.Run("The advisory of a database may name no CVE (GHSA, PYSEC, MAL). A finding of one is a row like those of "+
		"findings, whose `cveId` is the id of the advisory", func(t *testing.T) {
		all := l.pageRows(t, pages+"?includeNonCve=true")
		l.equal("ids", l.values(all, "cveId"), []string{`"CVE-2023-000000"`, `"CVE-2023-000001"`, `"GHSA-5j5w-g665-5m35"`})
		for _, row := range all {
			l.equal("keys", len(l.membersOf(row)), 27)
		}
	})
	t.Run("Such rows are left out unless the request has `includeNonCve=true`, which only muster knows", func(t *testing.T) {
		for call, want := range map[string]int{
			pages + "?": 2, pages + "?includeClean=true": 2, pages + "?includeNonCve=false": 2, pages + "?includeNonCve=true": 3,
			pages + "?includenoncve=TRUE&includeClean=true":                               3,
			"SoftwareVulnerabilityChangesByMachine?sinceTime=" + since:                    2,
			"SoftwareVulnerabilityChangesByMachine?includeNonCve=true&sinceTime=" + since: 3,
			"SoftwareInventoryByMachine?includeNonCve=true":                               1,
		} {
			got, _ := l.pull(l.server.URL + "/api/machines/" + call + "&pageSize=1")
			if len(got) != want {
				t.Errorf("%s: %d rows, want %d", call, len(got), want)
			}
		}
		l.equal("files", len(l.fileLines(t, "SoftwareVulnerabilitiesExport")), 2)
		l.equal("files", len(l.fileLines(t, "SoftwareVulnerabilitiesExport?includeNonCve=true")), 3)
		l.refused(l.call(pages+"?includeNonCve=yes"), 400, defender.CodeInvalidInput)
	})
	t.Run("They do not count in `numberOfWeaknesses`", func(t *testing.T) {
		l.equal("weaknesses", l.values(l.pageRows(t, "SoftwareInventoryByMachine"), "numberOfWeaknesses"), []string{"2"})
	})
}

func TestSnapshots(t *testing.T) {
	l := newLab(t)
	const rows = "SoftwareInventoryNoProductCodeByMachine"
	t.Run("Exports show published snapshots. A `GET` reads the "+
		"newest one that is published and starts no work", func(t *testing.T) {
		for i, version := range []string{"1.0", "2.0"} {
			l.accept(report("one.example.com", version), jsonBody)
			before := l.pageRows(t, rows)
			for _, call := range defender.Calls() {
				l.equal(call.Name, l.call(call.Name+"?sinceTime="+since).StatusCode, http.StatusOK)
			}
			g, err := l.store.Publication.Generations(t.Context(), org, 10)
			if err != nil || len(g) != i || !slices.Equal(l.pageRows(t, rows), before) {
				t.Errorf("generations %+v, %v, after a GET", g, err)
			}
			l.equal("publish", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, http.StatusOK)
			l.equal("versions", l.values(l.pageRows(t, rows), "softwareVersion"), []string{`"` + version + `"`})
		}
	})
}

func TestHiddenDevicesAndGroups(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(rbac.HiddenGroup, 0, 3, 1), l.fleet(0, 3, 5, 1), l.fleet(7, 5, 6, 1))
	t.Run("Each RBAC group has files of its own", func(t *testing.T) {
		files := l.links(l.call("SoftwareVulnerabilitiesExport")).ExportFiles
		if len(files) != 2 || !strings.Contains(files[0], "_RbacGroupId=0/") ||
			!strings.Contains(files[1], "_RbacGroupId=7/") {
			t.Errorf("links %q", files)
		}
	})
	t.Run("hidden devices are in no page", func(t *testing.T) {
		var ids []string
		for _, id := range l.values(l.pageRows(t, "SoftwareVulnerabilitiesByMachine"), "deviceId") {
			ids = append(ids, strings.Trim(id, `"`))
		}
		l.equal("devices", ids, []string{deviceID(3), deviceID(4), deviceID(5)})
	})
}
