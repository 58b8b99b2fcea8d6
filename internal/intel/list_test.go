package intel_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
)

// value draws a JSON value in some spelling.
func value(t *rapid.T, depth int) string {
	space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "space")
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case kind == 0 && depth > 0:
		return "[" + space + value(t, depth-1) + space + "," + value(t, depth-1) + "]"
	case kind == 1 && depth > 0:
		name, _ := json.Marshal(rapid.StringMatching(`[a-z"\\\[\]{},]{0,5}`).Draw(t, "name")) // of text, so it cannot fail
		return "{" + space + string(name) + ":" + space + value(t, depth-1) + space + "}"
	case kind == 2:
		text, _ := json.Marshal(rapid.StringMatching(`[a-z"\\\[\]{},\n]{0,8}`).Draw(t, "text"))
		return string(text)
	}
	return rapid.SampledFrom([]string{"0", "-1.5e3", "true", "null", `""`, "[]", "{}"}).Draw(t, "word")
}

// The entries of any list are cut out as package json reads them, whatever they are and in whichever
// pieces the file is read; one that is too long is left out alone.
func TestEntriesAreThoseOfTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const longest = 40
		var entries []string
		for range rapid.IntRange(0, 6).Draw(t, "entries") {
			entries = append(entries, value(t, 3))
		}
		text := `{"before":` + value(t, 2) + `,"list":[` + strings.Join(entries, " ,\n") + `],"after":` + value(t, 2) + `}`
		if !json.Valid([]byte(text)) {
			t.Fatalf("not JSON: %s", text)
		}
		files := fstest.MapFS{"d.json": {Data: []byte(text)}}
		i := 0
		for doc, err := range intel.Elements(slow{files}, "list", longest) {
			name := fmt.Sprintf("d.json#%d", i)
			var odd *intel.RecordError
			switch {
			case i >= len(entries):
				t.Fatalf("one more than %d entries of %s: %q, %v", len(entries), text, doc.Data, err)
			case errors.As(err, &odd):
				if odd.Source != name || len(entries[i]) <= longest || !errors.Is(err, intel.ErrTooLarge) {
					t.Errorf("%q was left out: %v", entries[i], err)
				}
			case err != nil:
				t.Fatalf("reading %s: %v", text, err)
			case doc.Name != name || string(doc.Data) != entries[i] || len(entries[i]) > longest:
				t.Errorf("%s is %q, want %q", doc.Name, doc.Data, entries[i])
			}
			i++
		}
		if i != len(entries) {
			t.Errorf("%d of %d entries of %s", i, len(entries), text)
		}
		cut := text[:rapid.IntRange(0, len(text)-1).Draw(t, "cut")]
		var last error
		for _, err := range intel.Elements(fstest.MapFS{"d.json": {Data: []byte(cut)}}, "list", 1<<20) {
			last = err
		}
		if strings.Contains(cut, `"list":[`) && last == nil {
			t.Errorf("cut to %s it is whole", cut)
		}
	})
}

// slow is a file system whose files are read byte by byte.
type slow struct{ fstest.MapFS }

// Open opens a file.
func (s slow) Open(name string) (fs.File, error) {
	file, err := s.MapFS.Open(name)
	if info, wrong := file.Stat(); err != nil || wrong != nil || info.IsDir() {
		return file, errors.Join(err, wrong)
	}
	return slowFile{file, iotest.OneByteReader(file)}, nil
}

type slowFile struct {
	fs.File
	r io.Reader
}

// Read reads a byte.
func (s slowFile) Read(p []byte) (int, error) { return s.r.Read(p) }
