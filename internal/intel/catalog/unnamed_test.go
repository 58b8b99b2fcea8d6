package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// TestUnnamed says that products of titles which somebody brought are told if no record names them, those of muster's
// own set never, and that the file keeps it.
func TestUnnamed(t *testing.T) {
	block := func(pairs ...string) string {
		_, name, _ := strings.Cut(pairs[0], ":")
		return fmt.Sprintf("product acme/%s\n\tcpe %s\n\tvendor Acme\n\ttitle %s\n\tsource x\n", name, strings.Join(pairs, "\n\tcpe "), name)
	}
	var many []string
	for i := range 30 {
		many = append(many, block(fmt.Sprintf("a:acme:p%02d", i)))
	}
	record := affects("CVE-2024-0001", "acme", "rocket", "9")
	for _, test := range []struct {
		what           string
		set, overrides string
		count          int
		first          []string
	}{
		{"nothing brought", "", "", 0, nil},
		{"named", "titles 1\n" + block("a:acme:rocket"), "", 0, nil},
		{"one of two pairs named", "titles 1\n" + block("a:acme:other", "a:acme:rocket"), "", 0, nil},
		{"no product", "titles 1\nnone\n\tvendor Acme\n\ttitle Updater\n\tsource x\n", "", 0, nil},
		{"not named", "titles 1\n" + block("a:acme:other", "a:acme:another") + block("a:acme:rocket"), "", 1, []string{"acme:other"}},
		{"of aliases.txt", "", block("a:acme:own"), 1, []string{"acme:own"}},
		{"of both, once", "titles 1\n" + block("a:acme:own") + block("a:acme:b"), block("a:acme:own"), 2, []string{"acme:b", "acme:own"}},
		{"many", "titles 1\n" + strings.Join(many, ""), "", 30, []string{"acme:p00", "acme:p01"}},
	} {
		c := build(t, catalog.Config{Overrides: test.overrides}, record, intel.Record{Source: "set", Titles: test.set})
		s := c.Summary()
		if s.Unnamed != test.count || len(s.UnnamedProducts) != min(test.count, 20) ||
			!slices.Equal(s.UnnamedProducts[:len(test.first)], test.first) {
			t.Errorf("%s: %d, %q; want %d, %q", test.what, s.Unnamed, s.UnnamedProducts, test.count, test.first)
		}
	}
}
