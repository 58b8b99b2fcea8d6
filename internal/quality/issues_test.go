package quality

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// issue is a wrong answer of another program: an entry of a device, and CVEs that it has or has not.
type issue struct {
	name     string
	on       platform
	software map[string]string
	cves     map[string]bool
}

// runIssues judges the entries of testdata/issues.txt by one feed with the statements of all. What
// other issues' CVEs say of an entry is not judged.
func runIssues(t *tally) {
	issues, statements, advisories := readIssues(t)
	p := newProgram(t.TB)
	p.importStatements("nvd", statements)
	p.importAdvisories("PyPI", advisories)
	for i, is := range issues {
		p.reportDevice(fmt.Sprintf("issue%d", i), is.on, is.software)
	}
	found := map[any][]string{}
	for _, r := range p.publish()["findings"] {
		found[r["deviceName"]] = append(found[r["deviceName"]], fmt.Sprint(r["cveId"]))
	}
	for i, is := range issues {
		for cve, wanted := range is.cves {
			t.judge(is.name+" "+cve, wanted, slices.Contains(found[fmt.Sprintf("issue%d", i)], cve))
		}
	}
	t.note("%d issues", len(issues))
}

// readIssues reads testdata/issues.txt, whose head explains the format.
func readIssues(t *tally) (issues []issue, statements []statement, advisories []fix) {
	t.Helper()
	text, err := os.ReadFile("testdata/issues.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if line[0] != '\t' {
			name, _, _ := strings.Cut(line, ": ")
			issues = append(issues, issue{name: name, cves: map[string]bool{}})
			continue
		}
		is := &issues[len(issues)-1]
		switch words[0] {
		case "on":
			is.on = platform{words[1], words[2]}
		case "has":
			is.has(t, strings.TrimSpace(strings.TrimSpace(line)[len("has"):]))
		case "yes", "no", "and":
			if words[0] != "and" {
				is.cves[words[1]] = words[0] == "yes"
			}
			if words[2] == "osv" {
				advisories = append(advisories, fix{words[1], words[4], words[5][1:]})
			} else {
				statements = append(statements, statementOf(t, words[1:]))
			}
		default:
			t.Fatalf("issues.txt: %q", line)
		}
	}
	return issues, statements, advisories
}

// has reads an entry.
func (is *issue) has(t *tally, text string) {
	t.Helper()
	fields := splitFields(text)
	if len(fields) < 4 {
		t.Fatalf("issues.txt: %q has %d fields", text, len(fields))
	}
	is.software = map[string]string{"kind": fields[0], "vendor": fields[1], "name": fields[2], "version": fields[3]}
	for _, field := range fields[4:] {
		key, value, _ := strings.Cut(field, " ")
		if key == "bundle" {
			key = "bundleId"
		}
		is.software[key] = value
	}
	if is.on.name == "" {
		is.on = platformOf(fields[0])
	}
}

// statementOf reads a statement of an NVD configuration.
func statementOf(t *tally, words []string) statement {
	t.Helper()
	s := statement{cve: words[0], pair: words[1]}
	for _, word := range words[2:] {
		key, value, named := strings.Cut(word, "=")
		switch {
		case word == "*":
		case word == "-":
			s.exact = "-"
		case strings.HasPrefix(word, "<="):
			s.high, s.including = word[2:], true
		case word[0] == '<':
			s.high = word[1:]
		case strings.HasPrefix(word, ">="):
			s.low = word[2:]
		case word[0] == '=':
			s.exact = word[1:]
		case named && key == "target":
			s.target = value
		case named && key == "edition":
			s.edition = value
		case named && key == "update":
			s.update = value
		case named && key == "on":
			s.on = value
		default:
			t.Fatalf("issues.txt: %q in the statement on %s", word, s.cve)
		}
	}
	return s
}

// importAdvisories imports OSV advisories, one for each fix, that affect all versions before.
func (p program) importAdvisories(ecosystem string, fixes []fix) {
	p.Helper()
	folder := p.TempDir()
	for i, f := range fixes {
		type object = map[string]any
		text, err := json.Marshal(object{"schema_version": "1.6.0", "id": fmt.Sprintf("TEST-%d", i),
			"modified": "2024-01-01T00:00:00Z", "aliases": []string{f.cve}, "affected": []object{{
				"package": object{"ecosystem": ecosystem, "name": f.name},
				"ranges": []object{{"type": "ECOSYSTEM",
					"events": []object{{"introduced": "0"}, {"fixed": f.version}}}}}}})
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.json", i)), text, 0o644)
		}
		if err != nil {
			p.Fatal(err)
		}
	}
	if _, err := p.importFeed("osv", folder, ecosystem); err != nil {
		p.Fatal(err)
	}
}
