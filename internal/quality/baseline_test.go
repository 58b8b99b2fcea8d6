package quality

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	baselineFile = "testdata/baseline.json"
	waiverFile   = "testdata/waivers.txt"
	documentFile = "../../doc/quality.md"
)

// readBaseline returns the committed figures by suite.
func readBaseline(t testing.TB) map[string]figures {
	t.Helper()
	baseline := map[string]figures{}
	text, err := os.ReadFile(baselineFile)
	if err == nil {
		err = json.Unmarshal(text, &baseline)
	}
	if err != nil {
		t.Fatal(err)
	}
	return baseline
}

func writeBaseline(t testing.TB, baseline map[string]figures) {
	t.Helper()
	text, err := json.MarshalIndent(baseline, "", " ")
	if err == nil {
		err = os.WriteFile(baselineFile, append(text, '\n'), 0o644)
	}
	if err == nil {
		err = os.WriteFile(documentFile, []byte(document(t, baseline)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// readWaivers returns the waived rows by suite, with their reasons. A line is "SUITE ROW: REASON";
// the reason follows the last ": ".
func readWaivers(t testing.TB) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(waiverFile)
	if err != nil {
		t.Fatal(err)
	}
	waivers := map[string]map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		at := strings.LastIndex(rest, ": ")
		if at < 0 || find(name) == nil {
			t.Fatalf("%s: %q is not SUITE ROW: REASON", waiverFile, line)
		}
		if waivers[name] == nil {
			waivers[name] = map[string]string{}
		}
		waivers[name][rest[:at]] = rest[at+2:]
	}
	return waivers
}

const documentHead = `# Quality: what is right, measured

Written by ` + "`make quality UPDATE=-update`" + ` from a run of every suite; ` + "`make quality`" + ` repeats the run and compares.
The labels come from the oracle that each suite names, never from muster. ` + "`internal/quality`" + ` has the suites.

A row is a positive if the oracle wants it. Precision is the part of what muster gives that is right, recall the part
of what is right that muster gives, F1 their harmonic mean. A waiver takes a row out of the figures, with a reason
(` + "`internal/quality/testdata/waivers.txt`" + `). The gate fails on a new false negative, on a lower F1, on a
false positive in a suite that is marked *strict*, and on an oracle that wants fewer rows than before.

| suite | true + | false + | true − | false − | precision | recall | F1 | waivers |
|---|---|---|---|---|---|---|---|---|
`

// document renders doc/quality.md.
func document(t testing.TB, baseline map[string]figures) string {
	var b bytes.Buffer
	b.WriteString(documentHead)
	for _, s := range suites() {
		f, known := baseline[s.name]
		if !known {
			continue
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %.4f | %.4f | %.4f | %d |\n", s.name, f.TruePositives,
			f.FalsePositives, f.TrueNegatives, f.FalseNegatives, f.precision(), f.recall(), f.f1(), f.Waivers)
	}
	b.WriteString("\n## The suites\n")
	for _, s := range suites() {
		marks := ""
		if s.real {
			marks += " Needs the shared data."
		}
		if s.strict {
			marks += " Strict: no false positive."
		}
		fmt.Fprintf(&b, "\n**%s.** %s Oracle: %s%s\n", s.name, s.inputs, s.oracle, marks)
		list(&b, "Missing", baseline[s.name].Missing)
		list(&b, "Wrong", baseline[s.name].Wrong)
	}
	b.WriteString(readMapped(t).document())
	return b.String()
}

// shownRows is how many wrong rows of a kind the document lists.
const shownRows = 20

func list(b *bytes.Buffer, what string, rows []string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n\n", what)
	for i, row := range rows {
		if i == shownRows {
			fmt.Fprintf(b, "- and %d more, in `internal/quality/testdata/baseline.json`\n", len(rows)-i)
			return
		}
		fmt.Fprintf(b, "- `%s`\n", row)
	}
}
