package alias

import "github.com/muster-project/muster/internal/intel/subject"

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
}

// Elect returns the pair that a title in a CVE record means: that of the curated product, else the
// majority's, else the normalised pair if it is known.
func (e *Election) Elect(t subject.Title) (Candidate, bool) {
	if p := e.Aliases.ByAnyKind(t); p != nil {
		return Candidate{Subject: p.Pairs[0].Subject}, true
	}
	if votes := e.Votes[t]; votes != nil {
		return votes.Winner()
	}
	vendor := subject.JoinWords(t.Vendor)
	for _, part := range [...]string{"a", "o"} {
		for _, name := range [...]string{subject.WithoutVendor(t.Vendor, t.Name), t.Name} {
			key := subject.CPE(part, vendor, subject.JoinWords(name))
			if _, known := e.Pairs[key]; known {
				return Candidate{Subject: key}, true
			}
		}
	}
	return Candidate{}, false
}
