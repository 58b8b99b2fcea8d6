package quality

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// runCases runs the cases of testdata/case.
func runCases(t *tally) {
	names, err := filepath.Glob("testdata/case/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		if err := unpackCase(string(text), folder); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		runCase(t, strings.TrimSuffix(filepath.Base(name), ".txt"), folder, "")
	}
}

// runSharedCases runs the cases beside the clone, which this project did not write.
func runSharedCases(t *tally) {
	shared := testneed.Shared(t.TB)
	names, err := filepath.Glob(filepath.Join(shared, "..", "cases", "*", "case.json"))
	if err != nil || len(names) == 0 {
		t.Skip("no shared cases beside the clone")
	}
	for _, name := range names {
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(filepath.Dir(name))); err != nil {
			t.Fatal(err)
		}
		runCase(t, filepath.Base(filepath.Dir(name)), folder, shared)
	}
}
