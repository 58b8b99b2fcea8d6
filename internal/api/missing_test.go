package api_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
)

// microsoftRecord is a record of Microsoft's: a CVE is fixed in Windows 10 22H2 by a build.
func microsoftRecord(cve, build string) string {
	return fmt.Sprintf(`{"dataType":"CVE_RECORD","cveMetadata":{"cveId":%q,"assignerShortName":"microsoft","state":"PUBLISHED",
		"datePublished":"2025-09-09T00:00:00Z"},"containers":{"cna":{"affected":[{"vendor":"Microsoft","product":"Windows 10 Version 22H2",
		"cpes":["cpe:2.3:o:microsoft:windows_10_22H2:*:*:*:*:*:*:x64:*"],"versions":[{"version":"10.0.19045.0","lessThan":%q,
		"versionType":"custom","status":"affected"}]}]}}}`, cve, build)
}

// TestMissingKBs: what is missing is the newest of the KBs that replace each other, with what it fixes, on the
// devices that the caller sees.
func TestMissingKBs(t *testing.T) {
	n := newLab(t)
	definitions, err := os.ReadFile("../intel/msrc/testdata/definitions.csv")
	if err != nil {
		t.Fatal(err)
	}
	var feeds feedList
	n.decode(n.put("/v1/feeds/msrc/msrc?file=CVEs.csv", string(definitions)), http.StatusOK, &feeds)
	n.built(feeds)
	for cve, build := range map[string]string{"CVE-2025-48807": "10.0.19045.6332", "CVE-2025-54112": "10.0.19045.6332"} {
		n.decode(n.put("/v1/feeds/cve5/"+cve+"?file="+cve+".json", microsoftRecord(cve, build)), http.StatusOK, &feeds)
		n.built(feeds)
	}
	report := func(name, version string) {
		r := n.do(http.MethodPost, "/v1/reports", strings.NewReader(fmt.Sprintf(`{"device":{"name":%q,"osPlatform":"Windows10",
			"osVersion":%q,"osArchitecture":"x64"},"software":[]}`, name, version)), "Content-Type: application/json")
		n.equal(name, r.StatusCode, http.StatusAccepted)
	}
	report("old1.example.com", "10.0.19045.3000")
	report("old2.example.com", "10.0.19045.3001")
	report("new.example.com", "10.0.19045.9999")
	n.publish()
	build, address := int64(19045), "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5065429"
	want := []defender.ProductFix{{ID: "5065429", Name: "September 2025 Security Updates", OSBuild: &build,
		ProductsNames: []string{"windows_10"}, URL: &address, MachineMissedOn: 2, CVEAddressed: 2}}
	t.Run("Of KBs that replace each other the newest is listed; `machineMissedOn` counts the machines that the caller sees and "+
		"that lack it, `cveAddressed` the findings that it fixes", func(t *testing.T) {
		for _, path := range []string{"/api/machines/old1.example.com", "/api/Software/microsoft-_-windows_10"} {
			got := every[defender.ProductFix](n, path+"/getmissingkbs")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
	})
	t.Run("**ProductFix**, a KB that is missing, has the keys `id` (`5065429`), `name` (`September 2025 Security Updates`), `osBuild` "+
		"int (nullable), `productsNames` string[], `url` (nullable), `machineMissedOn` int, `cveAddressed` int", func(t *testing.T) {
		body := string(n.get("/api/machines/old1.example.com/getmissingkbs").body)
		if !strings.Contains(body, `{"id":"5065429","name":"September 2025 Security Updates","osBuild":19045,"productsNames":["windows_10"],`+
			`"url":"`+address+`","machineMissedOn":2,"cveAddressed":2}`) {
			t.Error(body)
		}
	})
	t.Run("With a feed of kind `msrc` it is the KB that fixes a finding of Windows first", func(t *testing.T) {
		found := every[defender.MachineVulnerability](n, "/api/vulnerabilities/machinesVulnerabilities")
		for _, f := range found {
			if f.FixingKBID == nil || *f.FixingKBID != "5065429" {
				t.Errorf("%+v", f)
			}
		}
		if len(found) != 4 { // two CVEs on two machines
			t.Errorf("%d findings", len(found))
		}
	})
	if got := every[defender.ProductFix](n, "/api/machines/new.example.com/getmissingkbs"); len(got) != 0 {
		t.Errorf("an up-to-date device lacks %+v", got)
	}
	n.refused(n.get("/api/machines/nobody.example.com/getmissingkbs"), http.StatusNotFound, defender.CodeResourceNotFound)
	n.refused(n.get("/api/Software/acme-_-rocket/getmissingkbs"), http.StatusNotFound, defender.CodeResourceNotFound)
	if got := every[defender.ProductFix](n, "/api/machines/old1.example.com/getmissingkbs?$filter=id+eq+'1'"); len(got) != 0 {
		t.Errorf("of another id there are %+v", got)
	}
}

// TestMissingKBsByLists: of a release whose builds say nothing the lists of updates decide, and what is missing is the
// newest as well. A KB counts once for each device, whatever else the devices lack.
func TestMissingKBsByLists(t *testing.T) {
	n := newLab(t)
	rows := `"DatePosted","CVE","BulletinKB","Title","AffectedProduct","AffectedComponent","Severity","Impact","Supersedes","Exploits"` + "\r\n"
	for _, r := range [][4]string{{"20250114", "CVE-2025-0001", "5000001", ""}, {"20250211", "CVE-2025-0002", "5000002", "5000001"},
		{"20250211", "CVE-2025-0003", "5000003", ""}} {
		rows += fmt.Sprintf(`"%s","%s","%s","","Windows Server 2012 R2","","Important","","%s",`+"\r\n", r[0], r[1], r[2], r[3])
	}
	var feeds feedList
	n.decode(n.put("/v1/feeds/msrc/wesng?file=CVEs.csv", rows), http.StatusOK, &feeds)
	n.built(feeds)
	for name, list := range map[string]string{"bare": `,"hotfixes":[]`, "january": `,"hotfixes":["KB5000001"]`, "silent": ""} {
		r := n.do(http.MethodPost, "/v1/reports", strings.NewReader(fmt.Sprintf(`{"device":{"name":"%s.example.com",
			"osPlatform":"WindowsServer2012R2","osVersion":"6.3.9600.20000","osArchitecture":"x64"},"software":[]%s}`, name, list)),
			"Content-Type: application/json")
		n.equal(name, r.StatusCode, http.StatusAccepted)
	}
	n.publish()
	for path, want := range map[string]string{
		"machines/bare.example.com":                   "5000002 on 2 for 2, 5000003 on 2 for 1",
		"machines/january.example.com":                "5000002 on 2 for 1, 5000003 on 2 for 1",
		"machines/silent.example.com":                 "",
		"Software/microsoft-_-windows_server_2012_r2": "5000002 on 2 for 2, 5000003 on 2 for 1",
	} {
		var got []string
		for _, fix := range every[defender.ProductFix](n, "/api/"+path+"/getmissingkbs") {
			got = append(got, fmt.Sprintf("%s on %d for %d", fix.ID, fix.MachineMissedOn, fix.CVEAddressed))
		}
		n.equal(path, strings.Join(got, ", "), want)
	}
}
