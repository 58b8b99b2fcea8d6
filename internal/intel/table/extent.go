package table

import (
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/column"
)

// Extent says what a feed holds. It is not affected by what other feeds hold.
type Extent struct {
	// Kind is the feed's; empty if it was not said.
	Kind intel.Kind
	// Listed is how many records the publisher has, by the feed's own files; 0 if they do not say.
	Listed int
	// Newest is the latest date of a record or of the document that lists it, in seconds since 1970;
	// Unknown if fewer than half of the records have one. A date may be a mistake: whoever uses it
	// compares it with a clock.
	Newest uint64
	// Years are the years of CVE ids, ascending, and how many CVEs that are not rejected the feed
	// names of each.
	Years, CVEs []uint32
	// Ecosystems are those of its advisories, by name. An advisory counts once for each ecosystem
	// with a release ("Debian:12"), and once for the ecosystem without ("Debian").
	Ecosystems Ecosystems
}

// Ecosystems has a row for each ecosystem of a feed.
type Ecosystems struct {
	Name []uint32
	// Records counts advisories; Issues are those among them that are about one CVE, fixed or not
	// ("DEBIAN-CVE-2024-1", "UBUNTU-CVE-2024-1"); Usable are those that state versions, and not only
	// commits.
	Records, Issues, Usable []uint32
	// First and Last are the years in which they were published; 0 if they do not say.
	First, Last []uint32
	// Newest is the latest date, in seconds since 1970, or Unknown.
	Newest []uint64
}

// visit calls v with every part in the file's order.
func (e *Extent) visit(v column.Visitor) {
	kind, s := string(e.Kind), &e.Ecosystems
	v.Text(&kind)
	e.Kind = intel.Kind(kind)
	column.Int(v, &e.Listed)
	newest := []uint64{e.Newest}
	v.Longs(&newest)
	if len(newest) == 1 {
		e.Newest = newest[0]
	}
	for _, part := range [...]*[]uint32{
		&e.Years, &e.CVEs, &s.Name, &s.Records, &s.Issues, &s.Usable, &s.First, &s.Last,
	} {
		v.Numbers(part)
	}
	v.Longs(&s.Newest)
}

func (e *Extent) check(texts uint32) bool {
	s := &e.Ecosystems
	return column.Same(len(e.Years), len(e.CVEs)) && column.Within(texts, s.Name) &&
		column.Same(len(s.Name), len(s.Records), len(s.Issues), len(s.Usable), len(s.First), len(s.Last), len(s.Newest))
}
