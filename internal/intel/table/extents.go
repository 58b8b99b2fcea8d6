package table

import (
	"math"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// extents finds out what a feed holds. The zero value has seen nothing.
type extents struct {
	ecosystems map[string]*extent
	// newest is the latest date of a record, dated counts records with one; released is the latest date
	// of a document that lists records.
	newest, released time.Time
	dated            uint32
	// whole counts the records of documents that are complete; paged is the total of which other
	// documents are pages.
	whole, paged int
	listing      *intel.Listing // the last one
	records      uint32
}

// extent is what a feed holds of an ecosystem.
type extent struct {
	records, issues, usable, first, last uint32
	newest                               time.Time
	// counted and used are the last record that counted as a record, and as usable.
	counted, used uint32
}

// add counts a record.
func (x *extents) add(r *intel.Record) {
	x.records++
	changed := later(r.Published, r.Modified)
	x.newest = later(x.newest, changed)
	if !changed.IsZero() {
		x.dated++
	}
	if r.Listing != nil && r.Listing != x.listing {
		x.list(r.Listing)
	}
	for i := range r.Packages {
		p := &r.Packages[i]
		x.at(p.Ecosystem).add(x.records, r, p, changed)
		if base, _, released := strings.Cut(p.Ecosystem, ":"); released {
			x.at(base).add(x.records, r, p, changed)
		}
	}
}

// list counts what a document says about its list.
func (x *extents) list(l *intel.Listing) {
	x.listing, x.released = l, later(x.released, l.Released)
	if l.Here == 0 || l.Here >= l.Total {
		x.whole = min(x.whole+l.Total, math.MaxInt32)
	} else {
		x.paged = max(x.paged, l.Total)
	}
}

// latest returns the latest date; zero if few records have one, since the newest may have none.
func (x *extents) latest() time.Time {
	if 2*x.dated < x.records {
		return x.released
	}
	return later(x.newest, x.released)
}

func (x *extents) at(name string) *extent {
	e := x.ecosystems[name]
	if e == nil {
		if x.ecosystems == nil {
			x.ecosystems = map[string]*extent{}
		}
		e = &extent{}
		x.ecosystems[strings.Clone(name)] = e
	}
	return e
}

// add counts a record's package.
func (e *extent) add(number uint32, r *intel.Record, p *intel.Package, changed time.Time) {
	if e.used != number && len(p.Ranges)+len(p.Versions) > 0 {
		e.used = number
		e.usable++
	}
	if e.counted == number {
		return
	}
	e.counted = number
	e.records++
	if strings.Contains(r.Source, "CVE-") {
		e.issues++
	}
	e.newest = later(e.newest, changed)
	if year := r.Published.Year(); !r.Published.IsZero() && year > 0 {
		e.last = max(e.last, uint32(year))
		if e.first == 0 || uint32(year) < e.first {
			e.first = uint32(year)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
