package quality

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// The corpora of the rules that weigh statements: Chrome's platforms, releases of macOS, and
// ecosystems as target software. Their oracles read the records by themselves.

// entry is an affected entry of a CVE record, as far as these oracles read it.
type entry struct {
	Product  string
	CPEs     []string `json:"cpes"`
	Versions []struct{ Version, Status, LessThan string }
}

// cveRecord is a CVE record, as far as these oracles read it.
type cveRecord struct {
	CVEMetadata struct{ CVEID, State, AssignerShortName string }
	Containers  struct {
		CNA struct{ Affected []entry }
		ADP []struct{ Affected []entry }
	}
}

// recordsOf reads the records of an assigner from the archive of vulnrichment.
func recordsOf(t *tally, archive, assigner string) (records []cveRecord) {
	t.Helper()
	eachRecord(t, archive, func(text []byte) {
		var r cveRecord
		if json.Unmarshal(text, &r) == nil && strings.EqualFold(r.CVEMetadata.AssignerShortName, assigner) &&
			r.CVEMetadata.State == "PUBLISHED" {
			records = append(records, r)
		}
	})
	return records
}

// cpeMatch is a CPE with bounds.
type cpeMatch struct {
	Vulnerable                                   bool
	Criteria                                     string
	VersionStartIncluding, VersionStartExcluding string
	VersionEndIncluding, VersionEndExcluding     string
}

// override is a configuration file of the overrides, as far as these oracles read it.
type override struct {
	Annotation struct {
		ID string `json:"cve_id"`
	} `json:"_annotation"`
	CVE struct {
		Configurations []struct {
			Operator string
			Nodes    []struct {
				Operator string
				CPEMatch []cpeMatch
			}
		}
	}
}

func overridesOf(t *tally, archive string) (all []override) {
	t.Helper()
	eachRecord(t, archive, func(text []byte) {
		var o override
		if json.Unmarshal(text, &o) == nil && strings.HasPrefix(o.Annotation.ID, "CVE-") {
			all = append(all, o)
		}
	})
	return all
}

// platformsOf returns the operating systems to which the configurations limit a product; nil for none.
func (o *override) platformsOf(product string) (systems map[string]bool, named bool) {
	systems = map[string]bool{}
	for _, c := range o.CVE.Configurations {
		var about bool
		conditions := map[string]bool{}
		for _, n := range c.Nodes {
			for _, m := range n.CPEMatch {
				fields := strings.Split(m.Criteria, ":")
				switch {
				case m.Vulnerable && strings.Join(fields[2:5], ":") == product:
					about = true
					if fields[10] != "*" {
						conditions[fields[10]] = true
					}
				case !m.Vulnerable && fields[2] == "o":
					conditions[fields[4]] = true
				}
			}
		}
		if !about {
			continue
		}
		if named = true; len(conditions) == 0 {
			return nil, true
		}
		for system := range conditions {
			systems[system] = true
		}
	}
	return systems, named
}

// runChrome judges a Chrome of 2020 on Windows and on macOS by Chrome's own records and the platforms
// that the overrides name.
func runChrome(t *tally) {
	archive := testneed.Shared(t.TB, "cve5", "vulnrichment-develop.tar.gz")
	more := testneed.Shared(t.TB, "nvd", "nvd-data-overrides-main.tar.gz")
	limited := map[string]map[string]bool{}
	for _, o := range overridesOf(t, more) {
		if systems, named := o.platformsOf("a:google:chrome"); named && systems != nil {
			limited[o.Annotation.ID] = systems
		}
	}
	p := newProgram(t.TB)
	for name, feed := range map[string][2]string{"vulnrichment": {"cve5", archive}, "overrides": {"nvd", more}} {
		if _, err := p.importFeed(feed[0], feed[1], name); err != nil {
			t.Fatal(err)
		}
	}
	systems := map[string]string{"Windows11": "windows", "macOS": "macos"} // the kind of entries is called alike
	for osPlatform, kind := range systems {
		p.reportDevice(osPlatform, platform{osPlatform, ""}, map[string]string{"kind": kind, "vendor": "Google LLC",
			"name": "Google Chrome", "version": "81.0.4044.138", "bundleId": "com.google.Chrome"})
	}
	given := foundOn(p.publish())
	installed := parts("81.0.4044.138")
	for _, r := range recordsOf(t, archive, "chrome") {
		cve := r.CVEMetadata.CVEID
		for osPlatform, system := range systems {
			wanted := false
			for _, e := range r.Containers.CNA.Affected {
				for _, v := range e.Versions {
					before := parts(v.LessThan)
					wanted = wanted || e.Product == "Chrome" && v.Status == "affected" && before != nil &&
						slices.Compare(installed, before) < 0
				}
			}
			if on := systemsOf(r, limited[cve]); on != nil && !on[system] {
				wanted = false
			}
			t.judge(osPlatform+" "+cve, wanted, given[osPlatform+" "+cve])
		}
	}
}

// systemsOf returns the operating systems to which publishers, or else the overrides, limit Chrome.
func systemsOf(r cveRecord, overrides map[string]bool) map[string]bool {
	systems, whole := map[string]bool{}, false
	for _, adp := range r.Containers.ADP {
		for _, e := range adp.Affected {
			for _, c := range e.CPEs {
				if fields := strings.Split(c, ":"); len(fields) > 10 && strings.Join(fields[2:5], ":") == "a:google:chrome" {
					whole = whole || fields[10] == "*" || fields[10] == "-"
					systems[fields[10]] = true
				}
			}
		}
	}
	if len(systems) > 0 && !whole {
		return systems
	}
	return overrides
}

// runMacOS judges two releases of macOS by Apple's own list of security releases: a CVE that a later
// release of the same major version fixes affects it, and one that an earlier fixed does not.
func runMacOS(t *tally) {
	archive := testneed.Shared(t.TB, "cve5", "vulnrichment-develop.tar.gz")
	fixed := appleFixes(t, testneed.Unpacked(t.TB, "apple", "sofa-v1-macos_data_feed.json.gz"))
	p := newProgram(t.TB)
	if _, err := p.importFeed("cve5", archive, "vulnrichment"); err != nil {
		t.Fatal(err)
	}
	installed := []string{"13.6.2", "12.7.1", "14.3"}
	for _, v := range installed {
		p.reportDevice("macOS "+v, platform{"macOS", v})
	}
	given := foundOn(p.publish())
	for _, r := range recordsOf(t, archive, "apple") {
		if !slices.ContainsFunc(r.Containers.CNA.Affected, func(e entry) bool { return e.Product == "macOS" }) {
			continue
		}
		for _, v := range installed {
			major, _, _ := strings.Cut(v, ".")
			first, known := fixed[r.CVEMetadata.CVEID+" "+major]
			if known && r.bounds("macos", first) {
				row := "macOS " + v + " " + r.CVEMetadata.CVEID
				t.judge(row, slices.Compare(parts(v), parts(first)) < 0, given[row])
			}
		}
	}
}

// bounds reports whether any publisher of the record ends a range of a product at a version.
func (r *cveRecord) bounds(product, version string) bool {
	entries := r.Containers.CNA.Affected
	for _, adp := range r.Containers.ADP {
		entries = slices.Concat(entries, adp.Affected)
	}
	return slices.ContainsFunc(entries, func(e entry) bool {
		if !strings.EqualFold(e.Product, product) {
			return false
		}
		for _, v := range e.Versions {
			if v.LessThan == version || v.LessThan+".0" == version {
				return true
			}
		}
		return false
	})
}

// appleFixes returns the first release of each major version that fixes a CVE, by "CVE MAJOR", from SOFA's list
// in its first form.
func appleFixes(t *tally, list []byte) map[string]string {
	t.Helper()
	var feed struct {
		OSVersions []struct {
			SecurityReleases []struct {
				UpdateName, ProductVersion string
				CVEs                       map[string]any
			}
		}
	}
	if err := json.Unmarshal(list, &feed); err != nil {
		t.Fatal(err)
	}
	fixes := map[string]string{}
	for _, system := range feed.OSVersions {
		for _, release := range system.SecurityReleases {
			major, _, _ := strings.Cut(release.ProductVersion, ".")
			for cve := range release.CVEs {
				key := cve + " " + major
				if known, ok := fixes[key]; !ok || slices.Compare(parts(release.ProductVersion), parts(known)) < 0 {
					fixes[key] = release.ProductVersion
				}
			}
		}
	}
	return fixes
}

// span is a range of an override, in numbers; nil is no bound.
type span struct {
	from, before, upTo []int
}

func (s span) holds(v []int) bool {
	return slices.Compare(s.from, v) <= 0 && (s.before == nil || slices.Compare(v, s.before) < 0) &&
		(s.upTo == nil || slices.Compare(v, s.upTo) <= 0)
}

// target is a CVE of a CPE pair.
type target struct{ cve, pair string }

// targetsOf returns the ranges of each CVE on each pair whose statements all name the same language as
// target software, and have bounds in numbers. Several ranges of one CVE without a beginning are
// branches, which need not mean what they say, and are left out.
func targetsOf(all []override) map[target][]span {
	spans, named, odd := map[target][]span{}, map[string]map[string]bool{}, map[target]bool{}
	open := map[target]int{}
	for _, o := range all {
		for _, c := range o.CVE.Configurations {
			conditional := false
			for _, n := range c.Nodes {
				conditional = conditional || slices.ContainsFunc(n.CPEMatch, func(m cpeMatch) bool { return !m.Vulnerable })
			}
			for _, n := range c.Nodes {
				for _, m := range n.CPEMatch {
					fields := strings.Split(m.Criteria, ":")
					at := target{o.Annotation.ID, fields[3] + ":" + fields[4]}
					if m.VersionStartIncluding == "" {
						open[at]++
					}
					if named[at.pair] == nil {
						named[at.pair] = map[string]bool{}
					}
					named[at.pair][fields[10]] = true
					s := span{parts(m.VersionStartIncluding), parts(m.VersionEndExcluding), parts(m.VersionEndIncluding)}
					spans[at] = append(spans[at], s)
					if open[at] > 1 || conditional || len(fields) != 13 || fields[2] != "a" || fields[5] != "*" ||
						fields[9] != "*" || strings.Contains(at.pair, `\`) || m.VersionStartExcluding != "" ||
						s.before == nil && s.upTo == nil || s.from == nil && m.VersionStartIncluding != "" {
						odd[at] = true
					}
				}
			}
		}
	}
	for at := range spans {
		targets := slices.Collect(maps.Keys(named[at.pair]))
		if odd[at] || len(targets) != 1 || !isLanguage(targets[0]) {
			delete(spans, at)
		}
	}
	return spans
}

// runTargets judges components by their exact CPE against the overrides that name a language as target
// software: at the beginning of a range, and at its end.
func runTargets(t *tally) {
	archive := testneed.Shared(t.TB, "nvd", "nvd-data-overrides-main.tar.gz")
	spans := targetsOf(overridesOf(t, archive))
	p := newProgram(t.TB)
	if _, err := p.importFeed("nvd", archive, "overrides"); err != nil {
		t.Fatal(err)
	}
	wanted, components := map[string]bool{}, map[string]bool{}
	every := slices.SortedFunc(maps.Keys(spans), func(a, b target) int {
		return cmp.Or(strings.Compare(a.cve, b.cve), strings.Compare(a.pair, b.pair))
	})
	for i, at := range every {
		if i%4 != 0 {
			continue
		}
		s := spans[at][0]
		for _, v := range [][]int{s.from, s.before, s.upTo} {
			if len(v) < 2 || slices.Max(v) == 0 {
				continue
			}
			version := strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", "."), "[]")
			components[at.pair+":"+version] = true
			wanted[at.pair+" "+version+" "+at.cve] = slices.ContainsFunc(spans[at],
				func(s span) bool { return s.holds(v) })
		}
	}
	for n, some := range slices.Collect(slices.Chunk(slices.Sorted(maps.Keys(components)), 2000)) {
		var software []map[string]string
		for _, c := range some {
			fields := strings.Split(c, ":")
			software = append(software, map[string]string{"kind": "generic", "name": fields[1], "version": fields[2],
				"cpe": "cpe:2.3:a:" + fields[0] + ":" + fields[1] + ":" + fields[2] + ":*:*:*:*:*:*:*"})
		}
		p.reportDevice(fmt.Sprint("targets ", n), platform{"Linux", "debian_12"}, software...)
	}
	given := map[string]bool{}
	for _, r := range p.publish()["findings"] {
		given[fmt.Sprintf("%v:%v %v %v", r["softwareVendor"], r["softwareName"], r["softwareVersion"], r["cveId"])] = true
	}
	for row := range wanted {
		t.judge(row, wanted[row], given[row])
	}
	t.note("%d components of %d pairs of CVE and product", len(components), len(every)/4)
}

// isLanguage reports whether a target_sw is a language or its package manager.
func isLanguage(target string) bool {
	return slices.Contains([]string{"go", "maven", "python", "node.js", "ruby", "rust", "php", "perl"}, target)
}

// foundOn returns "DEVICE CVE" of all findings.
func foundOn(rows map[string][]row) map[string]bool {
	given := map[string]bool{}
	for _, r := range rows["findings"] {
		given[fmt.Sprintf("%v %v", r["deviceName"], r["cveId"])] = true
	}
	return given
}
