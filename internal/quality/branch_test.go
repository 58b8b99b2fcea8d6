package quality

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// bound says that a CVE is in a product before a version.
type bound struct{ cve, product, before string }

// cnaBounds reads the upper bounds of one assigner's own entries.
func cnaBounds(t *tally, archive, assigner string) (bounds []bound) {
	t.Helper()
	eachRecord(t, archive, func(text []byte) {
		var r struct {
			CVEMetadata struct{ CVEID, State, AssignerShortName string }
			Containers  struct {
				CNA struct {
					Affected []struct {
						Product  string
						Versions []struct{ Status, LessThan string }
					}
				}
			}
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		if r.CVEMetadata.AssignerShortName != assigner || r.CVEMetadata.State != "PUBLISHED" {
			return
		}
		for _, a := range r.Containers.CNA.Affected {
			for _, v := range a.Versions {
				if v.Status == "affected" && parts(v.LessThan) != nil {
					bounds = append(bounds, bound{r.CVEMetadata.CVEID, a.Product, v.LessThan})
				}
			}
		}
	})
	return bounds
}

// older reports whether a version is before another; both consist of numbers, and zeros at the end
// mean nothing.
func older(a, b string) bool { return slices.Compare(withoutZeros(a), withoutZeros(b)) < 0 }

func withoutZeros(v string) []int {
	numbers := parts(v)
	for len(numbers) > 0 && numbers[len(numbers)-1] == 0 {
		numbers = numbers[:len(numbers)-1]
	}
	return numbers
}

// runDotNet judges runtimes of .NET, each by the entries of its own branch: a bound of .NET 8.0 says
// nothing of 6.0, whatever its lower bound is.
func runDotNet(t *tally) {
	archive := testneed.Shared(t.TB, "cve5", "vulnrichment-develop.tar.gz")
	bounds := cnaBounds(t, archive, "microsoft")
	var installed []string
	for _, branch := range []string{"6.0", "7.0", "8.0"} {
		for patch := range 36 {
			installed = append(installed, fmt.Sprintf("%s.%d", branch, patch))
		}
	}
	judgeBranches(t, archive, bounds, installed, func(b bound, v string) (is, affected bool) {
		branch := v[:strings.LastIndexByte(v, '.')]
		return strings.HasPrefix(b.product, ".NET ") && !strings.Contains(b.product, "Framework"),
			b.product == ".NET "+branch && older(v, b.before)
	}, func(v string) map[string]string {
		return map[string]string{"kind": "windows", "vendor": "Microsoft Corporation",
			"name": "Microsoft .NET Runtime - " + v + " (x64)", "version": "64.24.15372"}
	})
}

// runThunderbird judges Thunderbird, each version by the bound of its own branch, and where that has
// none by the next.
func runThunderbird(t *tally) {
	archive := testneed.Shared(t.TB, "cve5", "vulnrichment-develop.tar.gz")
	bounds := cnaBounds(t, archive, "mozilla")
	var installed []string
	for _, branch := range []string{"91", "102", "115", "128"} {
		for minor := range 20 {
			installed = append(installed, fmt.Sprintf("%s.%d", branch, minor))
		}
	}
	own := map[string][]string{}
	for _, b := range bounds {
		if b.product == "Thunderbird" {
			own[b.cve] = append(own[b.cve], b.before)
		}
	}
	judgeBranches(t, archive, bounds, installed, func(b bound, v string) (is, affected bool) {
		if b.product != "Thunderbird" {
			return false, false
		}
		deciding := ""
		for _, before := range own[b.cve] { // of its branch, or else the least of a later one
			if major := parts(before)[0]; major >= parts(v)[0] && (deciding == "" || older(before, deciding)) {
				deciding = before
			}
		}
		return true, deciding == b.before && older(v, b.before)
	}, func(v string) map[string]string {
		return map[string]string{"kind": "windows", "vendor": "Mozilla", "name": "Mozilla Thunderbird (x64 en-US)", "version": v}
	})
}

// judgeBranches judges versions of a product: a CVE affects one if one of its bounds does. is says
// that a bound is about the product at all.
func judgeBranches(t *tally, archive string, bounds []bound, installed []string,
	judge func(b bound, version string) (is, affected bool), entry func(version string) map[string]string) {
	t.Helper()
	p := newProgram(t.TB)
	if _, err := p.importFeed("cve5", archive, "vulnrichment"); err != nil {
		t.Fatal(err)
	}
	for _, v := range installed {
		p.reportDevice("v"+v, platformOf("windows"), entry(v))
	}
	given := map[string]map[string]bool{}
	for _, r := range p.publish()["findings"] {
		v := strings.TrimPrefix(fmt.Sprint(r["deviceName"]), "v")
		if given[v] == nil {
			given[v] = map[string]bool{}
		}
		if r["softwareName"] != "windows_11" {
			given[v][fmt.Sprint(r["cveId"])] = true
		}
	}
	for _, v := range installed {
		wanted := map[string]bool{}
		for _, b := range bounds {
			if is, affected := judge(b, v); is {
				wanted[b.cve] = wanted[b.cve] || affected
			}
		}
		for cve := range given[v] {
			wanted[cve] = wanted[cve] || false
		}
		for cve := range wanted {
			t.judge(v+" "+cve, wanted[cve], given[v][cve])
		}
	}
}
