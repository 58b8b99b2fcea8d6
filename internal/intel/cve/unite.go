package cve

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/table"
)

// Facts is what all sources together say about a CVE itself.
type Facts struct {
	// Stated CVEs are named by statements that count, or by a feed's facts; Rejected ones by none.
	Stated, Rejected  bool
	Exploit, Severity byte
	Score             table.Score
	// Vector is that of the score.
	Vector string
	// Published and Updated are times in a table's column.
	Published, Updated uint64
}

// United has the CVEs of some tables.
type United struct {
	// IDs ascend; Facts are what is known of each.
	IDs   []string
	Facts []Facts
	// Numbers maps the CVEs of each table to these.
	Numbers [][]uint32
	// known are the entries in CISA's catalog, by number.
	known map[uint32]table.Exploited
	// likely are the likelihoods of exploitation, by number.
	likely map[uint32]table.Likelihood
}

// Unite merges what tables say about CVEs: rejected wins, then the earliest publication and the latest
// update, the most trusted score, the highest severity, and the highest level of exploit.
func Unite(tables []*table.Table) *United {
	u := &United{known: map[uint32]table.Exploited{}, likely: map[uint32]table.Likelihood{}}
	lists := make([][]string, len(tables))
	for i, t := range tables {
		lists[i] = TextsOf(&t.Texts, t.CVEs.ID)
	}
	u.IDs = UniteTexts(lists...)
	u.Facts = make([]Facts, len(u.IDs))
	for i := range u.Facts {
		u.Facts[i] = Facts{Published: table.Unknown, Updated: table.Unknown, Score: table.Score{Tenths: table.Unscored}}
	}
	for i, t := range tables {
		numbers, at := make([]uint32, len(lists[i])), 0
		for row, id := range lists[i] {
			for u.IDs[at] != id {
				at++
			}
			numbers[row] = uint32(at)
			u.Facts[at].add(t, row)
		}
		for row, number := range t.Known.CVE {
			entry := t.Known.At(row)
			if other, ok := u.known[numbers[number]]; ok {
				entry = entry.With(other)
			}
			u.known[numbers[number]] = entry
		}
		u.Numbers = append(u.Numbers, numbers)
	}
	for _, t := range tables {
		u.addLikely(t)
	}
	return u
}

// addLikely merges the likelihoods that a table has of CVEs that are known.
func (u *United) addLikely(t *table.Table) {
	at := 0
	for row, text := range t.Likely.CVE {
		id := t.Texts.Text(text)
		for at < len(u.IDs) && u.IDs[at] < id {
			at++
		}
		if at == len(u.IDs) {
			return
		}
		if u.IDs[at] != id {
			continue
		}
		l := t.LikelyAt(row)
		if other, ok := u.likely[uint32(at)]; ok {
			l = l.Newer(other)
		}
		u.likely[uint32(at)] = l
	}
}

// add merges what a table says.
func (f *Facts) add(t *table.Table, row int) {
	c := &t.CVEs
	f.Stated = f.Stated || c.Flags[row]&table.Told != 0
	f.Rejected = f.Rejected || c.Flags[row]&table.Rejected != 0
	f.Exploit, f.Severity = max(f.Exploit, c.Exploit[row]), max(f.Severity, c.Severity[row])
	f.Published, f.Updated = table.Earlier(f.Published, c.Published[row]), table.Later(f.Updated, c.Updated[row])
	score := table.Score{Rank: c.Rank[row], By: c.By[row], Tenths: c.Score[row]}
	if vector := t.Texts.Text(c.Vector[row]); score.IsBefore(f.Score, vector, f.Vector) {
		f.Score, f.Vector = score, vector
	}
}

// TextsOf lists the texts of a column.
func TextsOf(texts *column.Texts, numbers []uint32) []string {
	list := make([]string, len(numbers))
	for i, text := range numbers {
		list[i] = texts.Text(text)
	}
	return list
}

// UniteTexts merges ascending lists into one without duplicates.
func UniteTexts(lists ...[]string) []string {
	for len(lists) > 1 {
		var next [][]string
		for i := 0; i < len(lists); i += 2 {
			if i+1 == len(lists) {
				next = append(next, lists[i])
			} else {
				next = append(next, uniteTwo(lists[i], lists[i+1]))
			}
		}
		lists = next
	}
	if len(lists) == 0 {
		return nil
	}
	return lists[0]
}

func uniteTwo(a, b []string) []string {
	all := make([]string, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0], b[0]); {
		case c < 0:
			all, a = append(all, a[0]), a[1:]
		case c > 0:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}
