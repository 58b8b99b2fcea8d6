package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/control"
)

// overruled limits CVE-2023-3079 to telephones in a source that is trusted less than a CVE record.
const (
	record = `{"cveMetadata":{"cveId":"CVE-2023-3079","state":"PUBLISHED","assignerShortName":"Chrome"},"containers":{"cna":{"affected":[` +
		`{"vendor":"Google","product":"Chrome","versions":[{"version":"114.0.5735.110","status":"affected","lessThan":"114.0.5735.110","versionType":"custom"}]}]}}}`
	telephones = `{"vulnerabilities":[{"cve":{"id":"CVE-2023-3079","configurations":[{"operator":"AND","nodes":[` +
		`{"operator":"OR","cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:google:chrome:*:*:*:*:*:*:*:*","versionEndExcluding":"114.0.5735.110"}]},` +
		`{"operator":"OR","cpeMatch":[{"vulnerable":false,"criteria":"cpe:2.3:o:google:android:-:*:*:*:*:*:*:*"}]}]}]}}]}`
)

// TestWhy explains a finding, then why it is none any more, by device and by the row's id.
func TestWhy(t *testing.T) {
	l := newLab(t)
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	l.accept(`{"device":{"name":"win.example.com","osPlatform":"Windows11","osVersion":"10.0.22631.4751","osArchitecture":"x64"},`+
		`"software":[{"kind":"windows","vendor":"Google LLC","name":"Google Chrome","version":"81.0.4044.138"},`+
		`{"kind":"windows","vendor":"Nobody","name":"Unknown Thing","version":"1"}]}`, jsonBody)
	l.equal("publish", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, 200)
	var devices control.DeviceList
	l.decode(l.get("/v1/devices"), 200, &devices)
	id := devices.Devices[0].ID
	ask := func(address string) (why control.Why) {
		t.Helper()
		l.decode(l.get(address), 200, &why)
		return why
	}
	finding := "/v1/findings/" + url.PathEscape(id+"_google_chrome_81.0.4044.138_CVE-2023-3079") + "/why"
	for _, address := range []string{"/v1/devices/" + id + "/why?cve=cve-2023-3079", finding} {
		why := ask(address)
		s := why.Software[0]
		if !why.Affected || !s.Affected || s.Rule != "alias" || s.SoftwareName != "chrome" || len(s.Statements) != 1 ||
			!s.Statements[0].Decides || s.Statements[0].Trust != "cna" || s.Statements[0].Versions != "before 114.0.5735.110" {
			t.Errorf("%s: %+v", address, why)
		}
		for _, words := range []string{"win.example.com is affected by CVE-2023-3079.", "the curated table of titles",
			"The finding rests on this."} {
			if text := strings.Join(append(why.Text, s.Text...), "\n"); !strings.Contains(text, words) {
				t.Errorf("%s: no word of %q in %q", address, words, text)
			}
		}
	}
	l.equal("overrides", l.put("/v1/feeds/nvd/nvd?file=page.json", telephones).StatusCode, 200)
	why := ask(finding)
	if s := why.Software[0]; why.Affected || len(s.Statements) != 2 || s.Statements[0].Effect != "overruled" ||
		len(s.Statements[0].PlatformsBy) != 1 || s.Statements[0].PlatformsBy[0] != "nvd/CVE-2023-3079" ||
		s.Statements[1].Effect != "otherPlatform" {
		t.Errorf("with telephones: %+v", why)
	}
	why = ask("/v1/devices/" + id + "/why?cve=CVE-1999-0001")
	if why.Affected || why.Known || len(why.Software) != 0 || !strings.Contains(why.Text[1], "No feed states anything") {
		t.Errorf("an unknown CVE: %+v", why)
	}
	l.equal("kev", l.put("/v1/feeds/kev/kev?file=kev.json", `{"vulnerabilities":[{"cveID":"CVE-2025-8088","dateAdded":"2025-08-12",`+
		`"dueDate":"2025-09-02"}]}`).StatusCode, 200)
	why = ask("/v1/devices/" + id + "/why?cve=CVE-2025-8088")
	if text := strings.Join(why.Text, " "); why.Verdict != "notSought" || strings.Contains(text, "not affected") ||
		!strings.Contains(text, "Nobody looked for CVE-2025-8088") {
		t.Errorf("a CVE that only KEV has: %+v", why)
	}
	var of control.VulnerabilityRows
	for address, want := range map[string]string{"?cve=CVE-2025-8088": "notSought", "?cve=CVE-1999-0001": "notSought",
		"?cve=CVE-2023-3079": "affected", "?cve=CVE-2025-8088&severity=low": "", "": ""} {
		of = control.VulnerabilityRows{}
		l.decode(l.get("/v1/vulnerabilities"+address), 200, &of)
		if of.Verdict != want || (of.Known != nil && of.Known.KEV) != (address == "?cve=CVE-2025-8088") {
			t.Errorf("%s: %+v", address, of)
		}
	}
	why = ask("/v1/devices/" + id + "/why")
	text := ""
	for _, s := range why.Software {
		text += strings.Join(s.Text, "\n")
	}
	if len(why.Software) != 3 || !strings.Contains(text, "no exact key leads to a product") || strings.Contains(text, "Unknown Thing 1: 0 CVEs") {
		t.Errorf("all software: %q", text)
	}
	l.refused(l.get("/v1/devices/"+id+"/why?cve=chrome"), 400, "InvalidInput")
	l.refused(l.get("/v1/devices/"+strings.Repeat("0", 40)+"/why"), 404, "ResourceNotFound")
	for _, bad := range []string{"x", id + "_google_chrome_1_CVE-2023-3079", id + "_CVE-2023-3079", strings.Repeat("0", 40) + "_a_b_1_CVE-2023-3079"} {
		l.refused(l.get("/v1/findings/"+url.PathEscape(bad)+"/why"), 404, "ResourceNotFound")
	}
}

// TestWhyAdvisory goes from a feed of advisories that name no CVE to a row and its explanation: by the
// vulnerability's name, by that of each advisory on it, in any case, and by the row's id.
func TestWhyAdvisory(t *testing.T) {
	l := newLab(t)
	advisory := func(id, aliases string) string {
		return `{"id":"` + id + `","aliases":[` + aliases + `],"modified":"2026-01-02T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"left"},` +
			`"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"2.0.0"}]}],"database_specific":{"severity":"HIGH"}}]}`
	}
	l.equal("osv", l.put("/v1/feeds/osv/npm?file=PYSEC-2021-1.json", advisory("PYSEC-2021-1", `"GHSA-5j5w-g665-5m35"`)).StatusCode, 200)
	l.accept(`{"device":{"name":"web.example.com","osPlatform":"Linux","osVersion":"debian_12"},"software":[`+
		`{"kind":"npm","name":"left","version":"1.0.0","purl":"pkg:npm/left@1.0.0"},`+
		`{"kind":"npm","name":"right","version":"1.0.0","purl":"pkg:npm/right@1.0.0"}]}`, jsonBody)
	l.equal("publish", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, 200)
	l.equal("rows without", len(l.pageRows(t, "SoftwareVulnerabilitiesByMachine")), 0)
	rows := l.pageRows(t, "SoftwareVulnerabilitiesByMachine?includeNonCve=true")
	l.equal("ids", l.values(rows, "cveId"), []string{`"GHSA-5j5w-g665-5m35"`})
	l.equal("severities", l.values(rows, "vulnerabilitySeverityLevel"), []string{`"High"`})
	id := strings.Trim(l.values(rows, "id")[0], `"`)
	device, _, _ := strings.Cut(id, "_")
	for _, address := range []string{
		"/v1/devices/" + device + "/why?cve=GHSA-5j5w-g665-5m35", "/v1/devices/" + device + "/why?cve=ghsa-5J5W-g665-5m35",
		"/v1/devices/" + device + "/why?cve=PYSEC-2021-1", "/v1/devices/" + device + "/why?cve=pysec-2021-1",
		"/v1/findings/" + url.PathEscape(id) + "/why",
	} {
		var why control.Why
		l.decode(l.get(address), 200, &why)
		if !why.Affected || !why.Known || why.CVE != "GHSA-5j5w-g665-5m35" || len(why.Software) != 1 ||
			why.Software[0].Advisories != 1 || why.Software[0].Findings != 0 {
			t.Errorf("%s: %+v", address, why)
		}
	}
	l.refused(l.get("/v1/devices/"+device+"/why?cve=nonsense"), 400, "InvalidInput")
	var all control.Why
	l.decode(l.get("/v1/devices/"+device+"/why"), 200, &all)
	if text := strings.Join(all.Software[0].Text, " "); !strings.Contains(text, "1 advisories without a CVE do, too.") {
		t.Errorf("without a CVE: %q", text)
	}
	for _, s := range all.Software {
		l.equal("coverage of "+s.Name, s.Coverage.Reason, "feedPart") // one advisory is a sample
	}
	l.sound(1, 0)
}
