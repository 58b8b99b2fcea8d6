package quality

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// application is an entry as a device reports it, with the pairs that it may be.
type application struct {
	kind, publisher, name, version string
	labels                         []label
}

// label is a CPE pair, which may name an edition, and a version in the form that rules use.
type label struct{ pair, version string }

func (l label) String() string { return l.pair + " " + l.version }

// runVariedTitles judges whether titles lead to the same products however packagers vary them: with
// an architecture, a language or a scope, in other letters, with signs, and with other words for the
// form of the company.
func runVariedTitles(t *tally) {
	applications, decoys := readApplications(t)
	statements, cves := labelStatements(applications, decoys)
	var varied []application
	for i, a := range applications {
		if a.kind == "windows" {
			varied = append(varied, a.varied(i), a.varied(i+1))
		}
	}
	p := newProgram(t.TB)
	p.importStatements("nvd", statements)
	for i, a := range varied {
		p.reportDevice(fmt.Sprintf("app%d", i), platformOf(a.kind), a.software())
	}
	found := map[any][]string{}
	for _, r := range p.publish()["findings"] {
		found[r["deviceName"]] = append(found[r["deviceName"]], fmt.Sprint(r["cveId"]))
	}
	for i, a := range varied {
		a.judge(t, cves, found[fmt.Sprintf("app%d", i)])
	}
}

// varied writes an entry in another way, of which there are several.
func (a application) varied(way int) application {
	names := []string{" (x64)", " (64-bit)", " - en-us", " (x64 de-DE)", " x64", "®"}
	legal := []string{", Inc.", " Ltd.", " GmbH", " LLC", ""}
	a.name += names[way%len(names)]
	if a.publisher != "" {
		a.publisher += legal[way%len(legal)]
	}
	switch way % 3 {
	case 1:
		a.name = strings.ToUpper(a.name)
	case 2:
		a.name = strings.ReplaceAll(a.name, " ", "\u00a0")
	}
	return a
}

// runTitles judges whether titles lead to the right products, by a feed that has one CVE for each
// label and no other. So a version that is read wrongly is a wrong row, too.
func runTitles(t *tally) {
	applications, decoys := readApplications(t)
	statements, cves := labelStatements(applications, decoys)
	alone, fed := newProgram(t.TB), newProgram(t.TB)
	alone.importStatements("nvd", []statement{{cve: "CVE-2099-0001", pair: "a:example:example", high: "1"}})
	fed.importStatements("nvd", statements)
	for i, a := range applications {
		for _, p := range []program{alone, fed} {
			p.reportDevice(fmt.Sprintf("app%d", i), platformOf(a.kind), a.software())
		}
	}
	unknown := map[any]bool{}
	for _, r := range alone.publish()["unknown"] {
		unknown[r["deviceName"]] = true
	}
	found := map[any][]string{}
	for _, r := range fed.publish()["findings"] {
		found[r["deviceName"]] = append(found[r["deviceName"]], fmt.Sprint(r["cveId"]))
	}
	identified, products := 0, 0
	for i, a := range applications {
		device := fmt.Sprintf("app%d", i)
		t.judge(a.String()+" has a product code", len(a.labels) > 0, !unknown[device])
		a.judge(t, cves, found[device])
		if len(a.labels) > 0 {
			products++
			if !unknown[device] {
				identified++
			}
		}
	}
	t.note("%d of %d applications have a product code without any feed", identified, products)
}

// judge judges the findings of an application.
func (a application) judge(t *tally, cves map[string]label, found []string) {
	right := false
	for _, cve := range found {
		if l := cves[cve]; slices.Contains(a.labels, l) {
			right = true
		} else if !slices.ContainsFunc(a.labels, func(own label) bool { return own.pair == l.pair }) {
			t.judge(fmt.Sprintf("%s is %s", a, l), false, true)
		}
	}
	if len(a.labels) > 0 {
		t.judge(fmt.Sprintf("%s is %s", a, a.labels[0]), true, right)
	} else if len(found) == 0 {
		t.judge(a.String()+" is nothing", false, false)
	}
}

func (a application) String() string {
	return fmt.Sprintf("%s %q %q %s", a.kind, a.publisher, a.name, a.version)
}

func (a application) software() map[string]string {
	s := map[string]string{"kind": a.kind, "name": a.name, "version": a.version}
	if a.kind == "macos" {
		s["bundleId"] = a.publisher
	} else {
		s["vendor"] = a.publisher
	}
	return s
}

// readApplications reads testdata/applications.txt.
func readApplications(t *tally) (applications []application, decoys []label) {
	t.Helper()
	text, err := os.ReadFile("testdata/applications.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		fields := splitFields(line)
		if fields[0] == "decoy" && len(fields) == 4 {
			decoys = append(decoys, label{fields[1], fields[2]})
			continue
		}
		a, err := readApplication(fields)
		if err != nil {
			t.Fatalf("applications.txt: %q: %v", line, err)
		}
		applications = append(applications, a)
	}
	return applications, decoys
}

// readApplication reads the fields of a line.
func readApplication(fields []string) (application, error) {
	if len(fields) != 5 {
		return application{}, fmt.Errorf("%d fields, want 5", len(fields))
	}
	a := application{kind: fields[0], publisher: fields[1], name: fields[2], version: fields[3]}
	for text := range strings.SplitSeq(fields[4], ", ") {
		if pair, version, own := strings.Cut(text, "@"); text != "none" {
			if !own {
				version = a.version
			}
			a.labels = append(a.labels, label{pair, version})
		}
	}
	return a, nil
}

// splitFields splits a line at bars; "\|" is a bar of a field.
func splitFields(line string) []string {
	const bar = "\x00"
	fields := strings.Split(strings.ReplaceAll(line, `\|`, bar), "|")
	for i, field := range fields {
		fields[i] = strings.TrimSpace(strings.ReplaceAll(field, bar, "|"))
	}
	return fields
}

// labelStatements makes a CVE for each label, for that version alone, and one for each decoy, for
// all versions below it.
func labelStatements(applications []application, decoys []label) (statements []statement, cves map[string]label) {
	cves = map[string]label{}
	add := func(l label, low string) {
		cve := fmt.Sprintf("CVE-2099-%05d", 10_000+len(cves))
		cves[cve] = l
		vendor, product, _ := strings.Cut(l.pair, ":")
		product, edition, _ := strings.Cut(product, ":")
		statements = append(statements, statement{cve: cve, pair: "a:" + vendor + ":" + product, edition: edition, low: low,
			high: l.version, including: true})
	}
	seen := map[label]bool{}
	for _, a := range applications {
		for _, l := range a.labels {
			if !seen[l] {
				seen[l] = true
				add(l, l.version)
			}
		}
	}
	for _, l := range decoys {
		add(l, "")
	}
	return statements, cves
}

// statement is one vulnerable CPE of an NVD configuration.
type statement struct {
	cve, pair string
	// target and edition are target_sw and sw_edition; update is the update field.
	target, edition, update string
	// exact is a version in the CPE; low and high are bounds, of which the high one may be included.
	exact, low, high string
	including        bool
	// on is the pair of an operating system that is ANDed with it.
	on string
}

// criteria writes the CPE name.
func (s statement) criteria() string {
	part, rest, _ := strings.Cut(s.pair, ":")
	vendor, product, _ := strings.Cut(rest, ":")
	or := func(text string) string {
		if text == "" || text == "*" {
			return "*"
		}
		return regexp.MustCompile(`[^a-z0-9_.~-]`).ReplaceAllString(text, `\$0`)
	}
	exact := or(s.exact)
	if s.exact == "-" {
		exact = "-"
	}
	return fmt.Sprintf("cpe:2.3:%s:%s:%s:%s:%s:*:*:%s:%s:*:*", part, or(vendor), or(product), exact, or(s.update),
		or(s.edition), or(s.target))
}

// importStatements imports a feed of NVD records, one for each statement; those of one CVE are one
// record.
func (p program) importStatements(name string, statements []statement) {
	p.Helper()
	byCVE, order := map[string][]any{}, []string{}
	for _, s := range statements {
		if byCVE[s.cve] == nil {
			order = append(order, s.cve)
		}
		byCVE[s.cve] = append(byCVE[s.cve], s.configuration())
	}
	var list []any
	for _, cve := range order {
		list = append(list, map[string]any{"cve": map[string]any{"id": cve, "vulnStatus": "Analyzed",
			"published": "2024-01-01T00:00:00.000", "configurations": byCVE[cve]}})
	}
	text, err := json.Marshal(map[string]any{"format": "NVD_CVE", "version": "2.0", "totalResults": len(list),
		"resultsPerPage": len(list), "startIndex": 0, "vulnerabilities": list})
	path := filepath.Join(p.TempDir(), "nvd.json")
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err == nil {
		_, err = p.importFeed("nvd", path, name)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// configuration writes the statement as a configuration.
func (s statement) configuration() any {
	match := map[string]any{"vulnerable": true, "criteria": s.criteria()}
	if s.low != "" {
		match["versionStartIncluding"] = s.low
	}
	if s.high != "" {
		end := "versionEndExcluding"
		if s.including {
			end = "versionEndIncluding"
		}
		match[end] = s.high
	}
	nodes := []any{map[string]any{"operator": "OR", "cpeMatch": []any{match}}}
	if s.on == "" {
		return map[string]any{"nodes": nodes}
	}
	on := map[string]any{"vulnerable": false, "criteria": statement{pair: s.on, exact: "-"}.criteria()}
	return map[string]any{"operator": "AND",
		"nodes": append(nodes, map[string]any{"operator": "OR", "cpeMatch": []any{on}})}
}

// platform is a device's operating system.
type platform struct{ name, version string }

func platformOf(kind string) platform {
	if kind == "macos" {
		return platform{"macOS", "15.3"}
	}
	return platform{"Windows11", "10.0.22631.4751"}
}

// reportDevice reports a device with some software.
func (p program) reportDevice(name string, on platform, software ...map[string]string) {
	p.Helper()
	text, err := json.Marshal(map[string]any{"device": map[string]string{"name": name, "osPlatform": on.name,
		"osVersion": on.version, "osArchitecture": "x64"}, "software": software})
	if err == nil {
		err = p.report(text, arguments{})
	}
	if err != nil {
		p.Fatalf("%s: %v", name, err)
	}
}
