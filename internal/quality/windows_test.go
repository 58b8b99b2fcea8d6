package quality

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// windowsRelease is a release of Windows, with the products that Microsoft's records call it.
type windowsRelease struct {
	platform, build string
	products        []string
}

func windowsReleases() []windowsRelease {
	const core = " (Server Core installation)"
	return []windowsRelease{
		{"Windows10", "10.0.10240", []string{"Windows 10 Version 1507"}},
		{"Windows10", "10.0.14393", []string{"Windows 10 Version 1607"}},
		{"Windows10", "10.0.17763", []string{"Windows 10 Version 1809"}},
		{"Windows10", "10.0.19042", []string{"Windows 10 Version 20H2"}},
		{"Windows10", "10.0.19044", []string{"Windows 10 Version 21H2"}},
		{"Windows10", "10.0.19045", []string{"Windows 10 Version 22H2"}},
		{"Windows11", "10.0.22000", []string{"Windows 11 version 21H2"}},
		{"Windows11", "10.0.22621", []string{"Windows 11 version 22H2"}},
		{"Windows11", "10.0.22631", []string{"Windows 11 version 22H3", "Windows 11 Version 23H2"}},
		{"Windows11", "10.0.26100", []string{"Windows 11 Version 24H2"}},
		{"WindowsServer2012", "6.2.9200", []string{"Windows Server 2012", "Windows Server 2012" + core}},
		{"WindowsServer2012R2", "6.3.9600", []string{"Windows Server 2012 R2", "Windows Server 2012 R2" + core}},
		{"WindowsServer2016", "10.0.14393", []string{"Windows Server 2016", "Windows Server 2016" + core}},
		{"WindowsServer2019", "10.0.17763", []string{"Windows Server 2019", "Windows Server 2019" + core}},
		{"WindowsServer2022", "10.0.20348", []string{"Windows Server 2022"}},
	}
}

// microsoftRange says that a CVE is in a product from a version to before another.
type microsoftRange struct{ cve, product, from, before string }

// microsoftRanges reads the ranges from Microsoft's own entries of CVE records, of any architecture.
func microsoftRanges(t *tally, archive string) (ranges []microsoftRange) {
	t.Helper()
	eachRecord(t, archive, func(text []byte) {
		var r struct {
			CVEMetadata struct{ CVEID, State, AssignerShortName string }
			Containers  struct {
				CNA struct {
					Affected []struct {
						Product  string
						Versions []struct{ Version, Status, LessThan string }
					}
				}
			}
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		if r.CVEMetadata.AssignerShortName != "microsoft" || r.CVEMetadata.State != "PUBLISHED" {
			return
		}
		for _, a := range r.Containers.CNA.Affected {
			for _, v := range a.Versions {
				if v.Status == "affected" && parts(v.LessThan) != nil {
					ranges = append(ranges, microsoftRange{r.CVEMetadata.CVEID, a.Product, v.Version, v.LessThan})
				}
			}
		}
	})
	return ranges
}

// eachRecord calls yield with every JSON file of a compressed archive.
func eachRecord(t *tally, archive string, yield func([]byte)) {
	t.Helper()
	eachFile(t, archive, func(name string, data []byte) {
		if strings.HasSuffix(name, ".json") {
			yield(data)
		}
	})
}

// parts splits a version into its numbers; nil for other text, such as "publication". Two dots for
// one are a slip of the pen: "10.0.20348..2762" is the update of October 2024.
func parts(v string) (numbers []int) {
	for word := range strings.SplitSeq(strings.ReplaceAll(v, "..", "."), ".") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// holds reports whether a build is in the range.
func (r microsoftRange) holds(build string) bool {
	b := parts(build)
	return slices.Compare(parts(r.from), b) <= 0 && slices.Compare(b, parts(r.before)) < 0
}

// runWindows judges builds of Windows at, right before and between the bounds of Microsoft's
// records.
func runWindows(t *tally) {
	archive := testneed.Shared(t.TB, "cve5", "vulnrichment-develop.tar.gz")
	byProduct := map[string][]microsoftRange{}
	for _, r := range microsoftRanges(t, archive) {
		byProduct[r.product] = append(byProduct[r.product], r)
	}
	p := newProgram(t.TB)
	if _, err := p.importFeed("cve5", archive, "vulnrichment"); err != nil {
		t.Fatal(err)
	}
	devices, foreign := map[string][]microsoftRange{}, map[string]bool{}
	for _, release := range windowsReleases() {
		var ranges []microsoftRange
		for _, product := range release.products {
			for _, r := range byProduct[product] {
				if strings.HasPrefix(r.before, release.build+".") {
					ranges = append(ranges, r)
				} else { // a bound of another release says nothing of this one
					foreign[release.platform+"-"+release.build+" "+r.cve] = true
				}
			}
		}
		if len(ranges) == 0 {
			t.Fatalf("no record names %q", release.products)
		}
		for _, build := range chosenBuilds(release.build, ranges) {
			name := release.platform + "-" + build
			devices[name] = ranges
			p.reportDevice(name, platform{release.platform, build})
		}
	}
	given := map[string]map[string]bool{}
	for _, r := range p.publish()["findings"] {
		name := fmt.Sprint(r["deviceName"])
		if given[name] == nil {
			given[name] = map[string]bool{}
		}
		given[name][fmt.Sprint(r["cveId"])] = true
	}
	for name, ranges := range devices {
		_, build, _ := strings.Cut(name, "-")
		wanted := map[string]bool{}
		for _, r := range ranges {
			wanted[r.cve] = wanted[r.cve] || r.holds(build)
		}
		for cve := range wanted {
			t.judge(name+" "+cve, wanted[cve], given[name][cve])
		}
		release := name[:strings.LastIndexByte(name, '.')]
		for cve := range given[name] {
			if _, judged := wanted[cve]; !judged && !foreign[release+" "+cve] {
				t.judge(name+" "+cve, false, true)
			}
		}
	}
	t.note("%d builds of %d releases; %d entries have a bound of another release and are not judged", len(devices),
		len(windowsReleases()), len(foreign))
}

// chosenBuilds are some upper bounds of a release, and the builds right before them.
func chosenBuilds(build string, ranges []microsoftRange) (chosen []string) {
	bounds := map[string]bool{}
	for _, r := range ranges {
		if strings.HasPrefix(r.before, build+".") {
			bounds[r.before] = true
		}
	}
	sorted := slices.SortedFunc(maps.Keys(bounds), func(a, b string) int { return slices.Compare(parts(a), parts(b)) })
	const quantiles = 3
	for i := range quantiles + 1 { // from the first to the last
		bound := sorted[i*(len(sorted)-1)/quantiles]
		revision := parts(bound)[3]
		for _, v := range []string{bound, fmt.Sprintf("%s.%d", build, revision-1)} {
			if !slices.Contains(chosen, v) {
				chosen = append(chosen, v)
			}
		}
	}
	return chosen
}
