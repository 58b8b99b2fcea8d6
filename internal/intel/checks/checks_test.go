package checks_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/checks"
	"github.com/muster-project/muster/internal/intel/table"
)

const without = "# Ours.\nversion: 1\nwithout: [scid-900101]\n"

// compile makes the table of a folder.
func compile(t *testing.T, fsys fs.FS) *table.Table {
	builder := table.NewBuilder("checks")
	for record, err := range (checks.Feed{}).Parse(t.Context(), fsys) {
		if err != nil {
			t.Fatal(err)
		}
		builder.Add(record)
	}
	made, err := builder.Table()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Files come out of tables as they went in, in one order whatever that of the tables is.
func TestFilesComeBack(t *testing.T) {
	a := compile(t, fstest.MapFS{"b.yaml": {Data: []byte(without)}, "a.yaml": {Data: []byte(without + "# more\n")}})
	b := compile(t, fstest.MapFS{"a.yaml": {Data: []byte(without)}})
	want := []benchmark.File{{Name: "a.yaml", Text: without}, {Name: "a.yaml", Text: without + "# more\n"},
		{Name: "b.yaml", Text: without}}
	for _, sources := range [][]catalog.Source{{{Table: a}, {Table: b}}, {{Table: b}, {Table: a}}} {
		if diff := cmp.Diff(want, checks.Of(sources)); diff != "" {
			t.Error(diff)
		}
	}
}

// Files of checks are told from those of other kinds by how they begin.
func TestIsBeginning(t *testing.T) {
	own, err := os.ReadFile("../../benchmark/checks/sshd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		string(own): true, without: true, "\ufeff---\n\nchecks:\n- id: x\n": true, "version: 1\r\nchecks:\r\n": true,
		"": false, "version: 1\n": false, "distroversion: v3.20\n": false, "- checks:\n": false, "checks_of: x\n": false,
		"name: x\nchecks:\n": false,
	} {
		if got := checks.IsBeginning([]byte(text)); got != want {
			t.Errorf("%.40q: %v, want %v", text, got, want)
		}
	}
}

// A folder with a fault, or of which a case is wrong, is refused whole.
func TestFaultyFolders(t *testing.T) {
	for name, text := range map[string]string{
		"no earlier check": "version: 1\nwithout: [scid-1]\n",
		"yaml: line":       "version: 1\nchecks: [}\n",
		"case compliant 1": `version: 1
checks:
  - {id: scid-1000000, name: N, category: OS, subcategory: S, impact: 1, platforms: [Linux], facts: [sshd],
     compliant: "'A' in sshd", remediation: R, cases: {compliant: [{sshd: {}}], nonCompliant: [{sshd: {A: x}}]}}
`,
	} {
		var got error
		folder := fstest.MapFS{"a.yaml": {Data: []byte(without)}, "b.yaml": {Data: []byte(text)}}
		for _, err := range (checks.Feed{}).Parse(t.Context(), folder) {
			got = err
		}
		if got == nil || !strings.Contains(got.Error(), name) || !strings.Contains(got.Error(), "b.yaml") {
			t.Errorf("%q: %v", name, got)
		}
	}
}
