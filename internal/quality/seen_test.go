package quality

import (
	"fmt"
	"os"
	"strings"
)

// runSeenTitles judges titles that others saw on machines: whether each leads to its product at its version, by a
// feed that has one CVE for each label, so that every other product of the list is a decoy.
func runSeenTitles(t *tally) {
	applications := readSeen(t)
	statements, cves := labelStatements(applications, nil)
	p := newProgram(t.TB)
	p.importStatements("nvd", statements)
	for i, a := range applications {
		p.reportDevice(fmt.Sprintf("app%d", i), platformOf(a.kind), a.software())
	}
	published := p.publish()
	found, unknown := map[any][]string{}, map[any]bool{}
	for _, r := range published["findings"] {
		found[r["deviceName"]] = append(found[r["deviceName"]], fmt.Sprint(r["cveId"]))
	}
	for _, r := range published["unknown"] {
		unknown[r["deviceName"]] = true
	}
	right, wrong, lost, nothing := 0, 0, 0, 0
	for i, a := range applications {
		device := fmt.Sprintf("app%d", i)
		a.judge(t, cves, found[device])
		if len(a.labels) == 0 {
			t.judge(a.String()+" has a product code", false, !unknown[device])
		}
		switch own, other := a.counted(cves, found[device]); {
		case other, len(a.labels) == 0 && !unknown[device]:
			wrong++
		case len(a.labels) == 0:
			nothing++
		case own:
			right++
		default:
			lost++
		}
	}
	t.note("%d titles: %d are their product, %d have none and are none, %d are unknown, %d are wrong", len(applications),
		right, nothing, lost, wrong)
}

// counted says whether findings show the application as a product that it is, and as one that it is not.
func (a application) counted(cves map[string]label, found []string) (own, other bool) {
	for _, cve := range found {
		matches := false
		for _, l := range a.labels {
			own = own || l == cves[cve]
			matches = matches || l.pair == cves[cve].pair
		}
		other = other || !matches
	}
	return own, other
}

// readSeen reads testdata/seen.txt. Each entry is below the source that it was seen in.
func readSeen(t *tally) (applications []application) {
	t.Helper()
	text, err := os.ReadFile("testdata/seen.txt")
	if err != nil {
		t.Fatal(err)
	}
	source, seen := "", map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		fields := splitFields(line)
		if fields[0] == "source" && len(fields) == 2 {
			source = fields[1]
			continue
		}
		a, err := readApplication(fields)
		if err != nil || source == "" || seen[a.String()] {
			t.Fatalf("seen.txt: %q: %v, or it has no source, or stands there twice", line, err)
		}
		seen[a.String()] = true
		applications = append(applications, a)
	}
	return applications
}
