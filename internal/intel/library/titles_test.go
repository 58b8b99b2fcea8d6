package library_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// set is an import of titles: a block for each title, of a product of its name or of another one.
func set(name string, blocks ...string) library.Import {
	text := "titles 1\n"
	for _, b := range blocks {
		title, product, _ := strings.Cut(b, "=")
		text += fmt.Sprintf("product acme/%s\n\tcpe a:acme:%s\n\tvendor Acme\n\ttitle %s\n\tsource x\n", product, product, title)
	}
	return library.Import{Kind: intel.Titles, Name: name, Files: oneFile(name+".titles", text)}
}

// TestSetsOfTitlesAgree: a set that contradicts another one is refused, with its file and line, and catalogs are built
// as before; one that agrees counts beside it, and a set may take its own place.
func TestSetsOfTitlesAgree(t *testing.T) {
	l := newLab(t)
	take := func(in library.Import) error {
		b, err := l.take(in)
		if err == nil && b.State != intelligence.BuildBuilt {
			t.Fatalf("build %+v", b)
		}
		return err
	}
	if err := take(set("one", "Rocket=rocket", "Anvil=anvil")); err != nil {
		t.Fatal(err)
	}
	err := take(set("two", "Magnet=magnet", "Anvil=hammer"))
	const want = `beside "one": alias table: file "two.titles", line 7: title "anvil" of "acme" is already taken`
	if !errors.Is(err, alias.ErrFormat) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	for _, in := range []library.Import{set("two", "Magnet=magnet"), set("one", "Anvil=hammer"), set("again", "Magnet=magnet")} {
		if err := take(in); err != nil {
			t.Error(err)
		}
	}
	if err := take(set("one", "Magnet=anvil")); err == nil {
		t.Error("a set that contradicts two others takes its own place")
	}
}

// TestAliasesAreNamed: what is wrong with the operator's own table is told as that.
func TestAliasesAreNamed(t *testing.T) {
	l := newLab(t)
	if err := os.WriteFile(filepath.Join(l.folder, "aliases.txt"), []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := l.take(set("one", "Rocket=rocket"))
	if err != nil || !strings.Contains(b.Failure, `reading "aliases.txt"`) {
		t.Errorf("build %+v, %v", b, err)
	}
}

// TestSetsAgreeWithCompiledAgain: a set is checked beside one whose table has to be compiled again.
func TestSetsAgreeWithCompiledAgain(t *testing.T) {
	l := newLab(t)
	if _, err := l.take(set("one", "Anvil=anvil")); err != nil {
		t.Fatal(err)
	}
	f, err := l.store.Intelligence.Feed(l.ctx, string(intel.Titles), "one")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(l.folder, f.Table.Path)); err != nil {
		t.Fatal(err)
	}
	l.library.Close()
	l.library = library.New(l.config) // no table is open any more
	if _, _, err := l.library.Import(l.ctx, set("two", "Anvil=hammer")); !errors.Is(err, alias.ErrFormat) {
		t.Errorf("a set that contradicts: %v", err)
	}
	if _, err := l.take(set("two", "Magnet=magnet")); err != nil {
		t.Errorf("a set that agrees: %v", err)
	}
	l.wantNothingUnknown()
}
