// Package titles has muster's data set of software titles: a file for each vendor in the folder data, in the format of
// package alias. Facts are what others publish, and each block names where they were read: a manifest of winget-pkgs
// or a cask of Homebrew, a file or a thread of another public repository, CVE records by their pairs and their own
// names, endoflife.date. Each pattern has an example from such a place; none is made up. A test holds the form of every
// source. What nobody can name a place of is not in the set: people confirm such titles (muster title confirm).
//
// The set is a feed, too: files of this form can be imported (kind "titles") and then take the place of the whole set,
// without a new program. Both pass the same checks.
package titles

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/muster-project/muster/internal/intel/alias"
)

//go:embed data
var data embed.FS

// File is one file of a data set.
type File struct{ Name, Text string }

// Files returns the files of muster's own data set, by name.
func Files() []File {
	files := []File{}
	_ = fs.WalkDir(data, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(data, name) // of the program itself: it cannot fail
		files = append(files, File{strings.TrimPrefix(name, "data/"), string(text)})
		return err
	})
	return files
}

// Default returns muster's own data set as one text.
var Default = sync.OnceValue(func() string {
	texts := []string{}
	for _, f := range Files() {
		texts = append(texts, f.Text)
	}
	return Join(texts)
})

// parsedDefault is the set that most catalogs have.
var parsedDefault = sync.OnceValues(func() (*alias.Table, error) { return alias.Parse(Default()) })

// Parse reads the text of a data set.
func Parse(text string) (*alias.Table, error) {
	if text == Default() {
		return parsedDefault()
	}
	return alias.Parse(text)
}

// Join makes one text of the texts of files.
func Join(texts []string) string {
	var b strings.Builder
	for _, text := range texts {
		b.WriteString(text)
		if !strings.HasSuffix(text, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// maxSet bounds a data set, in bytes. Muster's own has about 200 kB.
const maxSet = 16 << 20

// ErrEmpty says that a data set has no titles.
var ErrEmpty = errors.New("no titles")

// Check reads and checks a data set. Errors name the file and the line, and are at most some dozens.
func Check(files []File) (*alias.Table, error) {
	texts, size := make([]string, len(files)), 0
	for i, f := range files {
		texts[i] = f.Text
		if size += len(f.Text); size > maxSet {
			return nil, fmt.Errorf("file %q: more than %d bytes of titles in total", f.Name, maxSet)
		}
		if !IsBeginning([]byte(f.Text)) {
			return nil, fmt.Errorf("file %q: the first line is not %q", f.Name, beginning)
		}
	}
	table, err := alias.Parse(Join(texts))
	if err != nil {
		return nil, inFile(files, err)
	}
	if table.IsEmpty() {
		return nil, ErrEmpty
	}
	problems := table.Check(false)
	for i, err := range problems {
		problems[i] = inFile(files, err)
	}
	return table, errors.Join(problems...)
}

// inFile names the file of an error, and the line in it.
func inFile(files []File, err error) error {
	var at *alias.LineError
	if !errors.As(err, &at) {
		return err
	}
	line := at.Line
	for _, f := range files {
		lines := strings.Count(strings.TrimSuffix(f.Text, "\n"), "\n") + 1
		if line <= lines {
			return fmt.Errorf("%w: file %q, line %d: %w", alias.ErrFormat, f.Name, line, at.Err)
		}
		line -= lines
	}
	return err
}

// beginning is the first line of a file of titles, without the version.
const beginning = "titles 1"

// IsBeginning reports whether a text begins as a file of titles does, of whatever version.
func IsBeginning(text []byte) bool {
	text = []byte(strings.TrimPrefix(string(text[:min(len(text), maxHead)]), "\ufeff"))
	line, _, _ := strings.Cut(string(text), "\n")
	word, version, ok := strings.Cut(strings.TrimSpace(line), " ")
	return ok && word == "titles" && version != "" && strings.Trim(version, "0123456789") == ""
}

// maxHead is how much of a text is looked at for its first line, in bytes.
const maxHead = 100

// sorted returns files by name.
func sorted(files []File) []File {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files
}
