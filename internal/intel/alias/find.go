package alias

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
)

// By says which key led to a product.
type By int

// The keys, in the order in which they are asked.
const (
	ByID By = iota + 1
	ByTitle
	ByPattern
)

// Match is what an entry was found to be.
type Match struct {
	*Product
	By By
	// Titled is the part of the title that a pattern marks as the version.
	Titled string
}

// Find looks an entry up: by its id; by its title as it stands; by a pattern; and then by the other readings of the
// title (subject.Readings). All but patterns are exact keys, so that a lookup costs what some hashes cost.
func (t *Table) Find(e Entry) (Match, bool) {
	if t.IsEmpty() {
		return Match{}, false
	}
	if p := t.byIDs(e); p != nil {
		return Match{Product: p, By: ByID}, true
	}
	vendor, name := subject.CleanVendor(e.Vendor), subject.CleanName(e.Name, e.Version)
	if p := t.byTitle(e.Kind, subject.Title{Vendor: vendor, Name: name},
		subject.Title{Vendor: vendor, Name: subject.WithoutVendor(vendor, name)}); p != nil {
		return Match{Product: p, By: ByTitle}, true
	}
	whole := subject.CleanName(e.Name, "")
	if p, titled := t.byPattern(e.Kind, vendor, whole); p != nil {
		return Match{Product: p, By: ByPattern, Titled: titled}, true
	}
	vendors := subject.Vendors(e.Vendor)
	if !slices.ContainsFunc(vendors, func(v string) bool { return t.vendors[v] }) {
		return Match{}, false
	}
	readings := subject.Readings(e.Vendor, e.Name, e.Version)
	if p := t.byTitle(e.Kind, append(readings, t.withoutYear(readings)...)...); p != nil {
		return Match{Product: p, By: ByTitle}, true
	}
	for _, vendor := range vendors[1:] {
		if p, titled := t.byPattern(e.Kind, vendor, whole); p != nil {
			return Match{Product: p, By: ByPattern, Titled: titled}, true
		}
	}
	return Match{}, false
}

// byIDs looks up the ids of an entry. An id that is not known is one of a family of ids ("com.google.chrome.app.*"),
// or that of a part of a program, which has no product code.
func (t *Table) byIDs(e Entry) *Product {
	id := strings.ToLower(e.ID)
	for _, key := range [...]string{id, packageID(e.PURL)} {
		if p := t.ids[key]; key != "" && p != nil && p.allows(e.Kind) {
			return p
		}
	}
	if e.Kind != "macos" {
		return nil
	}
	for at := strings.LastIndexByte(id, '.'); at > 0; at = strings.LastIndexByte(id[:at], '.') {
		if p := t.ids[id[:at]+".*"]; p != nil && p.allows(e.Kind) {
			return p
		}
		if label := id[at+1:]; label == "helper" || strings.HasPrefix(label, "helper.") {
			return &helper
		}
	}
	return nil
}

// helper is what a program's own helpers are: no product of their own.
var helper = Product{Excluded: true}

// byTitle looks up the first of some titles that is known.
func (t *Table) byTitle(kind string, keys ...subject.Title) *Product {
	for _, key := range keys {
		if p := t.titles[key]; p != nil && p.allows(kind) {
			return p
		}
	}
	return nil
}

// withoutYear returns the titles that may have a year behind them, of those that have one: of "photoshop 2024" the
// first word.
func (t *Table) withoutYear(keys []subject.Title) (titles []subject.Title) {
	for _, key := range keys {
		name, year, _ := subject.CutLast(key.Name, " ")
		if key.Name = name; len(year) == 4 && strings.HasPrefix(year, "20") &&
			strings.Trim(year, "0123456789") == "" && t.yearly[key] {
			titles = append(titles, key)
		}
	}
	return titles
}

// byPattern looks up a title that contains a version, and returns the version if the pattern marks it.
func (t *Table) byPattern(kind, vendor, name string) (*Product, string) {
	for _, p := range t.patterns[vendor] {
		if !p.allows(kind) || !strings.HasPrefix(name, p.begins) {
			continue
		}
		if found := p.FindStringSubmatch(name); found != nil {
			return p.Product, strings.Join(found[1:], "")
		}
	}
	return nil, ""
}
