package quality

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// monthProduct is a release in Microsoft's months of winter 2020.
type monthProduct struct{ text, platform, build string }

func monthProducts() (all []monthProduct) {
	for version, build := range map[string]string{"Version 1607": "14393", "Version 1709": "16299", "Version 1803": "17134",
		"Version 1809": "17763", "Version 1903": "18362", "Version 1909": "18363", "Version 2004": "19041",
		"Version 20H2": "19042"} {
		all = append(all, monthProduct{"Windows 10 " + version + " for x64-based Systems", "Windows10", "10.0." + build})
	}
	return append(all,
		monthProduct{"Windows 10 for x64-based Systems", "Windows10", "10.0.10240"},
		monthProduct{"Windows 7 for x64-based Systems Service Pack 1", "Windows7", "6.1.7601"},
		monthProduct{"Windows 8.1 for x64-based systems", "Windows8.1", "6.3.9600"},
		monthProduct{"Windows Server 2008 for x64-based Systems Service Pack 2", "WindowsServer2008", "6.0.6003"},
		monthProduct{"Windows Server 2008 R2 for x64-based Systems Service Pack 1", "WindowsServer2008R2", "6.1.7601"},
		monthProduct{"Windows Server 2012", "WindowsServer2012", "6.2.9200"},
		monthProduct{"Windows Server 2012 R2", "WindowsServer2012R2", "6.3.9600"},
		monthProduct{"Windows Server 2016", "WindowsServer2016", "10.0.14393"},
		monthProduct{"Windows Server 2019", "WindowsServer2019", "10.0.17763"},
		monthProduct{"Windows Server, version 1909 (Server Core installation)", "WindowsServer2019", "10.0.18363"},
		monthProduct{"Windows Server, version 2004 (Server Core installation)", "WindowsServer2019", "10.0.19041"})
}

// monthFix is one update of a month that fixes a CVE of a product, and the one that it replaces.
type monthFix struct{ cve, product, kb, older string }

// readMonth reads a month's document of MSRC.
func readMonth(t *tally, file string) (fixes []monthFix) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		ProductTree struct {
			FullProductName []struct{ ProductID, Value string }
		}
		Vulnerability []struct {
			CVE          string
			Remediations []struct {
				Type         int
				Description  struct{ Value string }
				Supercedence string
				ProductID    []string
			}
		}
	}
	if err := json.NewDecoder(plain).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, p := range doc.ProductTree.FullProductName {
		names[p.ProductID] = p.Value
	}
	for _, v := range doc.Vulnerability {
		for _, r := range v.Remediations {
			kb := r.Description.Value
			if r.Type != 2 || kb == "" || strings.Trim(kb, "0123456789") != "" || !strings.HasPrefix(v.CVE, "CVE-") {
				continue
			}
			for _, id := range r.ProductID {
				fixes = append(fixes, monthFix{v.CVE, strings.ToLower(names[id]), kb, strings.TrimSpace(r.Supercedence)})
			}
		}
	}
	return fixes
}

// runMonths judges a machine of each release before and after the updates of two months.
func runMonths(t *tally) {
	p := newProgram(t.TB)
	var months [2][]monthFix
	for i, name := range []string{"cvrf-v2-2020-dec.json.gz", "cvrf-v2-2021-jan.json.gz"} {
		file := testneed.Shared(t.TB, "msrc", name)
		months[i] = readMonth(t, file)
		if _, err := p.importFeed("msrc", file, fmt.Sprint("month", i)); err != nil {
			t.Fatal(err)
		}
	}
	// wanted are the CVEs of each device, with the updates that fix them.
	wanted, fixed, updates := map[string]map[string][]string{}, 0, map[string]bool{}
	for _, release := range monthProducts() {
		by, own, older := map[string][]string{}, [2]map[string]bool{{}, {}}, map[string]bool{}
		for i, month := range months {
			for _, f := range month {
				if f.product == strings.ToLower(release.text) {
					by[f.cve] = append(by[f.cve], f.kb)
					own[i][f.kb], updates[f.kb] = true, true
					for kb := range strings.FieldsFuncSeq(f.older, func(r rune) bool { return r < '0' || r > '9' }) {
						older[kb] = i == 0 || older[kb]
					}
				}
			}
		}
		listed := map[string]bool{}
		for kb, ofFirst := range older {
			listed[kb] = ofFirst && !own[0][kb] && !own[1][kb]
		}
		maps.DeleteFunc(listed, func(_ string, in bool) bool { return !in })
		for i := range len(months) + 1 {
			device := fmt.Sprintf("%s-%s-%d", release.platform, release.build, i)
			p.reportListing(&listing{name: device, build: release.build, updates: listed}, release.platform)
			wanted[device] = map[string][]string{}
			for cve, kbs := range by {
				if slices.ContainsFunc(kbs, func(kb string) bool { return listed[kb] }) {
					kbs = nil
					fixed++
				}
				wanted[device][cve] = kbs
			}
			if i < len(months) {
				listed = maps.Clone(listed)
				maps.Copy(listed, own[i])
			}
		}
	}
	given := map[string]map[string]string{}
	for _, r := range p.publish()["findings"] {
		name, cve := fmt.Sprint(r["deviceName"]), fmt.Sprint(r["cveId"])
		if given[name] == nil {
			given[name] = map[string]string{}
		}
		given[name][cve] = fmt.Sprint(r["recommendedSecurityUpdateId"])
	}
	for device, cves := range wanted {
		for cve, kbs := range cves {
			kb, ok := given[device][cve]
			t.judge(device+" "+cve, kbs != nil, ok)
			if kbs != nil && ok {
				t.judge(device+" "+cve+" by its update", true, slices.Contains(kbs, kb))
			}
		}
	}
	t.note("%d devices, %d updates; %d times a CVE is fixed", len(wanted), len(updates), fixed)
}
