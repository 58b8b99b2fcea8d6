package alias

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
)

// ErrFormat says that an alias table does not have the format (doc.go).
var ErrFormat = errors.New("alias table")

// LineError is an error of a line of a table. It wraps ErrFormat.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("%v: line %d: %v", ErrFormat, e.Line, e.Err) }

// Unwrap returns ErrFormat and the reason.
func (e *LineError) Unwrap() []error { return []error{ErrFormat, e.Err} }

// The limits of a table, far beyond the largest real one.
const (
	// maxLine bounds a line, in bytes.
	maxLine = 64 << 10
	// maxPatterns bounds the patterns, which are tried one by one within a vendor.
	maxPatterns = 20_000
	// maxTitles bounds titles under vendors: of a block, and of all.
	maxTitles, maxAllTitles = 100_000, 4_000_000
)

var errTooMany = errors.New("more than any real table has")

// Table is a parsed alias table. It is immutable; the zero Table is empty.
type Table struct {
	titles map[subject.Title]*Product
	// yearly are the titles that may have the year of a release behind them.
	yearly map[subject.Title]bool
	// ids are bundle ids, package families, upgrade codes and ids of packages, in lower case.
	ids map[string]*Product
	// vendors are all makers that titles and patterns are of.
	vendors map[string]bool
	// patterns are those of each vendor, in the order of the text.
	patterns map[string][]pattern
	// pairs maps each CPE pair to the first product that has it.
	pairs map[Pair]*Product
	// blocks are all blocks, for Check.
	blocks []*block
	count  struct{ titles, patterns int }
}

// Parse parses a table; doc.go has the format. Errors are *LineError.
func Parse(text string) (*Table, error) {
	t := &Table{titles: map[subject.Title]*Product{}, ids: map[string]*Product{}, pairs: map[Pair]*Product{},
		patterns: map[string][]pattern{}, vendors: map[string]bool{}, yearly: map[subject.Title]bool{}}
	var current *block
	number := 0
	for line := range strings.Lines(text) {
		number++
		if len(line) > maxLine {
			return nil, &LineError{number, fmt.Errorf("%d bytes, a line has at most %d", len(line), maxLine)}
		}
		word, rest := firstWord(line)
		indented := line[0] == ' ' || line[0] == '\t'
		var err error
		switch {
		case word == "" || word[0] == '#':
		case indented && current != nil:
			err = current.add(word, rest, number)
		default:
			if err = t.take(current); err != nil {
				return nil, &LineError{current.line, err}
			}
			current, err = newBlock(word, rest, number)
		}
		if err != nil {
			return nil, &LineError{number, err}
		}
	}
	if err := t.take(current); err != nil {
		return nil, &LineError{current.line, err}
	}
	return t, nil
}

func firstWord(line string) (word, rest string) {
	line = strings.TrimSpace(line)
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		return line[:i], strings.TrimSpace(line[i:])
	}
	return line, ""
}

// take adds a finished block to the table.
func (t *Table) take(b *block) error {
	if b == nil {
		return nil
	}
	if !b.Excluded && len(b.Pairs) == 0 {
		return fmt.Errorf("product %s/%s has no cpe", b.Vendor, b.Name)
	}
	t.count.patterns += len(b.patterns) * max(1, len(b.vendors))
	t.count.titles += len(b.vendors) * len(b.titles)
	if len(b.vendors)*len(b.titles) > maxTitles || t.count.titles > maxAllTitles || t.count.patterns > maxPatterns {
		return fmt.Errorf("%d titles and %d patterns: %w", t.count.titles, t.count.patterns, errTooMany)
	}
	for _, vendor := range b.vendors {
		t.vendors[vendor] = true
		for _, name := range b.titles {
			key := subject.Title{Vendor: vendor, Name: name}
			if other := t.titles[key]; other != nil && other != &b.Product {
				return fmt.Errorf("title %q of %q is already taken by %s", name, vendor, other)
			}
			t.titles[key] = &b.Product
			if slices.Contains(b.yearly, name) {
				t.yearly[key] = true
			}
		}
	}
	for _, id := range b.ids {
		if other := t.ids[id]; other != nil && other != &b.Product {
			return fmt.Errorf("id %q is already taken by %s", id, other)
		}
		t.ids[id] = &b.Product
	}
	for _, p := range b.Pairs {
		if t.pairs[p] == nil {
			t.pairs[p] = &b.Product
		}
	}
	t.blocks = append(t.blocks, b)
	vendors := slices.Clone(b.vendors)
	slices.Sort(vendors)
	for _, vendor := range slices.Compact(vendors) {
		for _, p := range b.patterns {
			p.Product = &b.Product
			t.patterns[vendor] = append(t.patterns[vendor], p)
		}
	}
	return nil
}

// ByAnyKind returns the product that a title means whatever the kind of its entry; nil if there is
// none.
func (t *Table) ByAnyKind(key subject.Title) *Product {
	if p := t.titles[key]; p != nil && !p.Excluded && len(p.kinds) == 0 {
		return p
	}
	return nil
}

// ByPair returns the first product that has a pair; nil if none has.
func (t *Table) ByPair(p Pair) *Product { return t.pairs[p] }

// Shown lists the pairs that lead to a product that rows show as vendor and name, in their order.
func (t *Table) Shown(vendor, name string) (pairs []Pair) {
	for pair, p := range t.pairs {
		if !p.Excluded && p.Vendor == vendor && p.Name == name {
			pairs = append(pairs, pair)
		}
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Edition, b.Edition))
	})
	return pairs
}

// Unnamed lists the products of tables of which no pair is among the named ones, as "vendor:product" of their first
// pair, ascending.
func Unnamed(tables []*Table, named map[string]bool) (products []string) {
	for _, t := range tables {
		for _, b := range t.blocks {
			isNamed := func(p Pair) bool { _, ok := named[p.Subject]; return ok }
			if !b.Excluded && !slices.ContainsFunc(b.Pairs, isNamed) {
				_, pair, _ := strings.Cut(b.Pairs[0].Subject, ":")
				products = append(products, pair)
			}
		}
	}
	slices.Sort(products)
	return slices.Compact(products)
}

// Separates reports whether the table tells an edition of a subject from the subject itself: the
// subject's own product is then known not to be of that edition.
func (t *Table) Separates(subject, edition string) bool {
	return t.pairs[Pair{subject, edition}] != nil
}

// IsEmpty reports whether the table has no way to find a product.
func (t *Table) IsEmpty() bool {
	return len(t.titles) == 0 && len(t.ids) == 0 && len(t.patterns) == 0
}
