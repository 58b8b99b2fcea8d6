package benchmark_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lookedUp returns the references that testdata/references.txt has, with the checks that cite them, and the lists
// they are of.
func lookedUp(t *testing.T) (cited map[string]bool, lists map[string]bool) {
	t.Helper()
	text, err := os.ReadFile("testdata/references.txt")
	if err != nil {
		t.Fatal(err)
	}
	public := regexp.MustCompile(`^place (?:[A-Za-z\d][\w.-]*/[\w.-]+: [\w.-]+/[\w./-]+|Debian's package [a-z-]+ [\d.]+: [\w.-]+\.xml)(?:[ ,].*)?$`)
	cited, lists = map[string]bool{}, map[string]bool{}
	list := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		name, check, _ := strings.Cut(line, " ")
		switch {
		case line == "" || name == "#":
		case name == "list":
			list = check
		case name == "place":
			if !public.MatchString(line) {
				t.Errorf("%q is no public place", line)
			}
			lists[list] = true
		case !lists[list]:
			t.Errorf("%s: %q has no place", list, line)
		default:
			cited[list+": "+name+" in "+check] = true
		}
	}
	return cited, lists
}

// ordinary is a reference that its reader finds by what it says: a title of the maker, a manual page, a document of
// NIST.
var ordinary = regexp.MustCompile(`^(?:Microsoft(?: Edge)?: \w[^:]*(?:: [A-Z].*)?|Microsoft Security Advisory \d+|Apple device management: com\.apple\.[\w.]+.*|` +
	`Apple: .+|[a-z][\w.-]*\(\d\)(?:: .+)?|sudo: sudoers\(5\)|(?:kernel\.org|Linux): [\w-]+/[\w./-]+(?:, \w+)*|Debian: PeriodicUpdates|` +
	`NIST SP 800-53: [A-Z]{2}-\d+|NIST SP 800-63B: [\d.]+)$`)

// TestReferences: numbers and names of others' lists were looked up, each for the check that cites it, and other
// references are of forms that readers find.
func TestReferences(t *testing.T) {
	want, lists := lookedUp(t)
	got := map[string]bool{}
	for _, d := range load(t).Definitions() {
		for _, r := range d.References {
			list, _, _ := strings.Cut(r, ": ")
			switch {
			case lists[list]:
				got[r+" in "+d.ID] = true
			case !ordinary.MatchString(r):
				t.Errorf("%s: reference %q is of no known form", d.ID, r)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("testdata/references.txt (-looked up +cited):\n%s", diff)
	}
	if len(got) < 450 {
		t.Errorf("%d references were looked up", len(got))
	}
	for _, r := range []string{"CIS Debian Linux 13: 1.1", "CIS Windows 11: 5.35 of earlier editions", "NIST mSCP", "somewhere", "stored public file 1", ""} {
		if ordinary.MatchString(r) {
			t.Errorf("%q is ordinary", r)
		}
	}
}
