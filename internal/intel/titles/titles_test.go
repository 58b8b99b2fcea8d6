package titles_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/titles"
)

// maxUnseen is how many patterns of the data set have no example yet. It only falls.
const maxUnseen = 47

// TestDefault says that muster's own data set passes the checks of an import, and how large it is.
func TestDefault(t *testing.T) {
	table, err := titles.Check(titles.Files())
	if err != nil {
		t.Fatal(err)
	}
	if unseen, all := table.Unseen(); unseen > maxUnseen {
		t.Errorf("%d of %d patterns have no example, at most %d may", unseen, all, maxUnseen)
	} else if unseen < maxUnseen {
		t.Errorf("lower maxUnseen to %d", unseen)
	}
	windows, macos := table.Size()
	t.Logf("%d files, %d keys for Windows, %d for macOS", len(titles.Files()), windows, macos)
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
