package api_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
)

// TestSection1Calls checks the table of calls row by row: both calls of a dataset are open to
// callers with its permission, and to no others.
func TestSection1Calls(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 1))
	const vulnerability, software = "Vulnerability.Read", "Software.Read"
	for _, c := range []struct{ row, pages, files, permission string }{
		{"configurations | `SecureConfigurationsAssessmentByMachine` | " +
			"`SecureConfigurationsAssessmentExport` | `Vulnerability.Read.All` | `Vulnerability.Read`",
			"SecureConfigurationsAssessmentByMachine", "SecureConfigurationsAssessmentExport", vulnerability},
		{"software | `SoftwareInventoryByMachine` | `SoftwareInventoryExport` | `Software.Read.All` | `Software.Read`",
			"SoftwareInventoryByMachine", "SoftwareInventoryExport", software},
		{"findings | `SoftwareVulnerabilitiesByMachine` | `SoftwareVulnerabilitiesExport` | " +
			"`Vulnerability.Read.All` | `Vulnerability.Read`",
			"SoftwareVulnerabilitiesByMachine", "SoftwareVulnerabilitiesExport", vulnerability},
		{"changes of findings | `SoftwareVulnerabilityChangesByMachine` | " +
			"`SoftwareVulnerabilityChangesExport`, which only muster has | `Vulnerability.Read.All` | `Vulnerability.Read`",
			"SoftwareVulnerabilityChangesByMachine?sinceTime=" + since,
			"SoftwareVulnerabilityChangesExport?sinceTime=" + since, vulnerability},
		{"software without a product code | `SoftwareInventoryNoProductCodeByMachine` | " +
			"`SoftwareInventoryNonCpeExport` | `Software.Read.All` | `Software.Read`",
			"SoftwareInventoryNoProductCodeByMachine", "SoftwareInventoryNonCpeExport", software},
		{"changes of configurations, which only muster has | `SecureConfigurationChangesByMachine` | " +
			"`SecureConfigurationChangesExport` | `Vulnerability.Read.All` | `Vulnerability.Read`",
			"SecureConfigurationChangesByMachine?sinceTime=" + since,
			"SecureConfigurationChangesExport?sinceTime=" + since, vulnerability},
		{"changes of software, which only muster has | `SoftwareInventoryChangesByMachine` | " +
			"`SoftwareInventoryChangesExport` | `Software.Read.All` | `Software.Read`",
			"SoftwareInventoryChangesByMachine?sinceTime=" + since,
			"SoftwareInventoryChangesExport?sinceTime=" + since, software},
		{"changes of software without a product code, which only muster has | " +
			"`SoftwareInventoryNoProductCodeChangesByMachine` | `SoftwareInventoryNoProductCodeChangesExport` | " +
			"`Software.Read.All` | `Software.Read`",
			"SoftwareInventoryNoProductCodeChangesByMachine?sinceTime=" + since,
			"SoftwareInventoryNoProductCodeChangesExport?sinceTime=" + since, software},
	} {
		t.Run(c.row, func(t *testing.T) {
			for _, p := range auth.Permissions() {
				for _, delegated := range []bool{false, true} {
					l.as(auth.Caller{ID: "reader", Permissions: []auth.Permission{p}, AllGroups: true, Delegated: delegated})
					l.opens(c.pages, c.files, string(p) == c.permission+".All")
				}
			}
		})
	}
}

// opens sends both calls of a dataset, which must be open or refused.
func (l *lab) opens(pages, files string, open bool) {
	l.Helper()
	if open {
		l.equal(pages, len(l.page(l.call(pages)).Value) > 0, true)
		l.equal(files, len(l.links(l.call(files)).ExportFiles), 1)
		return
	}
	for _, call := range []string{pages, files} {
		l.refused(l.call(call), http.StatusForbidden, defender.CodeForbidden)
	}
}

// TestSection1Keys has devices report everything twice.
func TestSection1Keys(t *testing.T) {
	l := newLab(t)
	l.equal("nvd", l.put("/v1/feeds/nvd/nvd?file=page.json", nvd).StatusCode, 200)
	chrome := func(version string) string {
		return `{"kind":"windows","vendor":"Google LLC","name":"Google Chrome","version":"` + version + `"},`
	}
	publish := func(version string) {
		l.accept(`{"device":{"name":"win.example.com","osPlatform":"Windows11"},"software":[`+
			chrome(version)+chrome(version)+
			`{"kind":"windows","vendor":"Acme","name":"Tool","version":"1"},{"kind":"windows","vendor":"ACME","name":"Acme Tool","version":"1.0"}],`+
			`"configurations":[{"configurationId":"xccdf_1","compliant":`+strconv.FormatBool(version == "81.0")+`}]}`, jsonBody)
		l.equal("publish", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, 200)
		l.advance(time.Hour)
	}
	for _, version := range []string{"81.0", "120.0", "81.0"} {
		publish(version)
	}
	const release = "deviceId softwareVendor softwareName softwareVersion"
	for _, c := range []struct {
		sentence, call, key string
		rows                int
	}{
		{"No two rows of an export have the same key. The key of a configuration is its device and id",
			"SecureConfigurationsAssessmentByMachine", "deviceId configurationId", 1},
		{"of software, with a product code or without, its device, vendor, name and version",
			"SoftwareInventoryByMachine", release, 1},
		{"of software, with a product code or without, its device, vendor, name and version",
			"SoftwareInventoryNoProductCodeByMachine", release, 1},
		{"of a finding the same four and its CVE", "SoftwareVulnerabilitiesByMachine", release + " cveId", 1},
		{"of a change that of its row and the time of the event",
			"SoftwareVulnerabilityChangesByMachine?sinceTime=" + since, release + " cveId eventTimestamp", 3},
		{"of a change that of its row and the time of the event",
			"SoftwareInventoryChangesByMachine?sinceTime=" + since, release + " eventTimestamp", 5},
		{"of a change that of its row and the time of the event",
			"SoftwareInventoryNoProductCodeChangesByMachine?sinceTime=" + since, release + " eventTimestamp", 1},
		{"of a change that of its row and the time of the event",
			"SecureConfigurationChangesByMachine?sinceTime=" + since, "deviceId configurationId eventTimestamp", 3},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			rows := l.pageRows(t, c.call)
			keys := make([]string, len(rows))
			for _, column := range strings.Fields(c.key) {
				for i, value := range l.values(rows, column) {
					keys[i] += value
				}
			}
			slices.Sort(keys)
			if l.equal("rows", len(rows), c.rows); len(slices.Compact(keys)) != len(rows) {
				t.Errorf("%d rows, keys %q", len(rows), keys)
			}
		})
	}
}

// TestSection3Reply compares a page with the printed one, byte for byte.
func TestSection3Reply(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 7, 1))
	t.Run(`{"@odata.context":"https://HOST/api/$metadata#Collection(microsoft.windowsDefenderATP.api.AssetVulnerability)", "value":[{...},{...}], `+
		`"@odata.nextLink":"https://HOST/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=5&$skiptoken=..."}`, func(t *testing.T) {
		r := l.call("SoftwareVulnerabilitiesByMachine?pageSize=5")
		var rows []string
		for _, row := range l.page(r).Value {
			rows = append(rows, string(row))
		}
		_, token, _ := strings.Cut(*l.page(r).NextLink, "$skiptoken=")
		want := fmt.Sprintf(`{"@odata.context":"%[1]s/api/$metadata#Collection(microsoft.windowsDefenderATP.api.AssetVulnerability)","value":[%[2]s],`+
			`"@odata.nextLink":"%[1]s/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=5&$skiptoken=%[3]s"}`+"\n",
			l.server.URL, strings.Join(rows, ","), token)
		l.equal("rows", len(rows), 5)
		l.equal("reply", string(r.body), want)
	})
	t.Run("The context names the entity of the rows: `AssetConfiguration`, `AssetSoftware`, `AssetVulnerability`, "+
		"`DeltaAssetVulnerability` or `AssetNonCpeSoftware`. That of the changes that only muster has is `DeltaAssetConfiguration`, "+
		"`DeltaAssetSoftware` or `DeltaAssetNonCpeSoftware`", func(t *testing.T) {
		var entities []string
		for _, call := range defender.Calls() {
			if !call.Files {
				context := l.page(l.call(call.Name + "?sinceTime=" + since)).Context
				entities = append(entities, strings.TrimPrefix(context,
					l.server.URL+"/api/$metadata#Collection(microsoft.windowsDefenderATP.api."))
			}
		}
		l.equal("entities", entities, []string{"AssetConfiguration)", "AssetSoftware)", "AssetVulnerability)",
			"DeltaAssetVulnerability)", "AssetNonCpeSoftware)", "DeltaAssetConfiguration)", "DeltaAssetSoftware)",
			"DeltaAssetNonCpeSoftware)"})
	})
}

// pieces is a client that records the pieces that it gets.
type pieces struct {
	sink
	first, largest int
}

func (p *pieces) Write(b []byte) (int, error) {
	if p.bytes == 0 {
		p.first = len(b)
	}
	p.largest = max(p.largest, len(b))
	return p.sink.Write(b)
}

// TestSection3Streams checks that pages are sent while they are made: neither the first piece nor
// the memory grows with the page.
func TestSection3Streams(t *testing.T) {
	l := newLab(t)
	estate(l, 40)
	handler := l.handler()
	ask := func(pageSize int) (p pieces) {
		p.header = http.Header{}
		url := fmt.Sprintf("http://localhost/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=%d", pageSize)
		handler.ServeHTTP(&p, httptest.NewRequest(http.MethodGet, url, nil))
		return p
	}
	page := ask(200_000)
	if page.bytes < 10<<20 {
		t.Fatalf("a page of %d bytes", page.bytes)
	}
	const bound = 256 << 10
	t.Run("The memory that a page takes does not grow with its rows", func(t *testing.T) {
		if page.largest > bound {
			t.Errorf("%d bytes at a time", page.largest)
		}
		if testing.Short() {
			t.Skip("the race detector, which runs with -short, takes memory of its own")
		}
		least := uint64(math.MaxUint64) // a collection of garbage may empty the pools
		for range 8 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ask(200_000)
			runtime.ReadMemStats(&after)
			least = min(least, after.TotalAlloc-before.TotalAlloc)
		}
		if least > uint64(page.bytes)/4 {
			t.Errorf("a page of %d bytes takes %d bytes of memory", page.bytes, least)
		}
	})
	t.Run("The first byte arrives long before 30 seconds are over", func(t *testing.T) {
		if page.first > bound {
			t.Errorf("the first bytes come with %d others", page.first)
		}
	})
}
