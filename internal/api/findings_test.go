package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
)

// nvd says of Chrome what the NVD says of CVE-2023-3079, as far as it matters.
const nvd = `{"resultsPerPage":1,"startIndex":0,"totalResults":1,"format":"NVD_CVE","version":"2.0","vulnerabilities":[{"cve":{` +
	`"id":"CVE-2023-3079","published":"2023-06-05T22:15:12.383","lastModified":"2024-12-20T17:40:18.967","vulnStatus":"Analyzed",` +
	`"metrics":{"cvssMetricV31":[{"source":"nvd@nist.gov","type":"Primary","cvssData":{"version":"3.1","vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H","baseScore":8.8,"baseSeverity":"HIGH"}}]},` +
	`"configurations":[{"nodes":[{"operator":"OR","negate":false,"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:google:chrome:*:*:*:*:*:*:*:*","versionEndExcluding":"114.0.5735.110"}]}]}]}}]}`

// TestFindings follows one device over an update, from its reports to rows and
// changes.
func TestFindings(t *testing.T) {
	l := newLab(t)
	l.equal("nvd", l.put("/v1/feeds/nvd/nvd?file=page.json", nvd).StatusCode, 200)
	l.equal("kev", l.put("/v1/feeds/kev/kev?file=kev.json", kev).StatusCode, 200)
	publish := func(version string) {
		t.Helper()
		l.advance(time.Hour)
		l.accept(fmt.Sprintf(`{"device":{"name":"win.example.com","osPlatform":"Windows11","osVersion":"10.0.22631.4751","osArchitecture":"x64"},`+
			`"software":[{"kind":"windows","vendor":"Google LLC","name":"Google Chrome","version":%q}]}`, version), jsonBody)
		l.equal("publish", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, 200)
	}
	find := func(call string) (rows []defender.DeltaAssetVulnerability) {
		t.Helper()
		texts, _ := l.pull(l.server.URL + "/api/machines/" + call)
		if err := json.Unmarshal([]byte("["+strings.Join(texts, ",")+"]"), &rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	publish("81.0.4044.138")
	rows := find("SoftwareVulnerabilitiesByMachine")
	if len(rows) != 1 || *rows[0].CVEID != "CVE-2023-3079" || rows[0].CVSSScore != 8.8 ||
		rows[0].ExploitabilityLevel != defender.ExploitIsVerified ||
		rows[0].SoftwareVendor+"/"+rows[0].SoftwareName != "google/chrome" || rows[0].SoftwareVersion != "81.0.4044.138" {
		t.Errorf("rows %+v", rows)
	}
	publish("114.0.5735.110")
	if rows := find("SoftwareVulnerabilitiesByMachine"); len(rows) != 0 {
		t.Errorf("after the update: %+v", rows)
	}
	changes := find("SoftwareVulnerabilityChangesByMachine?pageSize=1&sinceTime=" + since)
	if len(changes) != 2 || changes[0].Status != defender.New || changes[1].Status != defender.Fixed ||
		changes[0].ID != changes[1].ID {
		t.Errorf("changes %+v", changes)
	}
}
