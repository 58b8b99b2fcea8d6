package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/intel/maker"
)

// index holds what connects the feeds' tables: which CVE of a table is which of the catalog's,
// which statements are on which subject, and what titles mean. Only this is made anew when a feed
// changes; it is a catalog's file. Columns of equal length make a table, a row is an index into
// them, and texts are indices into texts.
type index struct {
	texts column.Texts
	// feeds are the tables, by name of the feed.
	feeds feedTable
	vulns cve.Columns
	// local maps each CVE of each feed's table, one table after the other, to its row in vulns, or
	// to none if the CVE is rejected or nothing states it.
	local      []uint32
	subjects   subjectTable
	blocks     blockTable
	titles     titleTable
	spellings  maker.Columns
	lifecycles lifecycleTable
	summary    counts.Catalog
	// aliases and overrides are alias tables, as texts.
	aliases, overrides uint32
}

// Reasons why a catalog cannot be opened.
var (
	// ErrDamaged says that a file is not a complete catalog, or that one of its tables is missing.
	ErrDamaged = column.ErrDamaged
	// ErrNewer says that a file was written by a newer program.
	ErrNewer = column.ErrNewer
	// ErrOlder says that a file was written by an older program. The catalog must be merged anew.
	ErrOlder = column.ErrOlder
)

// none is the row number for no row.
const none = cve.None

// feedTable has the feeds by name, with the ids of their tables.
type feedTable struct{ name, table []uint32 }

// subjectTable has the subjects by key.
type subjectTable struct {
	key []uint32
	// desktop is 1 if the pair was seen without a target_sw or with one of desktops or servers.
	desktop []byte
	// blocks are the starts of each subject's rows in these blocks.
	blocks []uint32
}

// blockTable has runs of statements of a feed's table, by subject. platforms restricts where they
// hold; target, if not none, replaces their own target: both may follow from the meaning of a
// title.
type blockTable struct{ feed, first, end, platforms, target []uint32 }

// titleTable has the mined titles by vendor and name.
type titleTable struct{ vendor, name, subject []uint32 }

// lifecycleTable maps keys to a row of life cycles in a feed's table.
type lifecycleTable struct{ key, feed, row []uint32 }

// visit calls v with every part of the index in the file's order.
func (x *index) visit(v column.Visitor) {
	x.texts.Visit(v)
	for _, part := range [...]*[]uint32{
		&x.feeds.name, &x.feeds.table, &x.local, &x.subjects.key, &x.subjects.blocks,
		&x.blocks.feed, &x.blocks.first, &x.blocks.end, &x.blocks.platforms, &x.blocks.target,
		&x.titles.vendor, &x.titles.name, &x.titles.subject, &x.lifecycles.key, &x.lifecycles.feed, &x.lifecycles.row,
	} {
		v.Numbers(part)
	}
	v.Bytes(&x.subjects.desktop)
	x.spellings.Visit(v)
	x.vulns.Visit(v)
	v.Number(&x.aliases)
	v.Number(&x.overrides)
	visitCounts(&x.summary, v)
}

func visitCounts(s *counts.Catalog, v column.Visitor) {
	for _, field := range [...]*int{
		&s.Products, &s.Packages, &s.Rules, &s.CVEs, &s.Scored, &s.Titles, &s.Lifecycles, &s.Unattached,
		&s.Advisories, &s.Unnamed,
	} {
		column.Int(v, field)
	}
	unnamed := strings.Join(s.UnnamedProducts, "\n")
	if v.Text(&unnamed); unnamed != "" {
		s.UnnamedProducts = strings.Split(unnamed, "\n")
	}
	count := len(s.Feeds)
	column.Int(v, &count)
	for i := 0; i < min(count, maxFeeds); i++ {
		if i == len(s.Feeds) {
			s.Feeds = append(s.Feeds, counts.FeedRecords{})
		}
		v.Text(&s.Feeds[i].Name)
		column.Int(v, &s.Feeds[i].Records)
	}
}

// maxFeeds bounds the feeds of a catalog, maxUnnamed the products without records that it lists.
const maxFeeds, maxUnnamed = 1000, 20

// check reports whether every number refers to an existing row, so that a damaged file cannot
// cause access out of bounds. References into the tables of feeds are checked when those are
// known.
func (x *index) check() bool {
	texts, feeds, subjects := uint32(x.texts.Len()), uint32(len(x.feeds.name)), uint32(len(x.subjects.key))
	b, l := &x.blocks, &x.lifecycles
	return x.texts.Check() && feeds <= maxFeeds &&
		column.Same(len(x.feeds.name), len(x.feeds.table)) &&
		x.vulns.Check(texts) &&
		column.Same(len(x.subjects.key), len(x.subjects.desktop)) &&
		column.Same(len(b.feed), len(b.first), len(b.end), len(b.platforms), len(b.target)) &&
		column.Same(len(x.titles.vendor), len(x.titles.name), len(x.titles.subject)) &&
		x.spellings.Check(texts) &&
		column.Same(len(l.key), len(l.feed), len(l.row)) &&
		column.Within(texts, x.feeds.name, x.feeds.table, x.subjects.key, b.target,
			x.titles.vendor, x.titles.name, l.key,
			[]uint32{x.aliases, x.overrides}) &&
		column.Within(feeds, b.feed, l.feed) && column.Within(subjects, x.titles.subject) &&
		column.Starts(x.subjects.blocks, subjects, uint32(len(b.feed)))
}
