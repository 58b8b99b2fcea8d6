package titles_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/titles"
)

// TestDefault says that muster's own data set passes the checks of an import, that each of its patterns has an example,
// and how large it is.
func TestDefault(t *testing.T) {
	table, err := titles.Check(titles.Files())
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range table.Check(true) {
		t.Error(err)
	}
	windows, macos := table.Size()
	t.Logf("%d files, %d keys for Windows, %d for macOS", len(titles.Files()), windows, macos)
	if windows < 700 || macos < 300 {
		t.Error("want at least 700 and 300 keys")
	}
}

// place is a public place that anyone can look a fact up at: CVE records, a file or a thread of a repository, a
// manifest, a cask, a page. What the place says of the block may precede it, and a remark may follow in parentheses.
var place = regexp.MustCompile(`^(?:[^:|]+: )?(?:` + strings.Join([]string{
	`(?:the|maker and) [^:]* of CVE-\d{4}-\d{4,}`,
	`CVE-\d{4}-\d{4,}(?:, CVE-\d{4}-\d{4,})*`,
	`[A-Za-z\d][\w.-]*/[\w.-]+(?:#\d+|: [\w.][^()]*)`,
	`winget-pkgs: manifests/[\w.+-]+/[\w.+/-]+`,
	`homebrew-cask: Casks/[\w@./-]+\.rb`,
	`endoflife\.date [a-z\d-]+`,
	`learn\.microsoft\.com/[\w./-]+`,
	`muster: internal/[\w/]+`,
}, "|") + `)(?: \([^()]+\))?$`)

// sources returns the texts of the source lines of a file.
func sources(text string) []string {
	found := []string{}
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "source "); ok {
			for _, s := range strings.Split(rest, "|") {
				found = append(found, strings.TrimSpace(s))
			}
		}
	}
	return found
}

// TestSources says that every source of the data set names a public place, and that what names none is found.
func TestSources(t *testing.T) {
	for _, file := range titles.Files() {
		for _, s := range sources(file.Text) {
			if !place.MatchString(s) {
				t.Errorf("%s: source %q names no public place", file.Name, s)
			}
		}
	}
	for _, s := range []string{"stored public file 18854690611", "muster 2026", "uninstall entry of the installer", "published lists",
		"homebrew-cask, forticlient", "winget-pkgs", "README.md (a machine's own list)", "title: maker and product of a record", "a/b", ""} {
		if place.MatchString(s) {
			t.Errorf("%q is a place", s)
		}
	}
}

// TestSourcesApart says that no title is from a place whose entries the quality gate judges titles by.
func TestSourcesApart(t *testing.T) {
	text, err := os.ReadFile("../../quality/testdata/seen.txt")
	if err != nil {
		t.Fatal(err)
	}
	judges := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^source \| ([\w.-]+/[\w.-]+)(#\d+|, [^\s,]+)`).FindAllStringSubmatch(string(text), -1) {
		judges[m[1]+strings.Replace(m[2], ", ", ": ", 1)] = true
	}
	if len(judges) < 6 {
		t.Fatalf("seen.txt names %d places", len(judges))
	}
	for _, file := range titles.Files() {
		for _, s := range sources(file.Text) {
			for judge := range judges {
				if s, _, _ := strings.Cut(s, " ("); strings.HasSuffix(s, judge) {
					t.Errorf("%s: %q is a source of seen.txt", file.Name, s)
				}
			}
		}
	}
}

const rocket = "titles 1\nproduct acme/rocket\n\tcpe a:acme:rocket\n\tvendor Acme\n\ttitle Rocket\n\tsource acme.example\n"

func TestParse(t *testing.T) {
	files := fstest.MapFS{"acme.titles": {Data: []byte("\ufeff" + strings.ReplaceAll(rocket, "\n", "\r\n"))},
		"b/other.titles": {Data: []byte("titles 1\nnone\n\tvendor Acme\n\ttitle Shed\n\tsource a\n")}, "notes.txt": {Data: []byte("x")}}
	records, odd := inteltest.Parse(t, titles.Feed{}, files)
	if len(records) != 2 || len(odd) != 0 || records[0].Source != "acme.titles" || !strings.Contains(records[1].Titles, "Shed") {
		t.Errorf("%+v, left out %v", records, odd)
	}
}

// TestRefused says that a set with a fault is refused as a whole, and where the fault is.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"none\n\tvendor A\n\ttitle B\n": `file "b.titles": the first line`,
		"titles 2\nnone\n\tvendor A\n":  `file "b.titles", line 1: titles "2": this program reads version 1`,
		"titles 1\nproduct acme/rocket\n\tcpe a:b:c\n\tvendor Acme\n\ttitle Rocket\n\tsource x\n": `file "b.titles", line 2: title "rocket" of "acme" is already taken`,
		"titles 1\nnone\n\tvendor A\n\ttitle B\n":                                                 `file "b.titles", line 2: the block names no source`,
		"titles 1\nnone\n\tvendor A\n\tversion backwards\n":                                       `file "b.titles", line 4: unknown version transform`,
		"titles 1\nnone\n\tvendor Acme\n\tpattern rocket.*\n\tsource x\n\tseen Rocket | 1 | 1\n":  `file "b.titles", line 6: "Rocket" of "acme" leads to acme/rocket`,
		"titles 1\nnone\n\tvendor A\n\tpattern (\n":                                               `file "b.titles", line 4: error parsing regexp`,
		"titles 1\nnone\n\tvendor A\n\tpattern .*\n":                                              `file "b.titles", line 4: pattern ".*" is too broad`,
		"titles 1\nnone\n\tvendor A\n\tpattern (?:rocket|r?\\d+)+\n":                              `line 4: pattern "(?:rocket|r?\\d+)+" is too broad`,
		"titles 1\nnone\n\tvendor A\n\tpattern rocket(a.{90}){11}\n":                              `line 4: pattern "rocket(a.{90}){11}" has `,
		"titles 1\nnone\n\tvendor A\n\tpattern rocket" + strings.Repeat("x", 300) + "\n":          `file "b.titles", line 4: pattern of 306 bytes`,
		"titles 1\n" + strings.Repeat("# x\n", 6<<20):                                             `file "b.titles": more than 16777216 bytes: too large`,
		"titles 1\n" + strings.Repeat("#", 17<<20):                                                "titles",
	} {
		files := fstest.MapFS{"a.titles": {Data: []byte(rocket)}, "b.titles": {Data: []byte(text)}}
		if err := failure(t, files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
	if err := failure(t, fstest.MapFS{"a.json": {Data: []byte("{}")}}); !errors.Is(err, intel.ErrNoRecords) {
		t.Errorf("no titles: %v", err)
	}
	if err := failure(t, fstest.MapFS{"a.titles": {Data: []byte("titles 1\n")}}); !errors.Is(err, titles.ErrEmpty) {
		t.Errorf("an empty set: %v", err)
	}
}

// failure returns the error that ends a feed.
func failure(t *testing.T, files fstest.MapFS) error {
	for _, err := range (titles.Feed{}).Parse(t.Context(), files) {
		if err != nil {
			return err
		}
	}
	return nil
}

// FuzzParse says of any text: it is refused with its line, or a table comes of it whose examples are right.
func FuzzParse(f *testing.F) {
	for _, file := range titles.Files()[:20] {
		f.Add(file.Text, "Acme Tower 9.1 (x64)")
	}
	f.Add(rocket, "Rocket for Windows")
	f.Fuzz(func(t *testing.T, text, title string) {
		table, err := titles.Check([]titles.File{{Name: "a", Text: text}})
		if table == nil && err == nil {
			t.Fatal("neither a table nor an error")
		}
		if table != nil {
			table.Find(alias.Entry{Kind: "windows", Vendor: "Acme", Name: title, Version: "9.1"})
		}
	})
}

// BenchmarkFind shows that a lookup costs what some hashes of its texts cost, known or not. A catalog asks once for
// each component and remembers the answer (BenchmarkVerdict/memo of package catalog).
func BenchmarkFind(b *testing.B) {
	table, err := titles.Parse(titles.Default())
	if err != nil {
		b.Fatal(err)
	}
	entries := map[string]func(i int) alias.Entry{
		"title": func(i int) alias.Entry {
			return alias.Entry{Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome", Version: "126.0"}
		},
		"bundle": func(i int) alias.Entry { return alias.Entry{Kind: "macos", ID: "com.google.Chrome", Name: "Chrome"} },
		"pattern": func(i int) alias.Entry {
			return alias.Entry{Kind: "windows", Vendor: "Microsoft Corporation", Name: "Microsoft .NET Runtime - 8.0.6 (x64)", Version: "64.24"}
		},
		"unknown": func(i int) alias.Entry {
			return alias.Entry{Kind: "windows", Vendor: "Vendor GmbH", Name: fmt.Sprintf("Program %d for Windows", i), Version: "1.2.3"}
		},
	}
	b.Run("hash", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			e := entries["unknown"](i)
			sha256.Sum256([]byte(e.Vendor + "\x00" + e.Name + "\x00" + e.Version))
		}
		b.ReportMetric(1e7*float64(b.Elapsed().Seconds())/float64(b.N), "s/10M")
	})
	for name, entry := range entries {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				table.Find(entry(i))
			}
			b.ReportMetric(1e7*float64(b.Elapsed().Seconds())/float64(b.N), "s/10M")
		})
	}
}
