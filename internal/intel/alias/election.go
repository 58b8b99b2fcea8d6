package alias

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
)

// CVE records write vendor and product texts beside CPEs, and so reveal the CPE of a text: a table
// of aliases, by majority (matching.md, 1.3).

// Candidate is a CPE pair with its target_sw.
type Candidate struct{ Subject, Target string }

// Ballot counts the records that wrote a title beside each candidate.
type Ballot map[Candidate]int

// Winner returns the candidate with more than half of the votes.
func (b Ballot) Winner() (Candidate, bool) {
	total, best, most := 0, Candidate{}, 0
	for c, votes := range b {
		total += votes
		if votes > most {
			best, most = c, votes
		}
	}
	return best, 2*most > total
}

// Election is the decision of all feeds together about titles.
type Election struct {
	Aliases *Table
	Votes   map[subject.Title]Ballot
	// Pairs are all CPE pairs, and whether one was seen as a desktop's.
	Pairs map[string]bool
	// Makers maps texts of makers to the vendors of CPEs that they are alike.
	Makers map[string]string
}

// Elect returns the pair that a title in a CVE record means: that of the curated product, else the
// majority's, else the normalised pair if it is known, of the vendor or of the maker that the vendor's text means.
func (e *Election) Elect(t subject.Title) (Candidate, bool) {
	if p := e.Aliases.ByAnyKind(t); p != nil {
		return Candidate{Subject: p.Pairs[0].Subject}, true
	}
	if votes := e.Votes[t]; votes != nil {
		return votes.Winner()
	}
	if c, ok := e.pair(t.Vendor, subject.JoinWords(t.Vendor), t.Name); ok {
		return c, true
	}
	if vendor, ok := e.Makers[t.Vendor]; ok {
		return e.pair(t.Vendor, vendor, t.Name)
	}
	return Candidate{}, false
}

// pair returns the known pair of a vendor and a name of a maker's product.
func (e *Election) pair(maker, vendor, name string) (Candidate, bool) {
	for _, part := range [...]string{"a", "o"} {
		for _, name := range [...]string{subject.WithoutVendor(maker, name), name} {
			key := subject.CPE(part, vendor, subject.JoinWords(name))
			if _, known := e.Pairs[key]; known {
				return Candidate{Subject: key}, true
			}
		}
	}
	return Candidate{}, false
}

// Elected is a title that leads to a subject.
type Elected struct {
	subject.Title
	Subject string
}

// Titles lists the titles by which components are resolved, ascending: those whose winner is an application for a
// platform that muster knows.
func (e *Election) Titles() []Elected {
	var list []Elected
	for t, votes := range e.Votes {
		c, ok := votes.Winner()
		if !ok || !strings.HasPrefix(c.Subject, "a:") || !e.Pairs[c.Subject] {
			continue
		}
		if set, other := subject.TargetPlatforms(c.Target); other == "" && set&^subject.Unmanaged != subject.Nowhere {
			list = append(list, Elected{t, c.Subject})
		}
	}
	slices.SortFunc(list, func(a, b Elected) int {
		return cmp.Or(strings.Compare(a.Vendor, b.Vendor), strings.Compare(a.Name, b.Name))
	})
	return list
}
