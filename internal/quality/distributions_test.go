package quality

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/testneed"
)

// word is what a publisher says of a CVE in a package: fixed in a version, or open with the state of a fix, or, with
// neither, not affected.
type word struct{ cve, name, fixed, open string }

// linux is a distribution whose packages a suite makes.
type linux struct {
	release string // osVersion
	kind    string // of packages
	suffix  string // of the names of packages in rows
	// purl is the beginning of package URLs that packages have, and module the end; empty for none.
	purl, module string
	// beside are versions below and above a version, which is older by construction.
	beside func(v string) (below, above string)
	// older reports whether a version is older than another one; nil where packages have one fix each.
	older func(a, b string) bool
}

// judgePublisher makes devices with the packages of a publisher's words below, at and above each fix, and compares
// their findings: each affected package with its CVE, whether there is an update, and the state of a fix that is
// not there.
func (t *tally) judgePublisher(p program, on linux, words []word) {
	t.Helper()
	versions := map[string][]string{}
	older, revision := map[[2]string]bool{}, "1"
	if on.kind == "apk" {
		revision = "r1"
	}
	for _, w := range words {
		if w.fixed == "" {
			versions[w.name] = append(versions[w.name], "1.0-"+revision, "999999.0-"+revision)
			continue
		}
		below, above := on.beside(w.fixed)
		older[[2]string{below, w.fixed}] = true
		versions[w.name] = append(versions[w.name], below, w.fixed, above)
	}
	most := 0
	for name, list := range versions {
		slices.Sort(list)
		versions[name] = slices.Compact(list)
		most = max(most, len(versions[name]))
	}
	isOlder := func(a, b string) bool { return older[[2]string{a, b}] }
	if on.older != nil {
		isOlder = on.older
	}
	wanted, quiet := map[string]bool{}, 0
	for i := range most {
		device := fmt.Sprintf("%s-%d", on.release, i)
		var software []map[string]string
		for name, list := range versions {
			if i < len(list) {
				one := map[string]string{"kind": on.kind, "name": name, "version": list[i]}
				if on.purl != "" {
					_, release, _ := strings.Cut(list[i], ":")
					one["purl"] = on.purl + name + "@" + strings.ReplaceAll(release, "+", "%2B") + "?arch=x86_64"
					if strings.Contains(list[i], ".module") {
						one["purl"] += on.module
					}
				}
				software = append(software, one)
			}
		}
		p.reportDevice(device, platform{"Linux", on.release}, software...)
		for _, w := range words {
			if i >= len(versions[w.name]) {
				continue
			}
			v := versions[w.name][i]
			row := fmt.Sprintf("%s: %s%s %s %s ", device, w.name, on.suffix, v, w.cve)
			switch {
			case w.open != "":
				wanted[row+w.open] = true
			case w.fixed != "" && isOlder(v, w.fixed):
				wanted[row+"update"] = true
			default:
				quiet++
			}
		}
	}
	given := map[string]bool{}
	for _, r := range p.publish()["findings"] {
		state := "update"
		if r["securityUpdateAvailable"] == false {
			state = cmp.Or(t.fixState(p, fmt.Sprint(r["id"])), "open") // which OSV's form does not tell apart
			if r["recommendedSecurityUpdate"] != nil || r["recommendedSecurityUpdateId"] != nil {
				state += " with an update"
			}
		}
		given[fmt.Sprintf("%v: %v %v %v %s", r["deviceName"], r["softwareName"], r["softwareVersion"], r["cveId"], state)] = true
	}
	t.compare(wanted, given, quiet)
	t.note("%d words on %d packages, %d devices", len(words), len(versions), most)
}

// fixState asks why a finding has no update.
func (t *tally) fixState(p program, id string) string {
	t.Helper()
	reply, err := control.Do(p.Context(), p.Session, control.WhyFinding(id))
	if err != nil || len(reply.Value.Software) != 1 || len(reply.Value.Software[0].Statements) == 0 {
		t.Fatalf("why %s: %v", id, err)
	}
	return reply.Value.Software[0].Statements[0].FixState
}

// importTo imports a file or folder of the shared samples of distributions into a new program.
func (t *tally) importTo(kind, name string, sample ...string) program {
	t.Helper()
	p := newProgram(t.TB)
	if _, err := p.importFeed(kind, testneed.Shared(t.TB, append([]string{"distro"}, sample...)...), name); err != nil {
		t.Fatal(err)
	}
	return p
}

func readJSON[T any](t *tally, sample ...string) (v T) {
	t.Helper()
	text, err := os.ReadFile(testneed.Shared(t.TB, append([]string{"distro"}, sample...)...))
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// runDebianTracker judges releases of Debian by the tracker alone.
func runDebianTracker(t *tally) {
	type releases map[string]struct {
		Status, Urgency string
		Fixed           string `json:"fixed_version"`
	}
	tracker := readJSON[map[string]map[string]struct{ Releases json.RawMessage }](t, "debian-tracker", "debian.json")
	dpkg := testneed.Command(t.TB, "dpkg")
	p := t.importTo("debian", "Debian", "debian-tracker", "debian.json")
	for code, number := range map[string]string{"stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13"} {
		var words []word
		for name, issues := range tracker {
			for cve, issue := range issues {
				var all releases
				if json.Unmarshal(issue.Releases, &all) != nil {
					continue // an empty list
				}
				r, ok := all[code]
				w := word{cve: cve, name: name}
				switch {
				case !ok:
					continue
				case r.Status == "resolved" && r.Fixed != "0":
					w.fixed = r.Fixed
				case r.Status == "open" && r.Urgency == "end-of-life":
					w.open = "endOfLife"
				}
				words = append(words, w)
			}
		}
		t.judgeRelease(p, linux{release: "debian_linux_" + number, kind: "deb", suffix: "_for_linux",
			beside: func(v string) (string, string) { return v + "~", v + "+x1" },
			older:  func(a, b string) bool { return dpkgOlder(t, dpkg, a, b) }}, words)
	}
}

// judgeRelease judges one of several releases in a program: the rows of others are not looked at again.
func (t *tally) judgeRelease(p program, on linux, words []word) {
	t.Helper()
	part := &tally{TB: t.TB, rows: map[string]judgement{}}
	part.judgePublisher(p, on, words)
	for row, j := range part.rows {
		if strings.HasPrefix(row, on.release+"-") || strings.HasPrefix(row, "quiet ") {
			t.rows[on.release+" "+row] = j
		}
	}
	t.notes = append(t.notes, part.notes...)
}

// runAlpine judges three old branches of Alpine, whole, by their lists.
func runAlpine(t *tally) {
	for _, branch := range []string{"v3.9", "v3.10", "v3.11"} {
		p := t.importTo("secdb", "", "alpine-secdb", branch)
		var words []word
		for _, repository := range []string{"main", "community"} {
			words = append(words, yamlFixes(testneed.Unpacked(t.TB, "distro", "alpine-secdb", branch, repository+".yaml.gz"))...)
		}
		t.judgeRelease(p, linux{release: "alpine_linux_" + branch[1:], kind: "apk", beside: besideAPK, older: olderAPK}, words)
	}
}

// yamlFixes reads a list by its lines.
func yamlFixes(text []byte) (words []word) {
	name, v := "", ""
	cve := regexp.MustCompile(`CVE[-_](\d{4}-\d{4,})`)
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		switch key, ok := strings.CutSuffix(line, ":"); {
		case strings.HasPrefix(line, "name: "):
			name = line[len("name: "):]
		case strings.HasPrefix(line, "- "):
			for _, m := range cve.FindAllStringSubmatch(line, -1) {
				w := word{cve: "CVE-" + m[1], name: name, fixed: v}
				if v == "0" {
					w.fixed = ""
				}
				words = append(words, w)
			}
		case ok && key != "secfixes":
			v = strings.Trim(key, `"'`)
		}
	}
	odd := map[string]bool{} // packages with a version of another form, whose order is not documented
	for _, w := range words {
		odd[w.name] = odd[w.name] || w.fixed != "" && !apkForm.MatchString(w.fixed)
	}
	return latest(slices.DeleteFunc(words, func(w word) bool { return odd[w.name] }))
}

// latest keeps, of several fixes of a CVE in a package, the last.
func latest(words []word) []word {
	last := map[[2]string]word{}
	for _, w := range words {
		key := [2]string{w.cve, w.name}
		if known, ok := last[key]; !ok || known.fixed == "" || w.fixed != "" && olderAPK(known.fixed, w.fixed) {
			last[key] = w
		}
	}
	return slices.Collect(maps.Values(last))
}

// besideAPK returns versions of apk below and above one.
func besideAPK(v string) (below, above string) {
	head, revision, ok := strings.Cut(v, "-r")
	if n, err := strconv.Atoi(revision); ok && err == nil && n > 0 {
		return fmt.Sprintf("%s-r%d", head, n-1), fmt.Sprintf("%s-r%d", head, n+1)
	}
	return "0.0.1-r0", head + "-r9"
}

// apkForm is the form of versions of apk.
var apkForm = regexp.MustCompile(`^([0-9.]+)([a-z]?)((?:_[a-z]+[0-9]*)*)(?:-r([0-9]+))?$`)

// olderAPK compares versions of apk as apk-tools documents their order: numbers, a letter, suffixes, a revision.
func olderAPK(a, b string) bool {
	type parsed struct {
		numbers  []int
		letter   string
		suffixes []int
		revision int
	}
	ranks := map[string]int{"alpha": -4, "beta": -3, "pre": -2, "rc": -1, "cvs": 1, "svn": 2, "git": 3, "hg": 4, "p": 5}
	parse := func(v string) (p parsed) {
		m := apkForm.FindStringSubmatch(v)
		for part := range strings.SplitSeq(m[1], ".") {
			n, _ := strconv.Atoi(part)
			p.numbers = append(p.numbers, n)
		}
		p.letter = m[2]
		for part := range strings.SplitSeq(strings.TrimPrefix(m[3], "_"), "_") {
			name := strings.TrimRight(part, "0123456789")
			n, _ := strconv.Atoi(part[len(name):])
			p.suffixes = append(p.suffixes, ranks[name], n)
		}
		p.revision, _ = strconv.Atoi(m[4])
		return p
	}
	x, y := parse(a), parse(b)
	return cmp.Or(slices.Compare(x.numbers, y.numbers), strings.Compare(x.letter, y.letter),
		slices.Compare(x.suffixes, y.suffixes), cmp.Compare(x.revision, y.revision)) < 0
}

// secdbFixes reads a list of Wolfi or Chainguard.
func secdbFixes(t *tally, sample ...string) (words []word) {
	t.Helper()
	list := readJSON[struct {
		Packages []struct {
			Pkg struct {
				Name     string
				Secfixes map[string][]string
			}
		}
	}](t, sample...)
	for _, p := range list.Packages {
		for v, ids := range p.Pkg.Secfixes {
			for _, cve := range onlyCVEs(ids) {
				w := word{cve: cve, name: p.Pkg.Name, fixed: v}
				if v == "0" {
					w.fixed = ""
				}
				words = append(words, w)
			}
		}
	}
	return latest(words)
}

func runWolfi(t *tally) {
	p := t.importTo("secdb", "Wolfi", "wolfi-secdb", "security.json")
	t.judgePublisher(p, linux{release: "wolfi_linux", kind: "apk", beside: besideAPK, older: olderAPK},
		secdbFixes(t, "wolfi-secdb", "security.json"))
}

// runChainguard judges by Chainguard's list, beside OSV's copies of three advisories on other packages.
func runChainguard(t *tally) {
	p := t.importTo("secdb", "Chainguard", "chainguard", "secdb.json")
	words := secdbFixes(t, "chainguard", "secdb.json")
	for _, id := range []string{"CGA-224q-ccj5-2p53", "CGA-22hv-wp9q-4779", "CGA-xcpc-gm23-prj9"} {
		path := testneed.Shared(t.TB, "distro", "chainguard", id+".json")
		if _, err := p.importFeed("osv", path, "chainguard-"+id); err != nil {
			t.Fatal(err)
		}
		words = append(words, osvFixes(t, "Chainguard", "chainguard", id+".json")...)
	}
	t.judgePublisher(p, linux{release: "chainguard_linux", kind: "apk", beside: besideAPK, older: olderAPK}, words)
}

// osvFixes reads the fixes of an advisory in OSV's form.
func osvFixes(t *tally, ecosystem string, sample ...string) (words []word) {
	t.Helper()
	advisory := readJSON[struct {
		Upstream, Aliases, Related []string
		Affected                   []struct {
			Package struct{ Ecosystem, Name string }
			Ranges  []struct{ Events []map[string]string }
		}
	}](t, sample...)
	cves := onlyCVEs(slices.Concat(advisory.Aliases, advisory.Upstream))
	if len(cves) == 0 {
		cves = onlyCVEs(advisory.Related)
	}
	for _, a := range advisory.Affected {
		for _, r := range a.Ranges {
			for _, e := range r.Events {
				for _, cve := range cves {
					if e["fixed"] != "" && a.Package.Ecosystem == ecosystem {
						words = append(words, word{cve: cve, name: a.Package.Name, fixed: e["fixed"]})
					}
				}
			}
		}
	}
	return words
}

func runArch(t *tally) {
	groups := readJSON[[]struct {
		Packages, Issues []string
		Status           string
		Fixed            *string
	}](t, "arch", "all.json")
	var words []word
	for _, g := range groups {
		for _, name := range g.Packages {
			for _, cve := range g.Issues {
				w := word{cve: cve, name: name, open: "pending"}
				if g.Status == "Fixed" {
					w.fixed, w.open = *g.Fixed, ""
				}
				words = append(words, w)
			}
		}
	}
	p := t.importTo("arch", "Arch Linux", "arch", "all.json")
	t.judgePublisher(p, linux{release: "arch_linux", kind: "alpm", beside: func(v string) (string, string) {
		at := strings.LastIndex(v, "-")
		return v[:at] + "-0.9", v + ".1"
	}}, words)
}

func runPhoton(t *tally) {
	for _, release := range []string{"1.0", "4.0"} {
		file := "cve_data_photon" + release + ".json"
		entries := readJSON[[]struct {
			CVE    string `json:"cve_id"`
			Pkg    string `json:"pkg"`
			Fixed  string `json:"res_ver"`
			Status string
		}](t, "photon", file)
		var words []word
		for _, e := range entries {
			if strings.HasPrefix(e.CVE, "CVE-") && (e.Status == "Not Affected" || e.Fixed != "NA") {
				words = append(words, word{cve: e.CVE, name: e.Pkg, fixed: strings.TrimPrefix(e.Fixed, "NA")})
			}
		}
		p := t.importTo("photon", "Photon OS:"+release, "photon", file)
		t.judgeRelease(p, linux{release: "photon_os_" + release, kind: "rpm", beside: besideRPM}, words)
	}
}

// besideRPM returns versions of rpm below and above one, by the first number of the release.
func besideRPM(v string) (below, above string) {
	at := strings.LastIndex(v, "-")
	number, dist, _ := strings.Cut(v[at+1:], ".")
	n, _ := strconv.Atoi(number)
	if n == 0 {
		return fmt.Sprintf("%s-0.0.%s", v[:at], dist), fmt.Sprintf("%s-1.%s", v[:at], dist)
	}
	return fmt.Sprintf("%s-%d.9.%s", v[:at], n-1, dist), fmt.Sprintf("%s-%d.%s", v[:at], n+1, dist)
}

func runRocky(t *tally) {
	for release, files := range map[string][]string{
		"8": {"RLSA-2021_3891.json", "RLSA-2023_3220.json"}, "9": {"RLSA-2024_3671.json"},
	} {
		p := newProgram(t.TB)
		var words []word
		for _, file := range files {
			if _, err := p.importFeed("osv", testneed.Shared(t.TB, "distro", "rocky-osv", file), file); err != nil {
				t.Fatal(err)
			}
			words = append(words, osvFixes(t, "Rocky Linux:"+release, "rocky-osv", file)...)
		}
		t.judgeRelease(p, linux{release: "rocky_linux_" + release, kind: "rpm", purl: "pkg:rpm/rocky/",
			module: "&rpmmod=ruby:3.3:9040020240606:9", beside: besideRPM}, words)
	}
}
