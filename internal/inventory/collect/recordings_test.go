package collect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// published is a public place where anyone can look a recording up, a thread, a file of a repository or a page; or it
// says that a recording is made up, and by what.
var published = regexp.MustCompile(`(?:^|[\s(])(?:[A-Za-z\d][\w.-]*/[\w.-]+(?:#\d+|: [\w.-]+(?:/[\w.-]+)*\.\w+)|[a-z\d-]+(?:\.[a-z\d-]+)+/[\w./-]+)|` +
	`made up[,:]? (?:by|in|from|of|with|without|that) [^|]{8,}|made up[,:]? [^|]*, (?:by|in|from|of|with) [^|]{8,}`)

// indexed is the number of a search index, which nobody can look up.
var indexed = regexp.MustCompile(`(?i)stored (?:public )?file`)

// TestRecordingsNameTheirPlace: each recording of what Windows and macOS have or print says where it was published,
// or that it is made up and by what. What another recording of its file names counts for one line alone.
func TestRecordingsNameTheirPlace(t *testing.T) {
	check := func(what, source string) {
		if !published.MatchString(source) || indexed.MatchString(source) {
			t.Errorf("%s: %q names no public place, and not what it is made up by", what, source)
		}
	}
	folders := []string{"testdata", "library/testdata", "windows/testdata", "windows/security/testdata", "macos/testdata"}
	seen := 0
	for _, folder := range folders {
		readme, err := os.ReadFile(filepath.Join(filepath.FromSlash(folder), "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(filepath.FromSlash(folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if file.Name() == "README.md" || file.IsDir() {
				continue
			}
			row := regexp.MustCompile(`(?m)^\|[^|]*` + "`" + regexp.QuoteMeta(file.Name()) + "`" + `[^|]*\|(.*)\|$`).FindStringSubmatch(string(readme))
			if row == nil {
				t.Errorf("%s/README.md has no row for %s", folder, file.Name())
				continue
			}
			check(folder+"/"+file.Name(), row[1])
			seen++
		}
	}
	var printed []struct{ Tool, Output, Source string }
	data, err := os.ReadFile("macos/settings/testdata/tools.json")
	if err == nil {
		err = json.Unmarshal(data, &printed)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range printed {
		check(strings.TrimSpace(p.Tool+" "+p.Output), p.Source)
	}
	if seen < 18 || len(printed) < 40 {
		t.Errorf("%d files and %d answers of tools", seen, len(printed))
	}
	for _, s := range []string{"", "made up", "stored public file 55432146896 (a report's security section)", "somebody's blog", "a/b",
		"the test of a public launcher (stored file 60907352022), and a/b#1"} {
		if published.MatchString(s) && !indexed.MatchString(s) {
			t.Errorf("%q is a place", s)
		}
	}
}
