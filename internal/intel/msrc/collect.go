package msrc

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

const (
	// maxRows bounds the rows of a feed; the list of June 2026 has 608,740.
	maxRows = 4_000_000
	// maxTexts bounds the distinct texts of a feed's rows, in bytes; they have about 1 MB.
	maxTexts = 128 << 20
)

// statement is what a row or a remediation says: one update for one product, and what it fixes there.
type statement struct {
	// cves are fixed by the update; advisory is one of Microsoft's own without a CVE ("ADV190001").
	cves     []string
	advisory string
	product  string
	// id is the update's number; empty if it has none.
	id string
	// day is that of the release, changed when Microsoft last changed what it says.
	day, changed time.Time
	supersedes   []string
	severity     intel.Severity
	// title is that of an update that belongs to no month, or has no number.
	title string
	// build is the first version with the fix; empty if that is not said.
	build string
	// isListed says that it is a row of a list.
	isListed bool
}

// rows keeps statements, each in a few bytes, since those on one CVE are far apart.
type rows struct {
	ids   map[string]uint32
	texts []string
	size  int // of texts, in bytes
	kept  []kept
	// facts are what documents say about CVEs themselves, by their ids.
	facts map[string]*facts
}

// facts are what documents say about a CVE, whether or not there is an update.
type facts struct {
	cve         intel.CVE
	first, last int32 // the days on which they were published and changed last
}

// kept is a statement with the numbers of its texts; supersedes are joined by blanks.
type kept struct {
	source, product, id, supersedes, title, build uint32
	day, changed                                  int32 // since 1970
	severity                                      intel.Severity
	isListed                                      bool
}

// Listed is the publisher of records of which only lists tell, and the name of the feed of them.
const Listed = "wesng"

const secondsOfDay = 24 * 60 * 60

func (r *rows) isEmpty() bool { return len(r.kept) == 0 && len(r.facts) == 0 }

// add keeps a statement. One that names neither a CVE nor an update says nothing.
func (r *rows) add(s *statement) error {
	if len(s.cves) == 0 && s.id == "" {
		return nil
	}
	sources := s.cves
	if len(sources) == 0 {
		sources = []string{cmp.Or(s.advisory, "KB"+s.id)}
	}
	if len(r.kept)+len(sources) > maxRows {
		return fmt.Errorf("more than %d rows: %w", maxRows, intel.ErrTooLarge)
	}
	k := kept{product: r.text(s.product), id: r.text(s.id), title: r.text(s.title), build: r.text(s.build),
		supersedes: r.text(strings.Join(s.supersedes, " ")), severity: s.severity,
		day: daysOf(s.day), changed: daysOf(s.changed), isListed: s.isListed}
	for _, source := range sources {
		k.source = r.text(source)
		r.kept = append(r.kept, k)
	}
	if r.size > maxTexts {
		return fmt.Errorf("more than %d bytes of texts: %w", maxTexts, intel.ErrTooLarge)
	}
	return nil
}

// text returns the number of a text.
func (r *rows) text(text string) uint32 {
	if r.ids == nil {
		r.ids = map[string]uint32{}
	}
	number, ok := r.ids[text]
	if !ok {
		text = strings.Clone(text) // the row it is a part of is let go
		number = uint32(len(r.texts))
		r.ids[text] = number
		r.texts = append(r.texts, text)
		r.size += len(text)
	}
	return number
}

// records yields a record for each source, by name, whatever the order of the statements.
func (r *rows) records() iter.Seq[intel.Record] {
	return func(yield func(intel.Record) bool) {
		r.sort()
		released := r.released()
		for from := 0; from < len(r.kept); {
			to := from
			for to < len(r.kept) && r.kept[to].source == r.kept[from].source {
				to++
			}
			if !yield(r.record(r.kept[from:to], released)) {
				return
			}
			from = to
		}
		for _, id := range slices.Sorted(maps.Keys(r.facts)) { // of CVEs without an update
			f := r.facts[id]
			if !yield(intel.Record{Source: id, CVE: &f.cve, Published: dayOf(f.first), Modified: dayOf(f.last)}) {
				return
			}
		}
	}
}

// sort orders the statements by the texts of source, product and update.
func (r *rows) sort() {
	order := make([]uint32, len(r.texts))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(r.texts[a], r.texts[b]) })
	rank := make([]uint32, len(order))
	for i, number := range order {
		rank[number] = uint32(i)
	}
	slices.SortFunc(r.kept, func(a, b kept) int {
		return cmp.Or(cmp.Compare(rank[a.source], rank[b.source]), cmp.Compare(rank[a.product], rank[b.product]),
			cmp.Compare(rank[a.id], rank[b.id]), cmp.Compare(a.day, b.day), cmp.Compare(rank[a.title], rank[b.title]),
			cmp.Compare(rank[a.build], rank[b.build]))
	})
}

// released returns the day of each update: the one that most of its rows have, of several the first. The
// others are days on which Microsoft changed what it says of a CVE: of 7,559 updates in the list of June 2026
// 7,194 have one month in more than four fifths of their rows.
func (r *rows) released() map[uint32]int32 {
	type of struct {
		id  uint32
		day int32
	}
	rows := map[of]int{}
	for i := range r.kept {
		rows[of{r.kept[i].id, r.kept[i].day}]++
	}
	days := map[uint32]int32{}
	for o, n := range rows {
		known, ok := days[o.id]
		if most := rows[of{o.id, known}]; !ok || n > most || n == most && o.day < known {
			days[o.id] = o.day
		}
	}
	return days
}

// record makes the record of one source.
func (r *rows) record(of []kept, released map[uint32]int32) intel.Record {
	record := intel.Record{Source: r.texts[of[0].source]}
	cve := ""
	if intel.IsCVE(record.Source) {
		cve = record.Source
	}
	first, last := of[0].day, of[0].changed
	record.Publisher = Listed
	for from := 0; from < len(of); {
		to := from
		for to < len(of) && of[to].product == of[from].product && of[to].id == of[from].id {
			first, last = min(first, of[to].day), max(last, of[to].changed)
			if !of[to].isListed {
				record.Publisher = ""
			}
			to++
		}
		record.Updates = append(record.Updates, r.update(cve, of[from:to], released))
		from = to
	}
	if f := r.facts[record.Source]; f != nil {
		delete(r.facts, record.Source)
		record.CVE = &f.cve
		first, last = min(first, f.first), max(last, f.last)
	}
	record.Published, record.Modified = dayOf(first), dayOf(last)
	record.Updates = withoutBare(record.Updates)
	return record
}

// update makes one of statements on one CVE, product and update.
func (r *rows) update(cve string, of []kept, released map[uint32]int32) intel.Update {
	u := intel.Update{CVE: cve, Product: r.texts[of[0].product], ID: r.texts[of[0].id]}
	day := of[0].day
	if u.ID != "" {
		day = released[of[0].id]
	}
	for _, k := range of {
		u.Supersedes = append(u.Supersedes, strings.Fields(r.texts[k.supersedes])...)
		u.Severity = max(u.Severity, k.severity)
		u.Title = cmp.Or(u.Title, r.texts[k.title])
		u.FixedBuild = earlier(u.FixedBuild, r.texts[k.build])
	}
	slices.Sort(u.Supersedes)
	u.Supersedes = slices.DeleteFunc(slices.Compact(u.Supersedes), func(id string) bool { return id == u.ID })
	if len(u.Supersedes) == 0 {
		u.Supersedes = nil
	}
	u.Published, u.URL = dayOf(day), urlOf(u.ID)
	u.Title = cmp.Or(u.Title, intel.ReleaseTitle(u.Published))
	return u
}

// withoutBare leaves out updates without a number where another one for the same product has one: lists name
// each update once more for its release notes. Updates are in the order of products, those without first.
func withoutBare(updates []intel.Update) []intel.Update {
	kept := updates[:0]
	for i, u := range updates {
		if u.ID == "" && i+1 < len(updates) && updates[i+1].Product == u.Product {
			continue
		}
		kept = append(kept, u)
	}
	return kept
}

// earlier returns the earlier of two builds; either may be empty.
func earlier(a, b string) string {
	if a == "" || b != "" && bytes.Compare(version.Key(b), version.Key(a)) < 0 {
		return b
	}
	return a
}

// note keeps what a document says about a CVE itself. Of several titles the first in their order is kept.
func (r *rows) note(c *intel.CVE, published, changed time.Time) {
	if r.facts == nil {
		r.facts = map[string]*facts{}
	}
	first, last := daysOf(published), daysOf(changed)
	known := r.facts[c.ID]
	if known == nil {
		r.facts[c.ID] = &facts{*c, first, last}
		r.size += len(c.ID) + len(c.Words.Title)
		return
	}
	known.first, known.last = min(known.first, first), max(known.last, last)
	known.cve.Exploit = max(known.cve.Exploit, c.Exploit)
	if has, w := &known.cve.Words, c.Words; has.Title == "" || w.Title != "" &&
		cmp.Or(cmp.Compare(w.By, has.By), strings.Compare(w.Title, has.Title)) < 0 {
		*has = w
	}
}

func daysOf(t time.Time) int32 { return int32(t.Unix() / secondsOfDay) }

func dayOf(day int32) time.Time { return time.Unix(int64(day)*secondsOfDay, 0).UTC() }
