package cve

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/intel/words"
)

// CVE is what a catalog knows of one CVE, without words.
type CVE struct {
	ID string
	// Score is the chosen CVSS base score, Vector its vector; Scored is false if none is known.
	Score  float64
	Scored bool
	Vector string
	// Severity is that of the score, else the highest word of the CVE's records.
	Severity intel.Severity
	Exploit  intel.Exploit
	// Published and Updated are the dates of the CVE's records; zero if no source says.
	Published, Updated time.Time
	KEV                KEV
	EPSS               EPSS
}

// EPSS is how likely a CVE is to be exploited, by FIRST's Exploit Prediction Scoring System.
type EPSS struct {
	// Scored is false if no feed has a score.
	Scored bool
	// Score is the probability that exploitation is seen within 30 days, Percentile the share of CVEs
	// with the same score or a lower one; both from 0 to 1.
	Score, Percentile float64
	// Day is when the scores were made, Model the version of the model; zero and empty if unknown.
	Day   time.Time
	Model string
}

// KEV is a CVE's entry in CISA's catalog of known exploited vulnerabilities.
type KEV struct {
	// Listed says that there is an entry, as far as feeds know.
	Listed bool
	// Added is when the entry was made, Due until when agencies of the United States have to act; zero
	// if no source says.
	Added, Due time.Time
	// Ransomware says that ransomware is known to use the CVE.
	Ransomware bool
}

// Text is what is known of a CVE in words.
type Text struct {
	// Title and Description are those of the most trusted source that has one.
	Title, Description string
	// Cut says that the source's description is longer.
	Cut bool
	// ExploitURLs are the addresses of references that a source tags as exploits, ascending.
	ExploitURLs []string
}

// List has all CVEs of a catalog that are not rejected, ascending by id, the order of texts. Advisories
// that name no CVE are not in it. It is immutable and safe for concurrent use.
type List struct {
	columns *Columns
	// first and end are the rows of the CVEs.
	first, end int
	texts      *column.Texts
	tables     []*table.Table
	// local maps the CVEs of each table, one table after the other, to rows.
	local []uint32
	told  told
}

// told finds the words on each CVE, and is made on first use.
type told struct {
	once sync.Once
	// starts are those of each row's entries in at, with one element more than there are rows.
	starts []uint32
	at     []place
}

// place is an entry of words in a table.
type place struct{ table, entry uint32 }

// NewList returns the list of columns. local maps the CVEs of each table, one after the other, to rows.
func NewList(columns *Columns, texts *column.Texts, tables []*table.Table, local []uint32) *List {
	l := &List{columns: columns, texts: texts, tables: tables, local: local}
	l.first, l.end = columns.CVEs(texts)
	return l
}

// CVEs returns the rows [first, end) of CVEs. Those of advisories that name no CVE are before and after
// them.
func (c *Columns) CVEs(texts *column.Texts) (first, end int) {
	const begin, after = "CVE-", "CVE." // the next text that does not begin like a CVE
	from := func(text string) int {
		return sort.Search(len(c.ID), func(n int) bool { return texts.Text(c.ID[n]) >= text })
	}
	return from(begin), from(after)
}

// Len returns how many CVEs there are.
func (l *List) Len() int { return l.end - l.first }

// ID returns the id of CVE n.
func (l *List) ID(n int) string { return l.texts.Text(l.columns.ID[l.first+n]) }

// Find returns the number of a CVE; if it is not in the list, the number that it would have.
func (l *List) Find(id string) (n int, ok bool) {
	return sort.Find(l.Len(), func(n int) int { return strings.Compare(id, l.ID(n)) })
}

// At returns CVE n, from 0 on. It allocates nothing.
func (l *List) At(n int) CVE {
	c, id := l.columns, l.ID(n)
	n += l.first
	made := CVE{ID: id, Vector: l.texts.Text(c.Vector[n]), Severity: intel.Severity(c.Severity[n]),
		Exploit: intel.Exploit(c.Exploit[n]), Published: timeOf(c.Published[n]), Updated: timeOf(c.Updated[n])}
	if tenths := c.Score[n]; tenths != table.Unscored {
		made.Score, made.Scored = float64(tenths)/10, true
		made.Severity = intel.SeverityOf(made.Score)
	}
	if i, ok := slices.BinarySearch(c.known.row, uint32(n)); ok {
		k := &c.known
		made.KEV = KEV{Listed: true, Added: timeOf(k.added[i]), Due: timeOf(k.due[i]), Ransomware: k.ransomware[i] == 1}
	}
	made.EPSS = l.epss(n)
	return made
}

// HasEPSS reports whether any CVE has a score of EPSS.
func (l *List) HasEPSS() bool { return len(l.columns.likely.row) > 0 }

// HasKEV reports whether any CVE is in CISA's list of those that are known to be exploited.
func (l *List) HasKEV() bool { return len(l.columns.known.row) > 0 }

func (l *List) epss(n int) EPSS {
	t := &l.columns.likely
	i, ok := slices.BinarySearch(t.row, uint32(n))
	if !ok {
		return EPSS{}
	}
	const whole = 1e9
	edition := t.edition[i]
	return EPSS{Scored: true, Score: float64(t.score[i]) / whole, Percentile: float64(t.percentile[i]) / whole,
		Day: timeOf(t.day[edition]), Model: l.texts.Text(t.model[edition])}
}

// Text returns what is known of CVE n in words. Neighbours are cheap, since they are compressed
// together. An error wraps column.ErrDamaged.
func (l *List) Text(n int) (Text, error) {
	l.told.once.Do(l.find)
	var all words.Entry
	row := l.first + n
	for _, p := range l.told.at[l.told.starts[row]:l.told.starts[row+1]] {
		entry, err := l.tables[p.table].Words.Texts.At(int(p.entry))
		if err != nil {
			return Text{}, fmt.Errorf("reading what feeds say about %s: %w", l.ID(n), err)
		}
		all = all.With(entry)
	}
	return Text{all.Title, all.Description, all.Cut, all.ExploitURLs}, nil
}

// find finds the words on each CVE.
func (l *List) find() {
	rows := len(l.columns.ID)
	starts := make([]uint32, rows+1)
	l.each(func(row uint32, _ place) { starts[row+1]++ })
	for i := range rows {
		starts[i+1] += starts[i]
	}
	at, next := make([]place, starts[rows]), slices.Clone(starts)
	l.each(func(row uint32, p place) {
		at[next[row]] = p
		next[row]++
	})
	l.told.starts, l.told.at = starts, at
}

// each calls yield with the row and the place of each entry of words.
func (l *List) each(yield func(row uint32, p place)) {
	local := l.local
	for number, t := range l.tables {
		for entry, cve := range t.Words.CVE {
			if row := local[cve]; row != None {
				yield(row, place{uint32(number), uint32(entry)})
			}
		}
		local = local[len(t.CVEs.ID):]
	}
}
