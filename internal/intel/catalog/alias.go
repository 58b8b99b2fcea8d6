package catalog

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
)

// curatedAliases is muster's own alias table; its head explains the format.
//
//go:embed alias.txt
var curatedAliases string

// ErrAlias says that an alias table does not have the format of alias.txt.
var ErrAlias = errors.New("alias table")

// product is what a title resolves to.
type product struct {
	// vendor and name are shown in rows.
	vendor, name string
	// pairs are the subjects whose rules apply.
	pairs []pair
	// lifecycle is a slug of endoflife.date; if empty, the pairs decide.
	lifecycle string
	// kinds limits the product to these kinds of entries; empty: all kinds with titles.
	kinds     []string
	transform transform
	// excluded marks titles known to have no product code.
	excluded bool
}

// pair names a subject of CPE rules, and a sw_edition; rules of another edition do not apply.
type pair struct{ subject, edition string }

func (p *product) allows(kind string) bool {
	return len(p.kinds) == 0 || slices.Contains(p.kinds, kind)
}

// pattern recognizes titles that contain a version.
type pattern struct {
	vendors []string
	*regexp.Regexp
	*product
}

// aliasTable is a parsed alias table. It is immutable.
type aliasTable struct {
	titles   map[subject.Title]*product
	bundles  map[string]*product
	patterns []pattern
	// pairs maps each CPE pair to the first product that has it.
	pairs map[pair]*product
}

// block holds a product's lines while they are read.
type block struct {
	product
	line     int
	vendors  []string
	titles   []string
	bundles  []string
	patterns []*regexp.Regexp
}

// parseAliases parses a table in the format of alias.txt. Errors wrap ErrAlias and name the line.
func parseAliases(text string) (*aliasTable, error) {
	t := &aliasTable{titles: map[subject.Title]*product{}, bundles: map[string]*product{}, pairs: map[pair]*product{}}
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
			return nil, fmt.Errorf("%w: line %d: %w", ErrAlias, number, err)
		}
	}
	if err := t.take(current); err != nil {
		return nil, fmt.Errorf("%w: block of line %d: %w", ErrAlias, current.line, err)
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
		b.excluded = true
		return b, nil
	case "product":
		vendor, name, ok := strings.Cut(rest, "/")
		if !ok || vendor == "" || name == "" {
			return nil, fmt.Errorf("product %q: want VENDOR/NAME", rest)
		}
		b.vendor, b.name = vendor, name
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
		b.lifecycle = rest
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
		return b.transform.parse(rest)
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
	p := pair{subject: subject.CPE(fields[0], fields[1], fields[2])}
	if len(fields) == 4 {
		p.edition = fields[3]
	}
	b.pairs = append(b.pairs, p)
	return nil
}

// take adds a finished block to the table.
func (t *aliasTable) take(b *block) error {
	if b == nil {
		return nil
	}
	if !b.excluded && len(b.pairs) == 0 {
		return fmt.Errorf("product %s/%s has no cpe", b.vendor, b.name)
	}
	for _, vendor := range b.vendors {
		for _, name := range b.titles {
			key := subject.Title{Vendor: vendor, Name: name}
			if other := t.titles[key]; other != nil && other != &b.product {
				return fmt.Errorf("title %q of %q is already taken", name, vendor)
			}
			t.titles[key] = &b.product
		}
	}
	for _, id := range b.bundles {
		if t.bundles[id] != nil {
			return fmt.Errorf("bundle %q is already taken", id)
		}
		t.bundles[id] = &b.product
	}
	for _, p := range b.pairs {
		if t.pairs[p] == nil {
			t.pairs[p] = &b.product
		}
	}
	for _, expression := range b.patterns {
		t.patterns = append(t.patterns, pattern{b.vendors, expression, &b.product})
	}
	return nil
}

// byTitle looks up an exact title.
func (t *aliasTable) byTitle(kind string, keys ...subject.Title) *product {
	for _, key := range keys {
		if p := t.titles[key]; p != nil && p.allows(kind) {
			return p
		}
	}
	return nil
}

// byPattern looks up a title that contains a version, and returns the version if the pattern marks
// it.
func (t *aliasTable) byPattern(kind, vendor, name string) (*product, string) {
	for _, p := range t.patterns {
		if !p.allows(kind) || !slices.Contains(p.vendors, vendor) {
			continue
		}
		if found := p.FindStringSubmatch(name); found != nil {
			return p.product, strings.Join(found[1:], "")
		}
	}
	return nil, ""
}

func (t *aliasTable) byBundle(kind, id string) *product {
	if p := t.bundles[id]; p != nil && p.allows(kind) {
		return p
	}
	return nil
}

func (t *aliasTable) byPair(p pair) *product { return t.pairs[p] }

func (t *aliasTable) isEmpty() bool {
	return len(t.titles) == 0 && len(t.bundles) == 0 && len(t.patterns) == 0
}
