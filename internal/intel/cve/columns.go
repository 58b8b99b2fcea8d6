package cve

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/table"
)

// None is the row number for no row.
const None = ^uint32(0)

// Columns has the CVEs of a catalog that are stated and not rejected, by id. Texts are numbers of the
// catalog's texts, times are in seconds since 1970, 0 if unknown.
type Columns struct {
	ID []uint32
	// Score is in tenths, or table.Unscored.
	Score, Exploit []byte
	// Severity is the word of the CVE's records, an intel.Severity.
	Severity []byte
	// Digest covers everything of the CVE that rows show. The columns after it are in no row.
	Digest             []uint64
	Published, Updated []uint32
	Vector             []uint32
	known              known
	likely             likely
}

// likely has how likely CVEs are to be exploited, ascending by row.
type likely struct {
	// score and percentile are in billionths, edition is a row of day and model.
	row, score, percentile, edition []uint32
	day, model                      []uint32
}

// known has the CVEs in CISA's catalog, ascending by row.
type known struct {
	row, added, due []uint32
	ransomware      []byte
}

// Texts lists the texts of the columns that Lay will make.
func (u *United) Texts() []string {
	var texts []string
	others := map[string]bool{}
	for i := range u.Facts {
		if f := &u.Facts[i]; f.counts() {
			texts, others[f.Vector] = append(texts, u.IDs[i]), true
		}
	}
	for _, l := range u.likely {
		others[l.Edition.Model] = true
	}
	return slices.AppendSeq(texts, maps.Keys(others))
}

func (f *Facts) counts() bool { return f.Stated && !f.Rejected }

// Lay lays out the CVEs that are stated and not rejected, and returns the row of each CVE of u, or None.
func Lay(u *United, texts *column.Texts) (c Columns, rows []uint32) {
	rows = make([]uint32, len(u.IDs))
	for i := range u.Facts {
		f := &u.Facts[i]
		if rows[i] = None; !f.counts() {
			continue
		}
		rows[i] = uint32(len(c.ID))
		c.ID, c.Vector = append(c.ID, texts.Number(u.IDs[i])), append(c.Vector, texts.Number(f.Vector))
		c.Score, c.Exploit = append(c.Score, f.Score.Tenths), append(c.Exploit, f.Exploit)
		c.Severity = append(c.Severity, f.Severity)
		c.Published = append(c.Published, secondsOf(f.Published))
		c.Updated = append(c.Updated, secondsOf(f.Updated))
		sum := sha256.Sum256(append([]byte(u.IDs[i]), f.Score.Tenths, f.Exploit, f.Severity))
		c.Digest = append(c.Digest, binary.LittleEndian.Uint64(sum[:8]))
	}
	for _, number := range slices.Sorted(maps.Keys(u.known)) {
		if rows[number] != None {
			c.known.add(rows[number], u.known[number])
		}
	}
	c.likely = u.layLikely(rows, texts)
	return c, rows
}

func (u *United) layLikely(rows []uint32, texts *column.Texts) (t likely) {
	editions := map[table.Edition]uint32{}
	for number, l := range u.likely {
		if rows[number] != None {
			editions[l.Edition] = 0
		}
	}
	for i, edition := range slices.SortedFunc(maps.Keys(editions), table.Edition.Compare) {
		editions[edition] = uint32(i)
		t.day, t.model = append(t.day, secondsOf(edition.Day)), append(t.model, texts.Number(edition.Model))
	}
	for _, number := range slices.Sorted(maps.Keys(u.likely)) {
		if row := rows[number]; row != None {
			l := u.likely[number]
			t.row, t.edition = append(t.row, row), append(t.edition, editions[l.Edition])
			t.score, t.percentile = append(t.score, l.Score), append(t.percentile, l.Percentile)
		}
	}
	return t
}

func (k *known) add(row uint32, e table.Exploited) {
	k.row, k.added, k.due = append(k.row, row), append(k.added, secondsOf(e.Added)), append(k.due, secondsOf(e.Due))
	k.ransomware = append(k.ransomware, column.Flag(e.Flags&table.Ransomware != 0))
}

// secondsOf returns a time of a table in seconds since 1970; 0 for no time or an earlier one.
func secondsOf(seconds uint64) uint32 {
	if seconds == table.Unknown || int64(seconds) < 0 || seconds > math.MaxUint32 {
		return 0
	}
	return uint32(seconds)
}

func timeOf(seconds uint32) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// Month returns the month in which the CVE of a row was published.
func (c *Columns) Month(row int) intel.Month { return intel.MonthOf(timeOf(c.Published[row])) }

// Visit visits the columns.
func (c *Columns) Visit(v column.Visitor) {
	k, l := &c.known, &c.likely
	for _, part := range [...]*[]uint32{&c.ID, &c.Published, &c.Updated, &c.Vector, &k.row, &k.added, &k.due,
		&l.row, &l.score, &l.percentile, &l.edition, &l.day, &l.model} {
		v.Numbers(part)
	}
	for _, part := range [...]*[]byte{&c.Score, &c.Exploit, &c.Severity, &k.ransomware} {
		v.Bytes(part)
	}
	v.Longs(&c.Digest)
}

// Check reports whether every number refers to one of so many texts, or to an existing row.
func (c *Columns) Check(texts uint32) bool {
	k, l := &c.known, &c.likely
	return column.Same(len(c.ID), len(c.Score), len(c.Exploit), len(c.Severity), len(c.Digest), len(c.Published),
		len(c.Updated), len(c.Vector)) && column.Within(texts, c.ID, c.Vector) &&
		column.Same(len(k.row), len(k.added), len(k.due), len(k.ransomware)) && slices.IsSorted(k.row) &&
		column.Within(uint32(len(c.ID)), k.row, l.row) && slices.IsSorted(l.row) &&
		column.Same(len(l.row), len(l.score), len(l.percentile), len(l.edition)) &&
		column.Same(len(l.day), len(l.model)) && column.Within(texts, l.model) &&
		column.Within(uint32(len(l.day)), l.edition)
}
