package alias

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/muster-project/muster/internal/intel/subject"
)

// curated is muster's own alias table; its head explains the format.
//
//go:embed alias.txt
var curated string

// Curated returns muster's own table as a text.
func Curated() string { return curated }

// ErrFormat says that an alias table does not have the format of alias.txt.
var ErrFormat = errors.New("alias table")

// Product is what a title means. It is immutable.
type Product struct {
	// Vendor and Name are shown in rows.
	Vendor, Name string
	// Pairs are the subjects whose rules apply.
	Pairs []Pair
	// Lifecycle is a slug of endoflife.date; if empty, the pairs decide.
	Lifecycle string
	// Transform makes the version that is compared from the version field.
	Transform Transform
	// Excluded marks titles known to have no product code.
	Excluded bool
	// Unbounded marks a product of whose fixes the records name no version, so that none can be judged.
	Unbounded bool
	// OfFiles says that updates change the product's files and not the version of its entry.
	OfFiles bool

	// kinds limits the product to these kinds of entries; empty: all kinds with titles.
	kinds []string
}

// Pair names a subject of CPE rules, and a sw_edition; rules of another edition do not apply.
type Pair struct{ Subject, Edition string }

func (p *Product) allows(kind string) bool {
	return len(p.kinds) == 0 || slices.Contains(p.kinds, kind)
}

// pattern recognizes titles that contain a version.
type pattern struct {
	*regexp.Regexp
	*Product
}

// Table is a parsed alias table. It is immutable; the zero Table is empty.
type Table struct {
	titles  map[subject.Title]*Product
	bundles map[string]*Product
	// patterns are those of each vendor, in the order of the text.
	patterns map[string][]pattern
	// pairs maps each CPE pair to the first product that has it.
	pairs map[Pair]*Product
}

// block holds a product's lines while they are read.
type block struct {
	Product
	line     int
	vendors  []string
	titles   []string
	bundles  []string
	patterns []*regexp.Regexp
}

// parsedCurated is the curated table, which every catalog has.
var parsedCurated = sync.OnceValues(func() (*Table, error) { return parse(curated) })

// Parse parses a table in the format of alias.txt. Errors wrap ErrFormat and name the line.
func Parse(text string) (*Table, error) {
	if text == curated {
		return parsedCurated()
	}
	return parse(text)
}

func parse(text string) (*Table, error) {
	t := &Table{titles: map[subject.Title]*Product{}, bundles: map[string]*Product{}, pairs: map[Pair]*Product{},
		patterns: map[string][]pattern{}}
	var current *block
	number := 0
	for line := range strings.Lines(text) {
		number++
		word, rest := firstWord(line)
		indented := line[0] == ' ' || line[0] == '\t'
		var err error
		switch {
		case word == "" || word[0] == '#':
		case indented && current != nil:
			err = current.add(word, rest)
		default:
			if err = t.take(current); err == nil {
				current, err = newBlock(word, rest, number)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, number, err)
		}
	}
	if err := t.take(current); err != nil {
		return nil, fmt.Errorf("%w: block of line %d: %w", ErrFormat, current.line, err)
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

func newBlock(word, rest string, line int) (*block, error) {
	b := &block{line: line}
	switch word {
	case "none":
		b.Excluded = true
		return b, nil
	case "product":
		vendor, name, ok := strings.Cut(rest, "/")
		if !ok || vendor == "" || name == "" {
			return nil, fmt.Errorf("product %q: want VENDOR/NAME", rest)
		}
		b.Vendor, b.Name = vendor, name
		return b, nil
	}
	return nil, fmt.Errorf("unknown block %q", word)
}

// add reads one indented line of a block.
func (b *block) add(word, rest string) error {
	switch word {
	case "cpe":
		return b.addPair(rest)
	case "eol":
		b.Lifecycle = rest
	case "kind":
		b.kinds = append(b.kinds, strings.Fields(rest)...)
	case "vendor":
		for _, text := range splitTexts(rest) {
			b.vendors = append(b.vendors, subject.CleanVendor(strings.TrimPrefix(text, "-")))
		}
	case "title":
		for _, text := range splitTexts(rest) {
			b.titles = append(b.titles, subject.CleanName(text, ""))
		}
	case "bundle":
		b.bundles = append(b.bundles, strings.Fields(strings.ToLower(rest))...)
	case "pattern":
		expression, err := regexp.Compile("^(?:" + rest + ")$")
		if err != nil {
			return err
		}
		b.patterns = append(b.patterns, expression)
	case "version":
		return b.Transform.parse(rest)
	case "builds":
		if b.Unbounded, b.OfFiles = rest == "unknown", rest == "of-files"; !b.Unbounded && !b.OfFiles {
			return fmt.Errorf("builds %q: want unknown or of-files", rest)
		}
	default:
		return fmt.Errorf("unknown word %q in a block", word)
	}
	return nil
}

func splitTexts(rest string) []string {
	texts := strings.Split(rest, "|")
	for i, text := range texts {
		texts[i] = strings.TrimSpace(text)
	}
	return texts
}

func (b *block) addPair(rest string) error {
	fields := strings.Split(rest, ":")
	if len(fields) < 3 || len(fields) > 4 || fields[0] != "a" && fields[0] != "o" {
		return fmt.Errorf("cpe %q: want PART:VENDOR:PRODUCT[:SW_EDITION]", rest)
	}
	p := Pair{Subject: subject.CPE(fields[0], fields[1], fields[2])}
	if len(fields) == 4 {
		p.Edition = fields[3]
	}
	b.Pairs = append(b.Pairs, p)
	return nil
}

// take adds a finished block to the table.
func (t *Table) take(b *block) error {
	if b == nil {
		return nil
	}
	if !b.Excluded && len(b.Pairs) == 0 {
		return fmt.Errorf("product %s/%s has no cpe", b.Vendor, b.Name)
	}
	for _, vendor := range b.vendors {
		for _, name := range b.titles {
			key := subject.Title{Vendor: vendor, Name: name}
			if other := t.titles[key]; other != nil && other != &b.Product {
				return fmt.Errorf("title %q of %q is already taken", name, vendor)
			}
			t.titles[key] = &b.Product
		}
	}
	for _, id := range b.bundles {
		if t.bundles[id] != nil {
			return fmt.Errorf("bundle %q is already taken", id)
		}
		t.bundles[id] = &b.Product
	}
	for _, p := range b.Pairs {
		if t.pairs[p] == nil {
			t.pairs[p] = &b.Product
		}
	}
	slices.Sort(b.vendors)
	for _, vendor := range slices.Compact(b.vendors) {
		for _, expression := range b.patterns {
			t.patterns[vendor] = append(t.patterns[vendor], pattern{expression, &b.Product})
		}
	}
	return nil
}

// ByTitle looks up an exact title.
func (t *Table) ByTitle(kind string, keys ...subject.Title) *Product {
	for _, key := range keys {
		if p := t.titles[key]; p != nil && p.allows(kind) {
			return p
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

// ByPattern looks up a title that contains a version, and returns the version if the pattern marks
// it.
func (t *Table) ByPattern(kind, vendor, name string) (*Product, string) {
	for _, p := range t.patterns[vendor] {
		if !p.allows(kind) {
			continue
		}
		if found := p.FindStringSubmatch(name); found != nil {
			return p.Product, strings.Join(found[1:], "")
		}
	}
	return nil, ""
}

// ByBundle looks up a macOS bundle id in lower case.
func (t *Table) ByBundle(kind, id string) *Product {
	if p := t.bundles[id]; p != nil && p.allows(kind) {
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

// Separates reports whether the table tells an edition of a subject from the subject itself: the
// subject's own product is then known not to be of that edition.
func (t *Table) Separates(subject, edition string) bool {
	return t.pairs[Pair{subject, edition}] != nil
}

// IsEmpty reports whether the table has no way to find a product.
func (t *Table) IsEmpty() bool {
	return len(t.titles) == 0 && len(t.bundles) == 0 && len(t.patterns) == 0
}
