package quality

import (
	"os"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// runAppleSample judges macOS by some of Apple's releases, and by nothing else.
func runAppleSample(t *tally) {
	list, err := os.ReadFile("../intel/sofa/testdata/v1.json")
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram(t.TB)
	given := judgeReleases(t, p, "../intel/sofa/testdata/v2.json", list)
	for row := range given {
		if _, judged := t.rows[row]; !judged {
			t.judge(row, false, true)
		}
	}
}

// runAppleReleases judges macOS by all of Apple's releases, beside Apple's own records with publishers' additions.
func runAppleReleases(t *tally) {
	p := newProgram(t.TB)
	if _, err := p.importFeed("cve5", testneed.Shared(t.TB, "cve5", "vulnrichment-develop.tar.gz"), "vulnrichment"); err != nil {
		t.Fatal(err)
	}
	given := judgeReleases(t, p, testneed.Shared(t.TB, "apple", "sofa-v2-macos_data_feed.json.gz"),
		testneed.Unpacked(t.TB, "apple", "sofa-v1-macos_data_feed.json.gz"))
	rest := 0
	for row := range given {
		if _, judged := t.rows[row]; !judged {
			rest++
		}
	}
	t.note("%d rows are of CVEs that Apple lists for other major versions only, and rest on its records", rest)
}

// judgeReleases imports SOFA's list in its second form, and judges four releases of macOS by the same list in
// its first form: a CVE affects what is older than the first release of the same major version that has the fix.
func judgeReleases(t *tally, p program, path string, list []byte) (given map[string]bool) {
	if _, err := p.importFeed("sofa", path, "sofa"); err != nil {
		t.Fatal(err)
	}
	installed := []string{"13.6.2", "14.8.8", "15.7.8", "26.6.1"}
	for _, v := range installed {
		p.reportDevice("macOS "+v, platform{"macOS", v})
	}
	given = foundOn(p.publish())
	for fix, first := range appleFixes(t, list) {
		cve, major, _ := strings.Cut(fix, " ")
		for _, v := range installed {
			if strings.HasPrefix(v, major+".") {
				row := "macOS " + v + " " + cve
				t.judge(row, slices.Compare(parts(v), parts(first)) < 0, given[row])
			}
		}
	}
	return given
}
