package cve5_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// by makes a published record of one assigner with one entry.
func by(assigner, product, versions string) fstest.MapFS {
	return fstest.MapFS{"CVE-2024-0001.json": {Data: []byte(`{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED",
		"assignerShortName":"` + assigner + `"},"containers":{"cna":{"affected":[{"vendor":"V","product":"` + product +
		`","versions":[` + versions + `]}]}}}`)}}
}

// TestHabits says what items of some assigners mean (matching.md, 3.5).
func TestHabits(t *testing.T) {
	between := func(from, before string) intel.Range { return intel.Range{Low: from, High: before} }
	through := func(from, last string) intel.Range { return intel.Range{Low: from, High: last, HighIncluded: true} }
	item := func(bound, low, high string) string {
		return fmt.Sprintf(`{"version":%q,%q:%q,"status":"affected"}`, low, bound, high)
	}
	const before, last = "lessThan", "lessThanOrEqual"
	for _, test := range []struct {
		assigner, product, versions string
		want                        []intel.Range
	}{
		{"hackerone", "Node.js", item(before, "20.3.1", "20.3.1"), []intel.Range{between("20", "20.3.1")}},
		{"hackerone", "Node", item(last, "20.5.0", "20.5.0") + "," + item(last, "18.17.0", "18.17.0"),
			[]intel.Range{through("20", "20.5.0"), through("18", "18.17.0")}},
		{"hackerone", "Node.js", item(last, "20.0.0", "20.5.0"), []intel.Range{through("20.0.0", "20.5.0")}},
		{"hackerone", "Rocket", item(before, "20.3.1", "20.3.1"), []intel.Range{{High: "20.3.1"}}},
		{"hackerone", "Rocket", item(last, "20.3.1", "20.3.1"), []intel.Range{{Exact: "20.3.1"}}},
		{"mitre", "Node.js", item(before, "20.3.1", "20.3.1"), []intel.Range{{High: "20.3.1"}}},
		{"oracle", "MySQL Server", item(last, "*", "8.4.0"), []intel.Range{through("8.4", "8.4.0")}},
		{"oracle", "MySQL Server", item(last, "*", "8.0.37") + "," + item(last, "*", "8.4.0"),
			[]intel.Range{through("8.0", "8.0.37"), through("8.1", "8.4.0")}},
		{"oracle", "MySQL Server", item(last, "*", "8.3.0"), []intel.Range{through("8.1", "8.3.0")}},
		{"oracle", "MySQL Cluster", item(last, "unspecified", "9.1.0"), []intel.Range{through("9.0", "9.1.0")}},
		{"oracle", "MySQL Server", item(last, "*", "5.7.44"), []intel.Range{through("5.7", "5.7.44")}},
		{"oracle", "MySQL Connectors", item(last, "*", "9.0.0"), []intel.Range{{High: "9.0.0", HighIncluded: true}}},
		{"hackerone", "Node.js", item(before, "20.0.0", "20.0.0"), nil},
		{"hackerone", "Node.js", item(before, "20.3", "20.3.0"), []intel.Range{between("20", "20.3.0")}},
		{"hackerone", "Node.js", item(last, "20.0.0", "20.0.0"), []intel.Range{through("20", "20.0.0")}},
		{"oracle", "MySQL Server", item(before, "*", "8.4.0"), nil},
		{"oracle", "MySQL Server", item(before, "8.0.37", "8.0.37"), []intel.Range{between("8.0", "8.0.37")}},
		{"oracle", "MySQL Server", item(last, "8.0.37", "8.0.37"), []intel.Range{{Exact: "8.0.37"}}},
		{"oracle", "VM VirtualBox", item(before, "unspecified", "7.0.20"), []intel.Range{{High: "7.0.20"}}},
		{"microsoft", "Visual Studio Code", item(before, "1.0.0", "1.77.0"), []intel.Range{{High: "1.77.0"}}},
		{"microsoft", "Azure DevOps Server 2020.1.2", item(before, "2020.1.0", "20230823.1"), nil},
		{"microsoft", "Azure DevOps Server 2022", item(before, "20230131.0", "20230602.4"),
			[]intel.Range{between("20230131.0", "20230602.4")}},
		{"microsoft", "Microsoft Office for Universal", item(before, "16.0.1", "16.0.14326.21xxxx"), nil},
		{"microsoft", "Microsoft Visual Studio 2019 version 16.9 (includes 16.0 - 16.8)", item(before, "15.0.0", "16.9.24"),
			[]intel.Range{between("16.0", "16.9.24")}},
		{"microsoft", "Microsoft Visual Studio 2019 version 16.11 (includes 16.0 - 16.10)", item(before, "16.11.0", "16.11.27"),
			[]intel.Range{between("16.11.0", "16.11.27")}},
		{"microsoft", "Azure CycleCloud 8.0.1", item(before, "8.0.0", "8.6.4"), []intel.Range{between("8.0.0", "8.6.4")}},
		{"microsoft", ".NET 8.0", item(before, "1.0.0", "8.0.0"), []intel.Range{between("8.0~", "8.0.0")}},
		{"microsoft", "ASP.NET Core 8.0", item(before, "8.0", "8.0.0"), []intel.Range{between("8.0~", "8.0.0")}},
		{"microsoft", "ASP.NET Core 8.0", item(before, "8.0.5", "8.0.5"), []intel.Range{between("8.0~", "8.0.5")}},
		{"microsoft", "ASP.NET Core 8.0", item(last, "8.0", "8.0.0"), []intel.Range{through("8.0~", "8.0.0")}},
		{"microsoft", "Microsoft Visual Studio 2019 version 16.0 (includes 16.0 - 16.0)", item(before, "15.0.0", "16.0.0"), nil},
		{"microsoft", "Microsoft .NET Framework 3.5", item(before, "3.0.0", "3.5.0"), nil},
		{"microsoft", "Microsoft .NET Framework 3.5", item(before, "3.5.30729.8957", "3.5.30729.8957"),
			[]intel.Range{between("3.5", "3.5.30729.8957")}},
		{"microsoft", "Microsoft .NET Framework 4.6.2", item(before, "4.7.04081.0", "4.7.4081.0"),
			[]intel.Range{between("4.7", "4.7.4081.0")}},
		{"microsoft", "Microsoft .NET Framework 4.8.1", item(before, "4.8.1", "4.8.9032.0"), nil},
		{"github_m", ".NET 8.0", item(before, "1.0.0", "8.0.5"), []intel.Range{between("1.0.0", "8.0.5")}},
	} {
		records, odd := parse(t, by(test.assigner, test.product, test.versions))
		var got []intel.Range
		for _, a := range records["CVE-2024-0001"].Affected {
			got = append(got, a.Versions...)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || len(odd) > 0 {
			t.Errorf("%s, %s: %v (-want +got):\n%s", test.assigner, test.product, odd, diff)
		}
	}
}

// TestPlatformInText says which products' texts end in a platform.
func TestPlatformInText(t *testing.T) {
	for text, want := range map[string]string{
		"Microsoft ODBC Driver 17 for SQL Server on Linux": "linux/linux_kernel", "Outlook for iOS": "apple/iphone_os",
		"WhatsApp Desktop for Mac": "apple/macos", "Zoom Rooms for macOS": "apple/macos", "Firefox for Android": "google/android",
		"Citrix Workspace app for Windows": "microsoft/windows", "Agent for Microsoft Windows": "microsoft/windows",
		"Remote Desktop client for Windows Desktop": "microsoft/windows", ".NET 9.0 installed on Mac OS": "apple/macos",
		"Microsoft Office for Universal":     "microsoft/universal_windows_platform",
		"Windows Subsystem for Linux (WSL2)": "", "Extension for Android Studio": "", "Linux": "", "for Linux": "", "on": "", "": "",
		"Plugin for Splunk": "", "Windows for Dummies": "",
	} {
		records, _ := parse(t, by("acme", text, `{"version":"1","lessThan":"2","status":"affected"}`))
		got := ""
		for _, a := range records["CVE-2024-0001"].Affected {
			for _, p := range a.Requires {
				got = strings.TrimSpace(got + " " + p.Vendor + "/" + p.Product)
			}
		}
		if got != want {
			t.Errorf("%q requires %q, want %q", text, got, want)
		}
	}
}

// TestReleaseLines judges releases of Node.js and MySQL by real records and by an oracle that compares a release only
// with the bounds of its own release line.
func TestReleaseLines(t *testing.T) {
	fsys := inteltest.Shared(t, "cve5/vulnrichment-develop.tar.gz")
	records, _ := parse(t, fsys)
	node := lines{"hackerone", func(p string) bool { return p == "Node.js" || p == "Node" }, func(n []int) string { return join(n[:1]) },
		releasesOf(20, "14.21", "16.20", "18.0", "18.17", "19.2", "20.0", "20.3", "20.11", "21.6", "22.4"), 1143}
	mysql := lines{"oracle", func(p string) bool {
		return p == "MySQL Server" || p == "MySQL Cluster" || p == "MySQL Client"
	}, func(n []int) string {
		if n[0] == 8 && 1 <= n[1] && n[1] <= 3 || n[0] > 8 { // innovation releases
			return fmt.Sprint("after ", n[0])
		}
		return join(n[:2])
	}, releasesOf(45, "5.6", "5.7", "8.0", "8.1", "8.2", "8.3", "8.4", "9.0"), 11809}
	for _, l := range []lines{node, mysql} {
		right, entries := 0, 0
		for doc, err := range intel.DefaultLimits().Documents(fsys) {
			if err != nil {
				t.Fatal(err)
			}
			var raw rawRecord
			if !strings.Contains(string(doc.Data), l.assigner) || json.Unmarshal(doc.Data, &raw) != nil ||
				raw.Metadata.Assigner != l.assigner {
				continue
			}
			for _, e := range raw.Containers.CNA.Affected {
				if !l.named(e.Product) {
					continue
				}
				entries++
				right += l.judge(t, records[raw.Metadata.ID], e)
			}
		}
		if right != l.right {
			t.Errorf("%s: %d right rows of %d entries, want %d", l.assigner, right, entries, l.right)
		}
	}
}

// lines are the release lines of a product.
type lines struct {
	assigner string
	named    func(product string) bool
	line     func(release []int) string
	releases []string
	right    int // rows
}

// judge compares a record's statements with an entry's bounds, and returns the number of right rows.
func (l lines) judge(t *testing.T, r intel.Record, e rawEntry) (right int) {
	bounds, first := map[string][]int{}, true
	for _, v := range e.Versions {
		bound := v.LessThan + v.LessThanOrEqual
		if !plainBound.MatchString(bound) || v.Status != "affected" || v.Version != bound && v.Version != "*" &&
			v.Version != "unspecified" {
			first = false // it says where it begins, or is no range
			continue
		}
		bounds[l.line(numbers(bound))] = numbers(bound)
	}
	if !first {
		return 0
	}
	var a []intel.Affected
	for _, s := range r.Affected {
		name := strings.ReplaceAll(strings.ToLower(e.Product), " ", "_") // as in CPEs, which Oracle writes since October 2024
		if (s.Product == e.Product || s.Product == name) && s.By == intel.ByCNA {
			s.Vendor, s.Product = "v", "p"
			a = append(a, s)
		}
	}
	for _, release := range l.releases {
		bound, n := bounds[l.line(numbers(release))], numbers(release)
		if bound == nil && l.line(n) == "after 8" && bounds["8.0"] != nil {
			bound = bounds["8.4"] // which follows them; what was affected before and after is so between
		}
		want := bound != nil && slices.Compare(n, bound) < 0
		if e.Versions[0].LessThan == "" {
			want = bound != nil && slices.Compare(n, bound) <= 0
		}
		got := states(&intel.Record{Affected: a}, []string{"v:p"}, release)
		if got != want {
			t.Errorf("%s: %s %s is affected: %v, want %v", r.Source, e.Product, release, got, want)
		}
		if got && want {
			right++
		}
	}
	return right
}
