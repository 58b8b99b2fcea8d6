package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/intel/maker"
	"github.com/muster-project/muster/internal/intel/memo"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/intel/titles"
	"github.com/muster-project/muster/internal/intel/update"

	"github.com/muster-project/muster/internal/intel"
)

// Source is a feed: its name and its compiled table.
type Source struct {
	Name  string
	Table *table.Table
}

// Catalog is all intelligence in a form that answers questions. It is immutable and safe for concurrent use.
type Catalog struct {
	*index
	id string
	// tables are the feeds' tables; locals gives where the CVEs of each start in local.
	tables []*table.Table
	locals []uint32
	// layouts are the layouts of products that were asked about, by key (layoutOf).
	layouts sync.Map
	// qualified are the qualifiers of each subject.
	qualified []qualified
	// namesakes finds CPE pairs by the package that they name.
	namesakes namesakes
	// curated are muster's own aliases, operators the operator's.
	curated, operators *alias.Table
	// makers are the names of makers, as records spell them.
	makers maker.Names
	// cves is the table of CVEs in the form needed for hits, listed that for people.
	cves   []vuln
	listed *cve.List
	// ecosystems are the ecosystems with advisories of their own, sorted.
	ecosystems []string
	// book has the updates of all feeds; nil if there are none.
	book *update.Book
	// asked are the feeds that answers of coverage name.
	asked coverage.Asked
	// empty marks the catalog without intelligence.
	empty     bool
	memo      *memo.Memo[Component, Verdict]
	scratches scratches
}

// Empty returns a catalog without intelligence: no component has a product code.
func Empty() *Catalog {
	x := &index{texts: column.NewTexts(nil), subjects: subjectTable{blocks: []uint32{0}}}
	no := &alias.Table{}
	return &Catalog{index: x, id: "empty", curated: no, operators: no, empty: true, memo: memo.New(weigh),
		listed: cve.NewList(&x.vulns, &x.texts, nil, nil)}
}

// newCatalog joins an index and the tables from which it was made.
func newCatalog(x *index, tables []*table.Table, id string) (*Catalog, error) {
	curated, err := titles.Parse(x.texts.Text(x.aliases))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	operators, err := alias.Parse(x.texts.Text(x.overrides))
	if err != nil {
		return nil, fmt.Errorf("%w: overrides: %w", ErrDamaged, err)
	}
	c := &Catalog{index: x, id: id, tables: tables, curated: curated, operators: operators, memo: memo.New(weigh)}
	start := 0
	for _, t := range tables {
		c.locals = append(c.locals, uint32(start))
		start += len(t.CVEs.ID)
	}
	if !c.joined(start) {
		return nil, fmt.Errorf("%w: it belongs to other tables", ErrDamaged)
	}
	c.qualified = make([]qualified, len(x.subjects.key))
	c.makers = x.spellings.Names(&x.texts)
	c.ecosystems, c.cves = c.listEcosystems(), x.listVulns()
	c.listed = cve.NewList(&x.vulns, &x.texts, tables, x.local)
	c.book = bookOf(c)
	c.asked = coverage.AskedOf(cve.TextsOf(&x.texts, x.feeds.name), tables)
	return c, nil
}

// bookOf returns the updates of all feeds; nil if there are none.
func bookOf(c *Catalog) *update.Book {
	var feeds []update.Feed
	for i, t := range c.tables {
		local := c.local[c.locals[i]:]
		feeds = append(feeds, update.Feed{Name: c.texts.Text(c.feeds.name[i]), Table: t,
			CVE: func(row uint32) (uint32, bool) { return local[row], local[row] != none }})
	}
	if book := update.NewBook(feeds); len(book.Feeds()) > 0 {
		return book
	}
	return nil
}

// joined reports whether all references into tables are valid.
func (c *Catalog) joined(cves int) bool {
	if len(c.local) != cves {
		return false
	}
	for _, vuln := range c.local {
		if vuln != none && vuln >= uint32(len(c.vulns.ID)) {
			return false
		}
	}
	for i, feed := range c.blocks.feed {
		if first, end := c.blocks.first[i], c.blocks.end[i]; first > end ||
			end > uint32(len(c.tables[feed].Statements.CVE)) {
			return false
		}
	}
	for i, feed := range c.lifecycles.feed {
		if c.lifecycles.row[i] >= uint32(len(c.tables[feed].Lifecycles.Keys)-1) {
			return false
		}
	}
	return true
}

// vuln is a row of the table of CVEs.
type vuln struct {
	id       string
	digest   uint64
	score    byte // in tenths
	scored   bool
	severity intel.Severity
	exploit  intel.Exploit
	month    intel.Month // of publication
}

func (t *index) listVulns() []vuln {
	list := make([]vuln, len(t.vulns.ID))
	for i, id := range t.vulns.ID {
		month := t.vulns.Month(i)
		list[i] = vuln{
			id: t.texts.Text(id), digest: t.vulns.Digest[i] + 1 + uint64(month), month: month,
			exploit: intel.Exploit(t.vulns.Exploit[i]), severity: intel.Severity(t.vulns.Severity[i]),
		}
		if score := t.vulns.Score[i]; score != table.Unscored {
			list[i].score, list[i].scored = score, true
		}
	}
	return list
}

// ID identifies the catalog's content and the rules for reading it: equal ids give equal verdicts.
func (c *Catalog) ID() string { return c.id }

// Summary describes the catalog's content.
func (c *Catalog) Summary() counts.Catalog { return c.summary }

// listEcosystems lists the ecosystems with advisories of their own. A CVE record may name a package of
// an ecosystem whose advisories are not there.
func (c *Catalog) listEcosystems() []string {
	known := map[string]bool{}
	for i, key := range c.subjects.key {
		if name, ok := subject.Ecosystem(c.texts.Text(key)); ok && !known[name] && c.isAdvised(uint32(i)) {
			known[name] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// isAdvised reports whether a database of advisories states anything on a package.
func (c *Catalog) isAdvised(number uint32) bool {
	for i := c.subjects.blocks[number]; i < c.subjects.blocks[number+1]; i++ {
		trust := c.tables[c.blocks.feed[i]].Statements.Trust[c.blocks.first[i]:c.blocks.end[i]]
		if slices.ContainsFunc(trust, func(t byte) bool { return t <= byte(table.TrustVendor) }) {
			return true
		}
	}
	return false
}

// findSubject returns the row of a subject.
func (c *Catalog) findSubject(key string) (row uint32, ok bool) {
	id, ok := c.texts.Find(key)
	if !ok {
		return 0, false
	}
	i, ok := slices.BinarySearch(c.subjects.key, id)
	return uint32(i), ok
}

func (c *Catalog) subjectKey(subject uint32) string { return c.texts.Text(c.subjects.key[subject]) }

func (t *index) isDesktop(subject uint32) bool { return t.subjects.desktop[subject] == 1 }

// Sources lists the feeds from which the catalog was merged.
func (c *Catalog) Sources() []Source {
	list := make([]Source, len(c.tables))
	for i, t := range c.tables {
		list[i] = Source{c.texts.Text(c.feeds.name[i]), t}
	}
	return list
}

// CVEs returns all CVEs that feeds state, except rejected ones.
func (c *Catalog) CVEs() *cve.List { return c.listed }

// Feeds says what each feed holds of what its publisher lists, by name.
func (c *Catalog) Feeds() []coverage.Feed { return slices.Clone(c.asked.Feeds) }

// MakerOf returns the vendor of CPEs that records write beside the text of a maker, "" if none: a hint for people.
func MakerOf(c *Catalog, text string) string { return c.makers.Hint(text) }

// findVuln returns the row of a CVE.
func (c *Catalog) findVuln(cve string) (row uint32, ok bool) {
	i, ok := slices.BinarySearchFunc(c.cves, cve, func(v vuln, id string) int { return strings.Compare(v.id, id) })
	return uint32(i), ok
}

// findTitle returns the subject of a mined title.
func (c *Catalog) findTitle(t subject.Title) (row uint32, ok bool) {
	vendor, known := c.texts.Find(t.Vendor)
	name, also := c.texts.Find(t.Name)
	if !known || !also {
		return 0, false
	}
	i, found := sort.Find(len(c.titles.vendor), func(i int) int {
		return cmp.Or(cmp.Compare(vendor, c.titles.vendor[i]), cmp.Compare(name, c.titles.name[i]))
	})
	if !found {
		return 0, false
	}
	return c.titles.subject[i], true
}
