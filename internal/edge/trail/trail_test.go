package trail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var begin = time.Date(2020, 11, 29, 12, 0, 0, 0, time.UTC) // before any file is renamed

// line is the line number n of a log, of an organization, with padding.
func line(n int, organization string, padding int) string {
	about := ""
	if organization != "" {
		about = fmt.Sprintf(`"organization":%q,`, organization)
	}
	return fmt.Sprintf(`{"time":%q,%s"number":%d,"pad":%q}`+"\n", begin.Add(time.Duration(n)*time.Second).Format(time.RFC3339Nano),
		about, n, strings.Repeat("x", padding))
}

// numbers are those of a page's lines.
func numbers(t interface{ Fatal(...any) }, p Page) (all []int) {
	for _, text := range p.Lines {
		var one struct{ Number int }
		if err := json.Unmarshal(text, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one.Number)
	}
	return all
}

func open(t testing.TB, keep int) (*Log, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l, err := Open(path, 1, keep)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, path
}

// A reader that goes on from page to page sees each line of its organization once and in order, and no
// other, however the log is renamed and compressed meanwhile.
func TestEachLineIsReadOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, err := Open(filepath.Join(t.TempDir(), "audit.jsonl"), 1, 1000)
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		var want, got []int
		var after *Place
		read := func(limit int) bool {
			page, err := l.Read(context.Background(), Query{Organization: "mine", After: after, Limit: limit})
			if err != nil {
				rt.Fatal(err)
			}
			got, after = append(got, numbers(rt, page)...), page.Next
			return page.More
		}
		for n := range rapid.IntRange(1, 90).Draw(rt, "lines") {
			organization := rapid.SampledFrom([]string{"mine", "theirs", ""}).Draw(rt, "organization")
			padding := rapid.SampledFrom([]int{0, 100, 50_000}).Draw(rt, "padding")
			if _, err := l.Write([]byte(line(n, organization, padding))); err != nil {
				rt.Fatal(err)
			}
			if organization == "mine" {
				want = append(want, n)
			}
			if rapid.IntRange(0, 9).Draw(rt, "read") == 0 {
				read(rapid.IntRange(1, 20).Draw(rt, "limit"))
			}
		}
		for read(7) {
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("lines (-written +read):\n%s", diff)
		}
	})
}

// Reading begins at a time, also in files that were compressed.
func TestReadSince(t *testing.T) {
	l, path := open(t, 1000)
	for n := range 100 {
		if _, err := l.Write([]byte(line(n, "mine", 50_000))); err != nil {
			t.Fatal(err)
		}
	}
	compressed(t, path)
	for _, since := range []int{0, 1, 37, 99, 100} {
		var got []int
		q := Query{Organization: "mine", Since: begin.Add(time.Duration(since) * time.Second), Limit: 1000}
		for more := true; more; {
			page, err := l.Read(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			got, q.After, more = append(got, numbers(t, page)...), page.Next, page.More
		}
		if len(got) != 100-since || len(got) > 0 && got[0] != since {
			t.Errorf("since %d: %v", since, got)
		}
	}
}

// A filter gives the lines that it says, and reading by it goes on to the end as reading without it does.
func TestFilteredLines(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, err := Open(filepath.Join(t.TempDir(), "audit.jsonl"), 1, 1000)
		if err != nil {
			rt.Fatal(err)
		}
		defer l.Close()
		events, callers, outcomes := []string{"read device", "add client", "remove client", "issue token"}, []string{"a1", "A2"}, []string{"done", "denied"}
		f := Filter{Event: rapid.SampledFrom([]string{"", "Client", "client", "read"}).Draw(rt, "event"),
			Path:    rapid.SampledFrom([]string{"", "/V1", "/x"}).Draw(rt, "path"),
			Caller:  rapid.SampledFrom([]string{"", "a1", "a2", "name a1", "a"}).Draw(rt, "caller"),
			Outcome: rapid.SampledFrom([]string{"", "done", "Denied"}).Draw(rt, "outcome"), Changes: rapid.Bool().Draw(rt, "changes")}
		var want, got []int
		for n := range rapid.IntRange(0, 60).Draw(rt, "lines") {
			event, caller := rapid.SampledFrom(events).Draw(rt, "event of"), rapid.SampledFrom(callers).Draw(rt, "caller of")
			outcome, path := rapid.SampledFrom(outcomes).Draw(rt, "outcome of"), rapid.SampledFrom([]string{"/v1/clients", "/x"}).Draw(rt, "path of")
			// What a request was about may have members of the same names: the first counts.
			text := fmt.Sprintf(`{"time":%q,"event":%q,"outcome":%q,"path":%q,"organization":"mine","caller":%q,"name":"name %s","number":%d,"caller":"a1"}`+"\n",
				begin.Format(time.RFC3339), event, outcome, path, caller, caller, n)
			if _, err := l.Write([]byte(text)); err != nil {
				rt.Fatal(err)
			}
			is := func(want string, have ...string) bool {
				for _, h := range have {
					if want == "" || strings.EqualFold(want, h) {
						return true
					}
				}
				return false
			}
			if strings.Contains(event, strings.ToLower(f.Event)) && strings.Contains(path, strings.ToLower(f.Path)) &&
				is(f.Caller, caller, "name "+caller) && is(f.Outcome, outcome) && !(f.Changes && (event == "read device" || event == "issue token")) {
				want = append(want, n)
			}
		}
		q := Query{Organization: "mine", Filter: f, Limit: rapid.IntRange(1, 9).Draw(rt, "limit")}
		for more := true; more; {
			page, err := l.Read(context.Background(), q)
			if err != nil {
				rt.Fatal(err)
			}
			got, q.After, more = append(got, numbers(rt, page)...), page.Next, page.More
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("lines by %+v (-want +read):\n%s", f, diff)
		}
	})
}

// compressed waits until older files are compressed.
func compressed(t *testing.T, path string) {
	t.Helper()
	for range 300 {
		plain, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "audit-*.jsonl"))
		packed, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "audit-*.jsonl.gz"))
		if len(plain) == 0 && len(packed) > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("older files are not compressed")
}

// A page reads a bounded part of the log, whatever it finds.
func TestPagesAreBounded(t *testing.T) {
	l, _ := open(t, 1000)
	for n := range maxScan/50_000 + 20 {
		if _, err := l.Write([]byte(line(n, "theirs", 50_000))); err != nil {
			t.Fatal(err)
		}
	}
	page, err := l.Read(t.Context(), Query{Organization: "mine", Limit: 10})
	if err != nil || len(page.Lines) != 0 || !page.More || page.Next == nil {
		t.Errorf("%v: %d lines, more %v, next %v", err, len(page.Lines), page.More, page.Next)
	}
	page, err = l.Read(t.Context(), Query{Organization: "theirs", Limit: 1000})
	if err != nil || !page.More || len(page.Lines) != maxPage/50_000+1 {
		t.Errorf("%v: %d lines, more %v", err, len(page.Lines), page.More)
	}
}

// Who has missed lines is told.
func TestLinesThatAreGone(t *testing.T) {
	l, path := open(t, 1)
	write := func(from, to int) {
		for n := from; n < to; n++ {
			if _, err := l.Write([]byte(line(n, "mine", 50_000))); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(0, 5)
	page, err := l.Read(t.Context(), Query{Organization: "mine", Limit: 2})
	if err != nil || len(page.Lines) != 2 {
		t.Fatalf("%v: %d lines", err, len(page.Lines))
	}
	write(5, 100)
	for range 300 { // older files are removed in the background
		if older, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "audit-*")); len(older) == 1 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := l.Read(t.Context(), Query{Organization: "mine", After: page.Next, Limit: 2}); !errors.Is(err, ErrGone) {
		t.Errorf("the error is %v, want ErrGone", err)
	}
	if page, err = l.Read(t.Context(), Query{Organization: "mine", Limit: 2}); err != nil || len(page.Lines) == 0 {
		t.Errorf("from the start: %v, %d lines", err, len(page.Lines))
	}
}

// A line belongs to the organization of its caller, whatever else is in it. What is damaged, unfinished
// or too long is in no page, and lines after it are.
func TestWhoseLineItIs(t *testing.T) {
	l, path := open(t, 3)
	at := `"time":"2026-11-29T12:00:00Z",`
	for _, text := range []string{
		`{` + at + `"number":1,"path":"\"organization\":\"mine\""}`,
		`{` + at + `"organization":"theirs","number":2,"organization":"mine"}`,
		`{` + at + `"organization":"mine","number":3,"organization":"theirs"}`,
		`{` + at + `"number":4,"about":{"organization":"mine"}}`,
		`{` + at + `"organization":"mine","number":5`, // cut
		`{"organization":"mine","number":6}`,
		`{` + at + `"organization":"mine-too","number":7}`,
		`["organization","mine"]`,
		`{` + at + `"organization":"mine","pad":"` + strings.Repeat("x", 2*maxLine) + `","number":8}`,
		`{` + at + `"organization":"mine","number":9}`,
	} {
		if _, err := l.Write([]byte(text + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Write([]byte(`{` + at + `"organization":"mine","number":10}`)); err != nil { // not finished
		t.Fatal(err)
	}
	page, err := l.Read(t.Context(), Query{Organization: "mine", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{3, 9}, numbers(t, page)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if _, err := l.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	if page, err = l.Read(t.Context(), Query{Organization: "mine", After: page.Next, Limit: 100}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{10}, numbers(t, page)); diff != "" {
		t.Errorf("lines later (-want +got):\n%s", diff)
	}
	for _, name := range []string{"audit-x.jsonl", "audit-2026-11-29T12-00-00.000.jsonl.gz.part", "audit-old.txt"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte("{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(filepath.Dir(path), "audit-2026-11-29T12-00-01.000.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	if page, err = l.Read(t.Context(), Query{Organization: "mine", Limit: 100}); err != nil || len(page.Lines) != 3 {
		t.Errorf("beside other files: %v, %d lines", err, len(page.Lines))
	}
}
