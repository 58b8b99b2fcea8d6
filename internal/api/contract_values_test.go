package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/row"
)

// findings makes a device with some findings of Chrome, one after the other.
func findings(of ...row.Vulnerability) (r assess.Rows) {
	device := (&row.Device{ID: deviceID(0), Name: "host.example.com", GroupName: defender.GroupNone}).Piece()
	nowhere, at := row.Evidence(nil, nil), row.NewTimestamp(noon)
	for i, v := range of {
		v.SoftwareKey, v.CVE = chrome, fmt.Sprintf("CVE-2023-%06d", i)
		p := v.Piece()
		r[defender.Vulnerabilities] = row.AppendVulnerability(r[defender.Vulnerabilities], &device, &p, &nowhere, at, at)
	}
	return r
}

// TestSection4Values checks the values of rows, in the order of the table.
func TestSection4Values(t *testing.T) {
	l := newLab(t)
	l.sealRows(oddDevice())
	const pages, delta = "SoftwareVulnerabilitiesByMachine", "SoftwareVulnerabilityChangesByMachine?sinceTime=" + since
	id := deviceID(0)
	each := func(t *testing.T, call, key string, want ...string) {
		t.Helper()
		l.equal(call+" "+key, l.values(l.pageRows(t, call), key), want)
	}
	t.Run("`id`: `<deviceId>_<vendor>_<name>_<version>_<CVE>`; the row of the next snapshot has the same, and no "+
		"other row has it; clients do not read it", func(t *testing.T) {
		want := []string{`"` + id + `_google_chrome_81.0.4044.138_CVE-2023-3079"`,
			`"` + id + `_google_chrome_81.0.4044.138_CVE-2024-0001"`}
		each(t, pages, "id", want...)
		l.advance(time.Hour)
		l.sealRows(oddDevice())
		each(t, pages, "id", want...)
	})
	t.Run("`deviceId`: 40 hex digits", func(t *testing.T) {
		each(t, pages, "deviceId", `"`+id+`"`, `"`+id+`"`)
		l.refused(l.post(`{"device":{"name":"a.example.com","id":"`+id[1:]+`"}}`, jsonBody), 400, defender.CodeInvalidInput)
	})
	t.Run("`firstSeenTimestamp`, `lastSeenTimestamp`, `softwareFirstSeenTimestamp`: `2026-02-21 08:46:42`, in UTC without "+
		"a zone; a fraction of the second is cut", func(t *testing.T) {
		each(t, pages, "lastSeenTimestamp", `"2026-11-23 12:00:00"`, `"2026-11-23 12:00:00"`)
		each(t, pages, "firstSeenTimestamp", `"2026-11-23 12:00:00"`, `"2026-11-23 12:00:00"`)
		each(t, "SoftwareInventoryByMachine", "softwareFirstSeenTimestamp", `"2026-11-23 12:00:00"`, `"2026-11-23 12:00:00"`)
	})
	t.Run("`softwareLastSeenTimestamp`, `timestamp`: the same with three digits of fraction: "+
		"`2021-01-11 09:47:58.854`", func(t *testing.T) {
		each(t, "SoftwareInventoryNoProductCodeByMachine", "softwareLastSeenTimestamp", `"2026-11-23 12:00:00.123"`,
			`"2026-11-23 12:00:00.123"`)
		each(t, "SecureConfigurationsAssessmentByMachine", "timestamp", `"2026-11-23 12:00:00.123"`)
	})
	t.Run("`eventTimestamp`: whole seconds: `2021-01-11T11:06:08.000Z` in pages, `2021-01-11 11:06:08` in files", func(t *testing.T) {
		precise := newLab(t)
		precise.advance(291 * time.Millisecond)
		precise.sealRows(findings(full))
		precise.equal("in pages", precise.values(precise.pageRows(t, delta), "eventTimestamp"),
			[]string{`"2026-11-23T12:00:00.000Z"`})
		precise.equal("in files", precise.values(precise.fileLines(t, "SoftwareVulnerabilityChangesExport?sinceTime="+since),
			"EventTimestamp"),
			[]string{`"2026-11-23 12:00:00"`})
	})
	t.Run("`previousIsCompliant`: what `isCompliant` was before, if an update changed it; else null", func(t *testing.T) {
		judged := newLab(t)
		for _, judge := range []struct {
			version   string
			compliant bool
		}{{"22631", true}, {"22631", false}, {"26100", false}, {"26100", true}} {
			judged.accept(fmt.Sprintf(`{"device":{"name":"a.example.com","osPlatform":"Windows11","osVersion":"10.0.%s"},`+
				`"configurations":[{"configurationId":"xccdf_1","compliant":%t}]}`, judge.version, judge.compliant), jsonBody)
			judged.publish()
			judged.advance(time.Hour)
		}
		const changes = "SecureConfigurationChangesByMachine?sinceTime=" + since
		rows := judged.pageRows(t, changes)
		judged.equal("statuses", judged.values(rows, "status"), []string{`"New"`, `"Updated"`, `"Updated"`, `"Updated"`})
		judged.equal("in pages", judged.values(rows, "previousIsCompliant"), []string{"null", "true", "null", "false"})
		judged.equal("in files", judged.values(judged.fileLines(t, "SecureConfigurationChangesExport?sinceTime="+since),
			"PreviousIsCompliant"), []string{"", "true", "", "false"})
		lost := judged.pageRows(t, changes+"&$filter=previousIsCompliant+eq+true&$select=isCompliant,previousIsCompliant")
		judged.equal("filtered", lost, []string{`{"isCompliant":false,"previousIsCompliant":true}`})
	})
	t.Run("`cvssScore`, `configurationImpact`: a whole number is `7` in pages, and `7.0` in files", func(t *testing.T) {
		l := newLab(t)
		var scored []row.Vulnerability
		for _, score := range []float64{7, 10, 9.8, 0} {
			scored = append(scored, row.Vulnerability{Score: score, Scored: true})
		}
		rows := findings(scored...)
		device, check := (&row.Device{ID: deviceID(0), Name: "host.example.com", GroupName: defender.GroupNone}).Piece(),
			(&row.Configuration{ID: "scid-1", Impact: 8}).Piece()
		rows[defender.Configurations] = row.AppendConfiguration(nil, &device, &check, row.NewTimestamp(noon), true, true)
		l.sealRows(rows)
		l.equal("scores in pages", l.values(l.pageRows(t, pages), "cvssScore"), []string{"7", "10", "9.8", "0"})
		l.equal("scores in files", l.values(l.fileLines(t, "SoftwareVulnerabilitiesExport"), "CvssScore"),
			[]string{"7.0", "10.0", "9.8", "0.0"})
		l.equal("impact in pages", l.values(l.pageRows(t, "SecureConfigurationsAssessmentByMachine"), "configurationImpact"),
			[]string{"8"})
		l.equal("impact in files", l.values(l.fileLines(t, "SecureConfigurationsAssessmentExport"), "ConfigurationImpact"),
			[]string{"8.0"})
	})
	t.Run("`generatedTime`: whole seconds: `2021-01-11T11:01:00Z`", func(t *testing.T) {
		at := l.links(l.call("SoftwareInventoryExport")).GeneratedTime
		if _, err := time.Parse("2006-01-02T15:04:05Z", at); err != nil || len(at) != len("2021-01-11T11:01:00Z") {
			t.Errorf("generatedTime %q", at)
		}
	})
	t.Run("`exploitabilityLevel`: `NoExploit`, `ExploitIsPublic`, "+
		"`ExploitIsVerified` or `ExploitIsInKit`", func(t *testing.T) {
		each(t, pages, "exploitabilityLevel", `"ExploitIsInKit"`, `"NoExploit"`)
		l := newLab(t)
		l.sealRows(findings(row.Vulnerability{Exploitability: defender.ExploitIsPublic},
			row.Vulnerability{Exploitability: defender.ExploitIsVerified}))
		l.equal("others", l.values(l.pageRows(t, pages), "exploitabilityLevel"),
			[]string{`"ExploitIsPublic"`, `"ExploitIsVerified"`})
	})
	t.Run("`vulnerabilitySeverityLevel`: by the CVSS score `Low`, `Medium`, `High` or `Critical`; a score of 0 is "+
		"`None`; without a score it is the source's own word, or null if there is none, and `cvssScore` is 0", func(t *testing.T) {
		l := newLab(t)
		var scored []row.Vulnerability
		for _, score := range []float64{0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10, 0} {
			scored = append(scored, row.Vulnerability{Score: score, Scored: true})
		}
		l.sealRows(findings(append(scored, row.Vulnerability{}, row.Vulnerability{Severity: defender.SeverityHigh})...))
		rows := l.pageRows(t, pages)
		l.equal("scores", strings.Join(l.values(rows, "cvssScore"), " "), "0.1 3.9 4 6.9 7 8.9 9 10 0 0 0")
		l.equal("levels", strings.Join(l.values(rows, "vulnerabilitySeverityLevel"), " "),
			`"Low" "Low" "Medium" "Medium" "High" "High" "Critical" "Critical" "None" null "High"`)
	})
	t.Run("`endOfSupportStatus`: `None`, `EOS Version`, `Upcoming EOS Version`, `EOS Software` or "+
		"`Upcoming EOS Software`; findings have null in place of `None`", func(t *testing.T) {
		each(t, "SoftwareInventoryByMachine", "endOfSupportStatus", `"Upcoming EOS Version"`, `"None"`)
		l := newLab(t)
		var with []row.Vulnerability
		for _, status := range []string{defender.EndOfSupportNone, defender.VersionEnded, defender.VersionEnding,
			defender.ProductEnded, defender.ProductEnding} {
			with = append(with, row.Vulnerability{EndOfSupport: row.EndOfSupport{Status: status}})
		}
		l.sealRows(findings(with...))
		l.equal("statuses", l.values(l.pageRows(t, pages), "endOfSupportStatus"),
			[]string{"null", `"EOS Version"`, `"Upcoming EOS Version"`, `"EOS Software"`, `"Upcoming EOS Software"`})
	})
	t.Run("`endOfSupportDate`: null, or a time such as `2021-05-11T00:00:00+00:00`", func(t *testing.T) {
		each(t, pages, "endOfSupportDate", `"2021-05-11T00:00:00+00:00"`, "null")
		each(t, "SoftwareInventoryByMachine", "endOfSupportDate", `"2021-05-11T00:00:00+00:00"`, "null")
	})
	t.Run("the id of an update is the number of the KB without letters, `5065429`, and its url is "+
		"`https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5065429`", func(t *testing.T) {
		each(t, pages, "recommendedSecurityUpdateId", `"5065429"`, "null")
		each(t, pages, "recommendedSecurityUpdateUrl",
			`"https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5065429"`, "null")
	})
	t.Run("`recommendationReference`: `va-_-<vendor>-_-<name>` of software and `sca-_-<configurationId>` of a "+
		"configuration", func(t *testing.T) {
		each(t, pages, "recommendationReference", `"va-_-google-_-chrome"`, `"va-_-google-_-chrome"`)
		each(t, "SecureConfigurationsAssessmentByMachine", "recommendationReference", `"sca-_-scid-2010"`)
	})
	t.Run("`diskPaths`, `registryPaths`: pages and files write an empty list as `[]`", func(t *testing.T) {
		for _, calls := range [][2]string{{pages, "SoftwareVulnerabilitiesExport"},
			{"SoftwareInventoryByMachine", "SoftwareInventoryExport"}} {
			each(t, calls[0], "diskPaths", `["C:\\a.exe"]`, "[]")
			each(t, calls[0], "registryPaths", `["HKLM\\a"]`, "[]")
			lines := l.fileLines(t, calls[1])
			l.equal("in files", append(l.values(lines, "DiskPaths"), l.values(lines, "RegistryPaths")...),
				[]string{`["C:\\a.exe"]`, "[]", `["HKLM\\a"]`, "[]"})
		}
	})
}

// osvOf is an advisory on a package of a distribution, about one CVE.
func osvOf(id, cve, ecosystem, name, fixed string) string {
	return fmt.Sprintf(`{"id":%q,"modified":"2025-01-01T00:00:00Z","upstream":[%q],"affected":[{"package":{"ecosystem":%q,"name":%q},`+
		`"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":%q}]}]}]}`, id, cve, ecosystem, name, fixed)
}

// reportedDevices are four devices with software that the lab's intelligence knows.
const reportedDevices = `{"device":{"name":"rhel.example.com","osPlatform":"Linux","osVersion":"enterprise_linux_9.4"},"facts":{"sshd":{"PermitRootLogin":"no"}},` +
	`"software":[{"kind":"rpm","name":"kernel","version":"0:5.14.0-427.42.1.el9_4","purl":"pkg:rpm/redhat/kernel@5.14.0-427.42.1.el9_4"}]}
{"device":{"name":"ubuntu.example.com","osPlatform":"Linux","osVersion":"ubuntu_linux_22.04"},` +
	`"software":[{"kind":"deb","name":"iputils","version":"3:20211215-1","purl":"pkg:deb/ubuntu/iputils@3:20211215-1"}]}
{"device":{"name":"debian.example.com","osPlatform":"Linux","osVersion":"debian_linux_12"},` +
	`"software":[{"kind":"deb","name":"glibc","version":"2.36-9+deb12u4","purl":"pkg:deb/debian/glibc@2.36-9+deb12u4"}]}
{"device":{"name":"windows.example.com","osPlatform":"Windows10","osVersion":"10.0.19045.1"},` +
	`"configurations":[{"configurationId":"xccdf_1","category":"OS","compliant":true,"applicable":true}],` +
	`"software":[{"kind":"windows","vendor":"OpenSSL Software Foundation","name":"OpenSSL","version":"3.3.1"},` +
	`{"kind":"windows","vendor":"Microsoft Corporation","name":"Microsoft Edge","version":"120.0.1"}]}`

// assessed is a lab that has published reportedDevices.
func assessed(t *testing.T) *lab {
	t.Helper()
	l := newLab(t)
	l.equal("nvd", l.put("/v1/feeds/nvd/nvd?file=page.json", nvd).StatusCode, 200)
	for name, advisory := range map[string]string{
		"rhel": osvOf("RHSA-2024:9315", "CVE-2024-0001", "Red Hat:enterprise_linux:9::baseos", "kernel",
			"0:5.14.0-503.11.1.el9_5"),
		"ubuntu": osvOf("USN-7663-1", "CVE-2024-0002", "Ubuntu:22.04:LTS", "iputils", "3:20211215-1ubuntu0.1"),
		"debian": osvOf("DSA-5678-1", "CVE-2024-0003", "Debian:12", "glibc", "2.36-9+deb12u7"),
	} {
		l.equal(name, l.put("/v1/feeds/osv/"+name+"?file=advisory.json", advisory).StatusCode, 200)
	}
	l.accept(reportedDevices, "Content-Type: application/x-ndjson")
	l.equal("publish", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, 200)
	return l
}

// TestSection4Devices checks values that depend on reports from end to end.
func TestSection4Devices(t *testing.T) {
	l := assessed(t)
	columns := func(t *testing.T, call string, keys ...string) (rows []string) {
		t.Helper()
		for _, row := range l.pageRows(t, call) {
			var said []string
			for _, key := range keys {
				said = append(said, strings.Trim(l.values([]string{row}, key)[0], `"`))
			}
			rows = append(rows, strings.Join(said, " "))
		}
		slices.Sort(rows)
		return rows
	}
	const software = "SoftwareInventoryByMachine"
	t.Run("of a Linux device: `osPlatform` is `Linux`; `osVersion` is `enterprise_linux_9.4` or "+
		"`ubuntu_linux_22.04`, for example; the vendor of a package is its distribution: `red_hat`, `ubuntu`, `debian`; "+
		"its version is written as the package manager writes it, with the epoch (`0:5.14.0-427.42.1.el9_4`); "+
		"the id of an update is that of the advisory: `RHSA-2024:9315`, `USN-7663-1`, `DSA-5678-1`", func(t *testing.T) {
		l.equal("findings", columns(t, "SoftwareVulnerabilitiesByMachine", "osPlatform", "osVersion", "softwareVendor",
			"softwareVersion", "recommendedSecurityUpdateId"), []string{
			"Linux debian_linux_12 debian 2.36-9+deb12u4 DSA-5678-1",
			"Linux enterprise_linux_9.4 red_hat 0:5.14.0-427.42.1.el9_4 RHSA-2024:9315",
			"Linux ubuntu_linux_22.04 ubuntu 3:20211215-1 USN-7663-1",
		})
	})
	t.Run("of a Windows device: the version of a file has four parts: `3.3.1.0`", func(t *testing.T) {
		if all := columns(t, software, "softwareName", "softwareVersion"); !slices.Contains(all, "openssl 3.3.1.0") {
			t.Errorf("software %q", all)
		}
	})
	t.Run("`softwareVendor`, `softwareName`: words in lower case with `_` between them: `microsoft`, "+
		"`edge_chromium-based`, `windows_10`", func(t *testing.T) {
		all := columns(t, software, "softwareVendor", "softwareName")
		if !slices.Contains(all, "microsoft edge_chromium-based") || !slices.Contains(all, "microsoft windows_10") {
			t.Errorf("software %q", all)
		}
	})
	t.Run("`configurationId`: our own checks have `scid-<n>`; imported results keep their ids", func(t *testing.T) {
		ids := columns(t, "SecureConfigurationsAssessmentByMachine", "configurationId")
		if len(ids) < 2 || ids[len(ids)-1] != "xccdf_1" {
			t.Errorf("ids %q", ids)
		}
		for _, id := range ids[:len(ids)-1] {
			if !regexp.MustCompile(`^scid-\d+$`).MatchString(id) {
				t.Errorf("id %q", id)
			}
		}
	})
	t.Run("`configurationCategory`: `Application`, `OS`, `Network`, "+
		"`Accounts` or `Security controls`", func(t *testing.T) {
		for _, category := range columns(t, "SecureConfigurationsAssessmentByMachine", "configurationCategory") {
			if !slices.Contains([]string{"Application", "OS", "Network", "Accounts", "Security controls"}, category) {
				t.Errorf("category %q", category)
			}
		}
		other := `{"device":{"name":"a.example.com"},"configurations":[{"configurationId":"x","category":"Others"}]}`
		l.refused(l.post(other, jsonBody), 400, defender.CodeInvalidInput)
	})
	t.Run("`deviceName`: the full DNS name, and never null", func(t *testing.T) {
		l.equal("names", slices.Compact(columns(t, software, "deviceName")),
			[]string{"debian.example.com", "rhel.example.com", "ubuntu.example.com", "windows.example.com"})
		l.refused(l.post(`{"device":{"id":"`+deviceID(0)+`"}}`, jsonBody), 400, defender.CodeInvalidInput)
	})
	t.Run("`osPlatform`: among others `Windows10`, `Windows11`, `WindowsServer2019`, `WindowsServer2022`, `macOS`, "+
		"`Linux`", func(t *testing.T) {
		l, want := newLab(t), []string{"Linux", "Windows10", "Windows11", "WindowsServer2019", "WindowsServer2022", "macOS"}
		for _, platform := range want {
			l.accept(fmt.Sprintf(`{"device":{"name":"%s.example.com","osPlatform":%q},"software":[{"kind":"generic","vendor":"acme","name":"tool","version":"1"}]}`,
				strings.ToLower(platform), platform), jsonBody)
		}
		l.equal("publish", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, 200)
		platforms := l.values(l.pageRows(t, "SoftwareInventoryNoProductCodeByMachine"), "osPlatform")
		slices.Sort(platforms)
		l.equal("platforms", strings.Join(platforms, " "), `"`+strings.Join(want, `" "`)+`"`)
	})
}
