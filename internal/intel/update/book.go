package update

import (
	"cmp"
	"slices"
	"sync"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/table"
)

// Feed is the table of a feed, with the numbers of its CVEs.
type Feed struct {
	Name  string
	Table *table.Table
	// CVE returns the number of the CVE in a row of the table's CVEs; ok is false if the CVE does not count.
	CVE func(row uint32) (number uint32, ok bool)
}

// Book has the updates of feeds, by release of Windows.
type Book struct {
	feeds []Feed
	runs  map[string][]run
	// names are the feeds with updates.
	names []string
	// branches are the branches that were asked for, by release and architecture.
	branches sync.Map
	months   months
}

// made is a branch that is made on first use.
type made struct {
	once sync.Once
	*Branch
}

// months are the titles of the first updates that fix CVEs, by number, found on first use.
type months struct {
	once   sync.Once
	titles map[uint32]string
}

// run is some updates of a feed for one product.
type run struct {
	feed       int
	first, end uint32
	Product
}

// serves reports whether updates are for an architecture; of one that is not known all are, but those for Itanium.
func (r *run) serves(architecture string) bool {
	return r.Architecture == "" || r.Architecture == architecture || architecture == "" && r.Architecture != "ia64"
}

// NewBook returns the book of some feeds, in an order that does not depend on the order of their records.
func NewBook(feeds []Feed) *Book {
	b := &Book{feeds: feeds, runs: map[string][]run{}}
	for i, f := range feeds {
		each(f.Table, func(first, end uint32) {
			if p, ok := ProductOf(f.Table.Texts.Text(f.Table.Updates.Product[first])); ok && p.Name != "" {
				b.runs[p.Name] = append(b.runs[p.Name], run{i, first, end, p})
			}
		})
		if len(f.Table.Updates.Product) > 0 {
			b.names = append(b.names, f.Name)
		}
	}
	return b
}

// Branch returns the updates for a release, and makes them on first use. fixedIn returns the revisions in which CVE
// records say that CVEs, by number, are fixed. It is nil if there are none.
func (b *Book) Branch(of Release, fixedIn func() map[uint32]int) *Branch {
	if len(b.runs[of.Name]) == 0 {
		return nil
	}
	one, ok := b.branches.Load(of)
	if !ok {
		one, _ = b.branches.LoadOrStore(of, &made{})
	}
	m := one.(*made)
	m.once.Do(func() { m.Branch = b.branch(of, fixedIn()) })
	if len(m.updates) == 0 {
		return nil
	}
	return m.Branch
}

// branch makes the branch of a release.
func (b *Book) branch(of Release, fixedIn map[uint32]int) *Branch {
	made := &Branch{Release: of, FixedIn: fixedIn, byID: map[string]int{}, elsewhere: map[uint32]bool{}}
	runs := b.runs[of.Name]
	isFull := slices.ContainsFunc(runs, func(r run) bool { return !r.Core })
	for _, r := range runs {
		if r.Core && isFull {
			continue // nothing tells devices without a desktop from others: they have the fewer programs
		}
		f := &b.feeds[r.feed]
		for row := r.first; row < r.end; row++ {
			if u := f.Table.Update(row); r.serves(of.Architecture) {
				made.add(f.Name, u, f.CVE)
			} else {
				made.addElsewhere(u, f.CVE)
			}
		}
	}
	made.addReplaced()
	made.close()
	made.connect()
	made.findBuilds()
	made.listFixes()
	return made
}

// Releases names the releases of Windows in which updates fix a CVE, ascending.
func (b *Book) Releases(cve uint32) (names []string) {
	for name, runs := range b.runs {
		if slices.ContainsFunc(runs, func(r run) bool { return b.fixes(&r, cve) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (b *Book) fixes(r *run, cve uint32) bool {
	f, u := &b.feeds[r.feed], &b.feeds[r.feed].Table.Updates
	return slices.ContainsFunc(u.CVE[u.Fixed[r.first]:u.Fixed[r.end]], func(row uint32) bool {
		number, ok := f.CVE(row)
		return ok && number == cve
	})
}

// Month returns the title of the release ("September 2025 Security Updates") whose update, for any product, fixes a
// CVE first; "" if none is known.
func (b *Book) Month(cve uint32) string {
	b.months.once.Do(b.readMonths)
	return b.months.titles[cve]
}

func (b *Book) readMonths() {
	first := map[uint32]Update{}
	for _, f := range b.feeds {
		for row := range uint32(len(f.Table.Updates.Product)) {
			u := f.Table.Update(row)
			next := Update{Title: cmp.Or(u.Title, intel.ReleaseTitle(u.Published)), Published: u.Published}
			for _, local := range u.CVEs {
				number, ok := f.CVE(local)
				if known, said := first[number]; ok && next.Title != "" && (!said || later(known, next)) {
					first[number] = next
				}
			}
		}
	}
	b.months.titles = map[uint32]string{}
	for number, u := range first {
		b.months.titles[number] = u.Title
	}
}

// Feeds names the feeds that have updates.
func (b *Book) Feeds() []string { return b.names }

// each calls yield with the rows of each product of a table.
func each(t *table.Table, yield func(first, end uint32)) {
	products := t.Updates.Product
	for first := 0; first < len(products); {
		end := first + 1
		for end < len(products) && products[end] == products[first] {
			end++
		}
		yield(uint32(first), uint32(end))
		first = end
	}
}

// Stated calls yield with the row of every CVE that an update for a release of Windows fixes.
func Stated(t *table.Table, yield func(cve uint32)) {
	each(t, func(first, end uint32) {
		if p, ok := ProductOf(t.Texts.Text(t.Updates.Product[first])); !ok || p.Name == "" {
			return
		}
		for _, row := range t.Updates.CVE[t.Updates.Fixed[first]:t.Updates.Fixed[end]] {
			yield(row)
		}
	})
}
