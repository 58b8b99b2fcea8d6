package agent

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// writeFile replaces the caller's durable one, and sets the time of the file.
func writeFile(made time.Time) func(string, []byte, os.FileMode) error {
	return func(path string, data []byte, mode os.FileMode) error {
		return errors.Join(os.WriteFile(path, data, mode), os.Chtimes(path, made, made))
	}
}

func newSpool(t testing.TB, folder string) *Spool {
	t.Helper()
	s, err := OpenSpool(folder, writeFile(noon))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *Spool, source string, made time.Time, body string) Report {
	t.Helper()
	r := Report{Source: source, Made: made, Body: []byte(body)}
	s.write = writeFile(made)
	if err := s.Put(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// waiting returns the bodies of waiting reports, in the order of sending.
func waiting(s *Spool) (bodies []string) {
	for _, r := range s.byAge() {
		bodies = append(bodies, string(r.Body))
	}
	return bodies
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestSpoolKeepsTheNewestOfEachSource(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "spool")
	s := newSpool(t, folder)
	old := put(t, s, "collect", noon, "1")
	put(t, s, "sbom", noon.Add(time.Minute), "2")
	newest := put(t, s, "collect", noon.Add(time.Hour), "3")
	same(t, "waiting", waiting(s), []string{"2", "3"})
	same(t, "after a restart", waiting(newSpool(t, folder)), []string{"2", "3"})

	if err := s.Drop(old); err != nil { // it was sent while the newer one arrived
		t.Fatal(err)
	}
	same(t, "waiting", waiting(s), []string{"2", "3"})
	if err := s.Drop(newest); err != nil {
		t.Fatal(err)
	}
	same(t, "after a restart", waiting(newSpool(t, folder)), []string{"2"})
}

func TestSpoolForgetsWhatIsTooOld(t *testing.T) {
	folder := t.TempDir()
	s := newSpool(t, folder)
	put(t, s, "collect", noon, "old")
	put(t, s, "sbom", noon.Add(time.Second), "new")
	r, ok, err := s.Next(noon.Add(maxAge + time.Second))
	if !ok || err != nil || string(r.Body) != "new" {
		t.Errorf("%q, %v, %v", r.Body, ok, err)
	}
	if _, ok, err = s.Next(noon.Add(maxAge + time.Minute)); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	same(t, "after a restart", waiting(newSpool(t, folder)), []string(nil))
}

func TestSpoolLeavesOtherFilesAlone(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"notes.txt", "UPPER.report", "collect.report.new"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.report"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := newSpool(t, folder)
	same(t, "waiting", waiting(s), []string(nil))
	put(t, s, "collect", noon, "1")
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 5 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

func TestSpoolRefusesNamesOfOtherFolders(t *testing.T) {
	s := newSpool(t, t.TempDir())
	for _, source := range []string{"", "../x", "a/b", "A", "a.b", "über"} {
		if err := s.Put(Report{Source: source, Made: noon}); err == nil {
			t.Errorf("source %q is taken", source)
		}
	}
	if err := s.Put(Report{Source: "collect", Made: noon, Body: make([]byte, maxSpool+1)}); err == nil {
		t.Error("a report larger than the spool is taken")
	}
	same(t, "waiting", waiting(s), []string(nil))
}

// If the folder cannot be written, reports are only lost at a restart.
func TestSpoolHoldsWhatItCannotWrite(t *testing.T) {
	full := errors.New("disk full")
	s := newSpool(t, t.TempDir())
	s.write = func(string, []byte, os.FileMode) error { return full }
	if err := s.Put(Report{Source: "collect", Made: noon, Body: []byte("1")}); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	same(t, "waiting", waiting(s), []string{"1"})
}

// Whatever is put, the spool holds the newest reports within its bounds, in memory and in its
// folder.
func TestSpoolIsBounded(t *testing.T) {
	const most = 1000
	big := bytes.Repeat([]byte("x"), most/4)
	rapid.Check(t, func(t *rapid.T) {
		folder, err := os.MkdirTemp("", "spool")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(folder)
		s, err := openSpool(folder, writeFile(noon), most)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(1, 25).Draw(t, "reports")
		for i := range n {
			source := fmt.Sprint("s", rapid.IntRange(0, 99).Draw(t, "source"))
			made := noon.Add(time.Duration(i) * time.Minute)
			s.write = writeFile(made)
			size := rapid.SampledFrom([]int{1, 10, len(big)}).Draw(t, "size")
			if err := s.Put(Report{Source: source, Made: made, Body: big[:size]}); err != nil {
				t.Fatal(err)
			}
			if held := s.byAge(); !held[len(held)-1].Made.Equal(made) {
				t.Fatal("the newest report is not held")
			}
			if size := heldBytes(s); len(s.held) > maxSources || size > most {
				t.Fatalf("%d reports of %d bytes", len(s.held), size)
			}
		}
		again, err := openSpool(folder, s.write, most)
		if err != nil {
			t.Fatal(err)
		}
		sources := func(s *Spool) (all []string) {
			for _, r := range s.byAge() {
				all = append(all, fmt.Sprint(r.Source, r.Made.Unix(), len(r.Body)))
			}
			return all
		}
		if !slices.Equal(sources(s), sources(again)) {
			t.Fatalf("in memory %v, in the folder %v", sources(s), sources(again))
		}
	})
}

func heldBytes(s *Spool) (size int) {
	for _, r := range s.held {
		size += len(r.Body)
	}
	return size
}
