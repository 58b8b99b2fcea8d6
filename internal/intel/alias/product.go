package alias

import (
	"regexp"
	"slices"
)

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
	// begins is what every title of the pattern begins with.
	begins string
}

func (p *Product) String() string {
	if p.Excluded {
		return "no product"
	}
	return p.Vendor + "/" + p.Name
}
