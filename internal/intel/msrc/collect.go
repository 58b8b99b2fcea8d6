package msrc

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

const (
	// maxRows bounds the rows of a feed; the list of June 2026 has 608,740.
	maxRows = 4_000_000
	// maxTexts bounds the distinct texts of a feed's rows, in bytes; they have about 1 MB.
	maxTexts = 128 << 20
)

// statement is what one row says.
type statement struct {
	// cves are fixed by the update; advisory is one of Microsoft's own without a CVE ("ADV190001").
	cves     []string
	advisory string
	product  string
	// id is the update's number; empty if it has none.
	id         string
	day        time.Time
	supersedes []string
	severity   intel.Severity
	// title is that of an update that belongs to no month.
	title string
}

// rows keeps statements, each in a few bytes, since the rows of one CVE are far apart in a list.
type rows struct {
	ids   map[string]uint32
	texts []string
	size  int // of texts, in bytes
	kept  []kept
}

// kept is a statement with the numbers of its texts; supersedes are joined by blanks.
type kept struct {
	source, product, id, supersedes, title uint32
	day                                    int32 // since 1970
	severity                               intel.Severity
}

const secondsOfDay = 24 * 60 * 60

func (r *rows) isEmpty() bool { return len(r.kept) == 0 }

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
	k := kept{product: r.text(s.product), id: r.text(s.id), title: r.text(s.title), severity: s.severity,
		supersedes: r.text(strings.Join(s.supersedes, " ")), day: int32(s.day.Unix() / secondsOfDay)}
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
			cmp.Compare(rank[a.supersedes], rank[b.supersedes]), cmp.Compare(a.severity, b.severity))
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
	first, last := of[0].day, of[0].day
	for from := 0; from < len(of); {
		to := from
		for to < len(of) && of[to].product == of[from].product && of[to].id == of[from].id {
			first, last = min(first, of[to].day), max(last, of[to].day)
			to++
		}
		record.Updates = append(record.Updates, r.update(cve, of[from:to], released))
		from = to
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
	}
	slices.Sort(u.Supersedes)
	u.Supersedes = slices.DeleteFunc(slices.Compact(u.Supersedes), func(id string) bool { return id == u.ID })
	if len(u.Supersedes) == 0 {
		u.Supersedes = nil
	}
	u.Published, u.URL = dayOf(day), urlOf(u.ID)
	u.Title = cmp.Or(u.Title, titleOf(u.Published))
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

func dayOf(day int32) time.Time { return time.Unix(int64(day)*secondsOfDay, 0).UTC() }
