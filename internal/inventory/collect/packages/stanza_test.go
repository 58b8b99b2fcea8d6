package packages

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readStanzas collects the stanzas of a text.
func readStanzas(text string, wanted ...string) ([]stanza, error) {
	var all []stanza
	for s, err := range stanzas(strings.NewReader(text), strings.EqualFold, wanted...) {
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

func TestStanzas(t *testing.T) {
	long := strings.Repeat("x", 3*maxLine)
	for _, test := range []struct {
		name, text string
		want       []stanza
		problem    string
	}{
		{"two", "Package: a\nVersion: 1\n\nPackage: b\n", []stanza{{"Package": "a", "Version": "1"}, {"Package": "b"}}, ""},
		{"no newline at the end", "Package: a", []stanza{{"Package": "a"}}, ""},
		{"any case, carriage returns", "PACKAGE: a\r\n\r\npackage:b\r\n", []stanza{{"Package": "a"}, {"Package": "b"}}, ""},
		{"empty lines", "\n\n\nPackage: a\n\n \n\n", []stanza{{"Package": "a"}}, ""},
		{"first of two counts", "Package: a\nPackage: b\n", []stanza{{"Package": "a"}}, ""},
		{"continued and unwanted", "Package: a\nConffiles:\n /etc/x 123\n Version: 9\nVersion: 1\n",
			[]stanza{{"Package": "a", "Version": "1"}}, ""},
		{"long line nobody wants", "Package: a\nDescription: " + long + "\nVersion: 1\n",
			[]stanza{{"Package": "a", "Version": "1"}}, ""},
		{"long value", "Package: a\n\nPackage: b\nVersion: " + long + "\n", []stanza{{"Package": "a"}},
			`line 4: field "Version" is longer`},
		{"no colon", "Package: a\nrubbish\n", nil, `line 2: "rubbish" is not a field`},
		{"nothing", "", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := readStanzas(test.text, "Package", "Version")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error is %v, want %q", err, test.problem)
			}
		})
	}
}

// TestStanzasReturnWhatWasWritten is the parser's law.
func TestStanzasReturnWhatWasWritten(t *testing.T) {
	value := rapid.StringMatching(`[!-~]([ -~]{0,40}[!-~])?`)
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		var want []stanza
		for range rapid.IntRange(0, 20).Draw(t, "stanzas") {
			s := stanza{}
			for _, name := range []string{"Package", "Version", "Source"} {
				if name == "Package" || rapid.Bool().Draw(t, name) {
					s[name] = value.Draw(t, "value")
					fmt.Fprintf(&text, "%s: %s\n", name, s[name])
				}
				if rapid.Bool().Draw(t, "noise") {
					fmt.Fprintf(&text, "Other: %s\n %s\n", value.Draw(t, "other"), value.Draw(t, "more"))
				}
			}
			text.WriteString(strings.Repeat("\n", rapid.IntRange(1, 3).Draw(t, "empty lines")))
			want = append(want, s)
		}
		got, err := readStanzas(text.String(), "Package", "Version", "Source")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestStanzasReaderFails(t *testing.T) {
	broken := errors.New("disk is gone")
	r := io.MultiReader(strings.NewReader("Package: a\n\n"), &failing{broken})
	var last error
	for _, err := range stanzas(r, strings.EqualFold, "Package") {
		last = err
	}
	if !errors.Is(last, broken) {
		t.Errorf("error is %v", last)
	}
}

// failing is a reader that fails.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func FuzzStanzas(f *testing.F) {
	f.Add("Package: a\nStatus: install ok installed\nVersion: 1\nSource: b (2)\n\nP:x\nV:1\n")
	f.Add("Package: a\n continued\n\n\n:\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, _ := readStanzas(text, "Package", "Version")
		for _, s := range all {
			if len(s) == 0 {
				t.Fatal("an empty stanza")
			}
			for name, value := range s {
				if value != strings.TrimSpace(value) || strings.Contains(value, "\n") || len(value) > maxValue {
					t.Fatalf("field %q is %q", name, value)
				}
			}
		}
	})
}

func BenchmarkStanzas(b *testing.B) {
	text := strings.Repeat("Package: openssl\nStatus: install ok installed\nVersion: 3.0.16-1\nDepends: "+
		strings.Repeat("libc6 (>= 2.36), ", 20)+"\nDescription: x\n"+strings.Repeat(" text\n", 20)+"\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if all, err := readStanzas(text, "Package", "Status", "Version"); err != nil || len(all) != 1000 {
			b.Fatal(len(all), err)
		}
	}
}
