package catalog

import (
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/subject"
)

// CVE records write vendor and product texts beside CPEs, and so reveal the CPE of a text: a table
// of aliases, by majority (matching.md, 1.3).

// candidate is a CPE pair with its target_sw.
type candidate struct{ subject, target string }

// ballot counts the records that wrote a title beside each candidate.
type ballot map[candidate]int

// winner returns the candidate with more than half of the votes.
func (b ballot) winner() (candidate, bool) {
	total, best, most := 0, candidate{}, 0
	for c, votes := range b {
		total += votes
		if votes > most {
			best, most = c, votes
		}
	}
	return best, 2*most > total
}

// election is the decision of all feeds together about titles.
type election struct {
	aliases *alias.Table
	votes   map[subject.Title]ballot
	// pairs are all CPE pairs, and whether one was seen as a desktop's.
	pairs map[string]bool
}

// elect returns the pair that a title in a CVE record means: that of the curated product, else the
// majority's, else the normalised pair if it is known.
func (e *election) elect(t subject.Title) (candidate, bool) {
	if p := e.aliases.ByAnyKind(t); p != nil {
		return candidate{subject: p.Pairs[0].Subject}, true
	}
	if votes := e.votes[t]; votes != nil {
		return votes.winner()
	}
	vendor := subject.JoinWords(t.Vendor)
	for _, part := range [...]string{"a", "o"} {
		for _, name := range [...]string{subject.WithoutVendor(t.Vendor, t.Name), t.Name} {
			key := subject.CPE(part, vendor, subject.JoinWords(name))
			if _, known := e.pairs[key]; known {
				return candidate{subject: key}, true
			}
		}
	}
	return candidate{}, false
}
