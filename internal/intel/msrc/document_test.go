package msrc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/msrc"
	"github.com/muster-project/muster/internal/testneed"
)

// month is a CVRF document of September 2025 with some CVEs.
func month(cves ...string) string {
	return `{"DocumentTitle":{"Value":"September 2025 Security Updates"},"DocumentTracking":{"InitialReleaseDate":"2025-09-09T07:00:00",` +
		`"CurrentReleaseDate":"2025-09-19T07:00:24"},"ProductTree":{"FullProductName":[{"ProductID":"1","Value":"Windows 11 Version 23H2 for x64-based Systems"},` +
		`{"ProductID":"2","Value":"Windows Server 2019  (Server Core installation)"},{"ProductID":"3","Value":"CBL Mariner 2.0 x64"}]},"Vulnerability":[` +
		strings.Join(cves, ",") + `]}`
}

// fixed is a CVE in a CVRF document.
func fixed(id, remediations string) string {
	return fmt.Sprintf(`{"CVE":%q,"Title":{"Value":"a flaw"},"Notes":[{"Title":"Issuing CNA","Type":8,"Value":"Microsoft"}],
		"Threats":[{"Type":3,"Description":{"Value":"Important"},"ProductID":["1"]},{"Type":1,"Description":{"Value":"Publicly Disclosed:No;Exploited:Yes;DOS:N/A"}}],
		"Remediations":[%s],"RevisionHistory":[{"Number":"1.1","Date":"2025-10-14T07:00:00Z"},{"Number":"1.0","Date":"2025-09-09T07:00:00Z"}]}`, id, remediations)
}

// TestMonths reads the forms of remediations.
func TestMonths(t *testing.T) {
	text := month(fixed("CVE-2025-1000", `{"Type":2,"Description":{"Value":"5065431"},"Supercedence":"5063875","FixedBuild":"10.0.22631.5909","ProductID":["1"]},
		{"Type":2,"Description":{"Value":"KB5065428"},"Supercedence":"5063877;5063878","FixedBuild":"2.0.50727.9183 & 4.8.4805.0","ProductID":["2","3"]},
		{"Type":5,"Description":{"Value":"5065431"},"ProductID":["1"]},{"Type":0,"Description":{"Value":"5000000"},"ProductID":["1"]}`),
		fixed("CVE-2025-1001", `{"Type":2,"Description":{"Value":"Click to Run"},"FixedBuild":"https://aka.ms/OfficeSecurityReleases","ProductID":["1"]}`),
		fixed("ADV250001", `{"Type":2,"Description":{"Value":"5065431"},"ProductID":["1"]}`),
		fixed("CVE-2025-1002", ""))
	records, odd := inteltest.Parse(t, msrc.Feed{}, inteltest.File("2025-Sep.json", text))
	core := "Windows Server 2019 (Server Core installation)"
	client := "Windows 11 Version 23H2 for x64-based Systems"
	update := func(cve, product, id, build string, severity intel.Severity, supersedes ...string) intel.Update {
		u := intel.Update{CVE: cve, Product: product, ID: id, Title: "September 2025 Security Updates", Published: day(2025, 9, 9),
			FixedBuild: build, Severity: severity, Supersedes: supersedes}
		if id != "" {
			u.URL = catalog + id
		}
		return u
	}
	about := func(id string) *intel.CVE {
		return &intel.CVE{ID: id, Exploit: intel.ExploitVerified, Words: intel.Words{By: intel.ByCNA, Title: "a flaw"}}
	}
	record := func(source string, c *intel.CVE, updates ...intel.Update) intel.Record {
		return intel.Record{Source: source, Published: day(2025, 9, 9), Modified: day(2025, 10, 14), CVE: c, Updates: updates}
	}
	want := []intel.Record{
		record("ADV250001", nil, update("", client, "5065431", "", intel.SeverityHigh)),
		record("CVE-2025-1000", about("CVE-2025-1000"),
			update("CVE-2025-1000", client, "5065431", "10.0.22631.5909", intel.SeverityHigh, "5063875"),
			update("CVE-2025-1000", core, "5065428", "", intel.SeverityUnknown, "5063877", "5063878")),
		record("CVE-2025-1001", about("CVE-2025-1001"), update("CVE-2025-1001", client, "", "", intel.SeverityHigh)),
		record("CVE-2025-1002", about("CVE-2025-1002")),
	}
	if diff := cmp.Diff(want, records); diff != "" || len(odd) > 0 {
		t.Errorf("left out: %v (-want +got):\n%s", odd, diff)
	}
}

// TestFixedBuilds reads a CVE that the API's version 3 has in March 2024.
func TestFixedBuilds(t *testing.T) {
	records, odd := inteltest.Parse(t, msrc.Feed{}, only(t, "testdata/2024-Mar.json"))
	if len(records) != 1 || len(odd) > 0 {
		t.Fatalf("%d records, left out: %v", len(records), odd)
	}
	var got []string
	for _, u := range records[0].Updates {
		got = append(got, u.Product+"|"+u.ID+"|"+u.Title+"|"+u.FixedBuild)
	}
	want := []string{".NET 7.0|5036451|March 2024 Security Updates|7.0.17", ".NET 8.0|5036452|March 2024 Security Updates|8.0.3",
		"Microsoft Visual Studio 2022 version 17.6||March 2024 Security Updates|17.6.13",
		"Microsoft Visual Studio 2022 version 17.9||March 2024 Security Updates|17.9.3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// only is a folder with one file of this one.
func only(t *testing.T, name string) fs.FS {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{name[strings.LastIndex(name, "/")+1:]: {Data: data}}
}

// csaf is a CSAF document of one CVE that Windows has an update for. Its members are those of Microsoft's
// documents; the document is made up.
const csaf = `{"document":{"csaf_version":"2.0","aggregate_severity":{"text":"Critical"},"publisher":{"namespace":"https://msrc.microsoft.com"},
	"tracking":{"id":"msrc_CVE-2025-1000","initial_release_date":"2025-09-09T07:00:00.000Z","current_release_date":"2025-10-14T07:00:00.000Z"}},
	"product_tree":{"branches":[{"category":"vendor","name":"Microsoft","branches":[{"category":"product_name","name":"Windows 11 Version 23H2 for x64-based Systems","branches":[
		{"category":"product_version_range","name":"<10.0.22631.5909","product":{"name":"Windows 11 <10.0.22631.5909","product_id":"1"}},
		{"category":"product_version","name":"10.0.22631.5909","product":{"name":"Windows 11 10.0.22631.5909","product_id":"12242"}}]}]}],
	"full_product_names":[{"product_id":"8","name":"Windows Server 2019"},{"product_id":"9","name":"Microsoft .NET Framework 4.8"}],
	"product_groups":[{"group_id":"g","product_ids":["1","12242"]}],
	"relationships":[{"category":"installed_on","full_product_name":{"product_id":"9-8","name":"both"},"product_reference":"9","relates_to_product_reference":"8"}]},
	"vulnerabilities":[{"cve":"CVE-2025-1000","title":"a flaw","notes":[{"title":"Assigning CNA","text":"Intel Corporation"}],
		"threats":[{"category":"exploit_status","details":"Publicly Disclosed:Yes;Exploited:No"}],
		"remediations":[{"category":"vendor_fix","group_ids":["g"],"details":"10.0.22631.5909:Security Update:https://support.microsoft.com/help/5065431","url":"https://support.microsoft.com/help/5065431"},
		{"category":"vendor_fix","product_ids":["9-8"],"details":"4.8.4762.1:Monthly Rollup:x","url":"https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5065962"},
		{"category":"workaround","product_ids":["8"],"details":"none","url":"https://support.microsoft.com/help/5000000"}]}]}`

// TestAdvisories reads CSAF documents: one of Microsoft's, and what the specification allows.
func TestAdvisories(t *testing.T) {
	records, odd := inteltest.Parse(t, msrc.Feed{}, only(t, "testdata/msrc_cve-2025-29806.json"))
	edge := intel.Update{CVE: "CVE-2025-29806", Product: "Microsoft Edge (Chromium-based)", Title: "March 2025 Security Updates",
		Published: day(2025, 3, 11), FixedBuild: "129.0.2792.52", Severity: intel.SeverityHigh}
	want := []intel.Record{{Source: "CVE-2025-29806", Published: day(2025, 3, 11), Modified: day(2025, 3, 21),
		Updates: []intel.Update{edge}, CVE: &intel.CVE{ID: "CVE-2025-29806", Words: intel.Words{By: intel.ByCNA,
			Title: "Microsoft Edge (Chromium-based) Remote Code Execution Vulnerability"}}}}
	if diff := cmp.Diff(want, records); diff != "" || len(odd) > 0 {
		t.Errorf("Microsoft's: left out %v (-want +got):\n%s", odd, diff)
	}
	records, odd = inteltest.Parse(t, msrc.Feed{}, inteltest.File("a.json", csaf))
	u := intel.Update{CVE: "CVE-2025-1000", Product: "Windows 11 Version 23H2 for x64-based Systems", ID: "5065431", URL: catalog + "5065431",
		Title: "September 2025 Security Updates", Published: day(2025, 9, 9), FixedBuild: "10.0.22631.5909", Severity: intel.SeverityCritical}
	net := u
	net.Product, net.ID, net.URL, net.FixedBuild = "Microsoft .NET Framework 4.8 on Windows Server 2019", "5065962", catalog+"5065962", "4.8.4762.1"
	want = []intel.Record{{Source: "CVE-2025-1000", Published: day(2025, 9, 9), Modified: day(2025, 10, 14),
		Updates: []intel.Update{net, u}, CVE: &intel.CVE{ID: "CVE-2025-1000", Words: intel.Words{By: intel.ByOther, Title: "a flaw"}}}}
	if diff := cmp.Diff(want, records); diff != "" || len(odd) > 0 {
		t.Errorf("left out %v (-want +got):\n%s", odd, diff)
	}
	other := strings.Replace(csaf, "https://msrc.microsoft.com", "https://www.redhat.com", 1)
	if err := inteltest.Failure(t, msrc.Feed{}, inteltest.File("a.json", other)); !errors.Is(err, intel.ErrNoRecords) {
		t.Errorf("another publisher: %v", err)
	}
}

// TestBadDocuments: what is wrong with a CVE costs that CVE alone, and what is wrong with a document the
// document; both are told.
func TestBadDocuments(t *testing.T) {
	good := func(id string) string {
		return fixed(id, `{"Type":2,"Description":{"Value":"5065431"},"ProductID":["1"]}`)
	}
	for name, bad := range map[string]string{
		"no id": `{"Remediations":[]}`, "another id": good("GHSA-1"), "another shape": `{"CVE":[1]}`, "not UTF-8": "{\"CVE\":\"\xff\"}",
		"no product": fixed("CVE-2025-2000", `{"Type":2,"Description":{"Value":"5065431"},"ProductID":["77"]}`), "no object": `7`,
		"wide": `{"CVE":"CVE-2025-2000","Notes":[` + strings.Repeat("{},", 600_000) + `{}]}`,
		"many": fixed("CVE-2025-2000", `{"Type":2,"Description":{"Value":"5065431"},"ProductID":["1"`+strings.Repeat(`,"1"`, 60_000)+`]}`),
	} {
		for _, again := range []bool{false, true} {
			cves := []string{good("CVE-2025-1000"), bad, good("CVE-2025-1001")}
			if again {
				cves = append(cves, bad)
			}
			records, odd := inteltest.Parse(t, msrc.Feed{}, inteltest.File("a.json", month(cves...)))
			if len(records) != 2 || len(odd) != 1 || !strings.Contains(odd[0].Error(), "a.json#1") {
				t.Errorf("%s: %d records, left out: %.300v", name, len(records), odd)
			}
		}
	}
	long := month(strings.Repeat("{},", 100_000) + "{}")
	if err := inteltest.Failure(t, msrc.Feed{}, inteltest.File("a.json", long)); !errors.Is(err, intel.ErrNoRecords) ||
		!strings.Contains(err.Error(), "more than 20000 CVEs") {
		t.Errorf("many CVEs: %v", err)
	}
	whole := month(good("CVE-2025-1000"))
	for name, bad := range map[string]string{
		"cut off": whole[:len(whole)-9], "no list": strings.Replace(whole, `"Vulnerability":[`, `"Vulnerability":7,"x":[`, 1),
		"no day": strings.Replace(whole, "2025-09-09T07:00:00\",\"Cur", "soon\",\"Cur", 1), "no products": strings.Replace(whole, "ProductTree", "Products", 1),
		"not UTF-8": strings.Replace(whole, "Windows", "Window\xff", 1), "no time": strings.Replace(csaf, "initial_release_date", "initial", 1),
	} {
		records, odd := inteltest.Parse(t, msrc.Feed{}, fstest.MapFS{"a.json": {Data: []byte(bad)}, "b.json": {Data: []byte(month(good("CVE-2025-1001")))},
			"c.json": {Data: []byte(`{"value":[]}`)}, "d.json": {Data: []byte(`[]`)}})
		if len(records) != 1 || len(odd) != 1 || !strings.Contains(odd[0].Error(), "a.json") {
			t.Errorf("%s: %d records, left out: %.300v", name, len(records), odd)
		}
	}
}

// TestFormsAgree: what a month, a CSAF document or a list says alike is one update, whichever files have it.
func TestFormsAgree(t *testing.T) {
	of := func(build string) string {
		return month(fixed("CVE-2025-1000", `{"Type":2,"Description":{"Value":"5065431"},"Supercedence":"5063875","FixedBuild":"`+build+`","ProductID":["1"]}`))
	}
	row := header + `"20250909","CVE-2025-1000","5065431","","Windows 11 Version 23H2 for x64-based Systems","","Low","","5063874",` + "\r\n"
	files := map[string]string{"a.json": of("10.0.22631.5909"), "b.json": of(""), "c.json": of("10.0.22631.5990"), "d.csv": row, "e.json": csaf}
	rapid.Check(t, func(t *rapid.T) {
		fsys, supersedes, severity, build := fstest.MapFS{}, []string(nil), intel.SeverityUnknown, ""
		for name, text := range files {
			if !rapid.Bool().Draw(t, name) {
				continue
			}
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
			switch name {
			case "d.csv":
				supersedes, severity = append(supersedes, "5063874"), max(severity, intel.SeverityLow)
			case "e.json":
				severity, build = intel.SeverityCritical, "10.0.22631.5909"
			default:
				supersedes, severity = append(supersedes, "5063875"), max(severity, intel.SeverityHigh)
			}
		}
		slices.Sort(supersedes)
		supersedes = slices.Compact(supersedes)
		if fsys["a.json"] != nil {
			build = "10.0.22631.5909"
		} else if fsys["c.json"] != nil && build == "" {
			build = "10.0.22631.5990"
		}
		found := 0
		for r, err := range (msrc.Feed{}).Parse(t.Context(), fsys) {
			if err != nil && !(errors.Is(err, intel.ErrNoRecords) && len(fsys) == 0) {
				t.Fatal(err)
			}
			for _, u := range r.Updates {
				if u.ID != "5065431" {
					continue
				}
				found++
				if diff := cmp.Diff(supersedes, u.Supersedes); diff != "" || u.Severity != severity || u.FixedBuild != build {
					t.Errorf("severity %d, want %d; build %q, want %q (-want +got):\n%s", u.Severity, severity, u.FixedBuild, build, diff)
				}
			}
			if isList := len(fsys) == 1 && fsys["d.csv"] != nil; (r.Publisher == "wesng") != isList && err == nil {
				t.Errorf("the publisher is %q", r.Publisher)
			}
		}
		if found != min(1, len(fsys)) {
			t.Errorf("%d updates of %d files", found, len(fsys))
		}
	})
}

// TestRealMonths: of each vendor's fix for each product there is an update, with the number that is there, and no
// other; and as many CVEs and numbers as the README of the months counts, without an advisory that has no update.
func TestRealMonths(t *testing.T) {
	for name, want := range map[string]struct{ cves, ids int }{"2020-dec": {58, 43}, "2021-jan": {83, 50}} {
		records, odd := inteltest.Parse(t, msrc.Feed{}, inteltest.Shared(t, "msrc/cvrf-v2-"+name+".json.gz"))
		ids, got := map[string]bool{}, map[string]bool{}
		for _, r := range records {
			for _, u := range r.Updates {
				ids[u.ID] = true
				got[r.Source+"|"+u.Product+"|"+u.ID] = true
				for _, id := range u.Supersedes {
					got[r.Source+"|"+u.Product+"|"+u.ID+"|"+id] = true
				}
			}
		}
		delete(ids, "")
		if len(records) != want.cves || len(ids) != want.ids || len(odd) > 0 {
			t.Errorf("%s: %d CVEs, %d numbers, left out: %v; want %v", name, len(records), len(ids), odd, want)
		}
		if diff := cmp.Diff(vendorFixes(t, testneed.Unpacked(t, "msrc", "cvrf-v2-"+name+".json.gz")), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// vendorFixes reads a month as maps.
func vendorFixes(t *testing.T, text []byte) map[string]bool {
	t.Helper()
	type any = map[string]interface{}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	products := map[string]string{}
	for _, p := range doc["ProductTree"].(any)["FullProductName"].([]interface{}) {
		products[p.(any)["ProductID"].(string)] = strings.Join(strings.Fields(p.(any)["Value"].(string)), " ")
	}
	fixes, numbered := map[string]bool{}, map[string]bool{}
	for _, one := range doc["Vulnerability"].([]interface{}) {
		v := one.(any)
		for _, one := range v["Remediations"].([]interface{}) {
			r := one.(any)
			if r["Type"].(float64) != 2 {
				continue
			}
			id := r["Description"].(any)["Value"].(string)
			if strings.Trim(id, "0123456789") != "" {
				id = ""
			}
			for _, p := range r["ProductID"].([]interface{}) {
				key := v["CVE"].(string) + "|" + products[p.(string)] + "|"
				fixes[key+id] = true
				numbered[key] = numbered[key] || id != ""
				if s, ok := r["Supercedence"].(string); ok && s != "" {
					fixes[key+id+"|"+s] = true
				}
			}
		}
	}
	for key, has := range numbered {
		if has {
			delete(fixes, key)
		}
	}
	return fixes
}

func FuzzDocuments(f *testing.F) {
	f.Add(month(fixed("CVE-2025-1000", `{"Type":2,"Description":{"Value":"5065431"},"Supercedence":"5063875","FixedBuild":"1.2","ProductID":["1","3"]}`)))
	f.Add(csaf)
	f.Add(`{"lackingMonths":[{"ID":"2025-Sep","Why":"404"},{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for r, err := range (msrc.Feed{}).Parse(t.Context(), inteltest.File("e.json", text)) {
			if err != nil {
				continue
			}
			for _, u := range r.Updates {
				if r.Source == "" || u.Product == "" || strings.Trim(u.ID, "0123456789") != "" || u.CVE != "" && u.CVE != r.Source ||
					u.CVE == "" && u.ID == "" || strings.Trim(u.FixedBuild, "0123456789.") != "" {
					t.Errorf("%q: %+v", r.Source, u)
				}
			}
		}
	})
}
