// Package checks is a feed of checks of settings (package benchmark): a folder of a site's own, imported as kind
// "checks". It stands above the checks that come with the program and replaces, adds and leaves out some of them by
// id. A catalog has them, so that all nodes judge by the same checks.
package checks

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// Feed is a folder of checks. No one publishes it, so it is imported, or fetched from an address of the operator's.
type Feed struct {
	Client *http.Client
	// URL is the address of a file; empty: none.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns the address of the operator's (intel.Feed).
func (f Feed) Address() string { return f.URL }

// Fetch downloads the file at the address if it has changed; intel.ErrNoAddress without one.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	return intel.Download{Client: f.Client}.From(ctx, dst, since, "checks.yaml", f.URL)
}

// Parse yields a record for each file. A folder with a fault, or of which a case is wrong, is refused as a whole.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return func(yield func(intel.Record, error) bool) {
		files, err := read(ctx, fsys)
		if err == nil {
			err = benchmark.TryFiles(ctx, files)
		}
		if err != nil {
			yield(intel.Record{}, err)
			return
		}
		for _, f := range files {
			if !yield(intel.Record{Source: f.Name, Checks: pack(f)}, nil) {
				return
			}
		}
	}
}

// read reads the files of a folder, by name.
func read(ctx context.Context, fsys fs.FS) ([]benchmark.File, error) {
	docs, err := intel.Whole(ctx, "checks", intel.DefaultLimits().YAML(fsys))
	if err != nil {
		return nil, err
	}
	var files []benchmark.File
	for _, doc := range docs {
		files = append(files, benchmark.File{Name: doc.Name, Text: string(doc.Data)})
	}
	return files, nil
}

// pack makes one text of a file: its name is the first line.
func pack(f benchmark.File) string { return strings.ReplaceAll(f.Name, "\n", " ") + "\n" + f.Text }

// Of returns the files of checks in a catalog's sources, by name and text.
func Of(sources []catalog.Source) (files []benchmark.File) {
	for _, s := range sources {
		for _, id := range s.Table.Checks {
			name, text, _ := strings.Cut(s.Table.Texts.Text(id), "\n")
			files = append(files, benchmark.File{Name: name, Text: text})
		}
	}
	slices.SortFunc(files, func(a, b benchmark.File) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Text, b.Text))
	})
	return files
}

// maxHead is how much of a text is looked at for its first members, in bytes.
const maxHead = 64 << 10

// IsBeginning reports whether a text begins as a file of checks does: its first member is one of those, after
// comments.
func IsBeginning(text []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(text[:min(len(text), maxHead)], []byte("\ufeff"))) {
		switch line = bytes.TrimRight(line, " \r\n"); {
		case len(line) == 0, line[0] == '#', string(line) == "---":
		case bytes.HasPrefix(line, []byte("version:")): // other formats have one, too
		default:
			return string(line) == "checks:" || bytes.HasPrefix(line, []byte("without:"))
		}
	}
	return false
}
