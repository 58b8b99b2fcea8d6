package catalog

import (
	"cmp"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// facts is what all sources together say about a CVE itself.
type facts struct {
	id        string
	rejected  bool
	published time.Time
	score     intel.Score
	scored    bool
	exploit   intel.Exploit
}

// add unites what one source says. The result does not depend on the order of
// sources: rejected wins, the earliest publication, the most trusted score, the
// greatest level of exploit.
func (f *facts) add(c *intel.CVE) {
	f.rejected = f.rejected || c.Rejected
	f.exploit = max(f.exploit, c.Exploit)
	if !c.Published.IsZero() && (f.published.IsZero() || c.Published.Before(f.published)) {
		f.published = c.Published
	}
	for _, s := range c.Scores {
		if !f.scored || compareScores(s, f.score) < 0 {
			f.score, f.scored = s, true
		}
	}
}

// compareScores orders scores, the one to be shown first (matching.md, 3.4): by
// version of CVSS, then by who gave it; of equals, the highest.
func compareScores(a, b intel.Score) int {
	return cmp.Or(
		cmp.Compare(scoreVersionRank(a.Version), scoreVersionRank(b.Version)),
		cmp.Compare(a.By, b.By),
		cmp.Compare(b.Base, a.Base),
	)
}

func scoreVersionRank(version string) int {
	switch version {
	case "3.1":
		return 0
	case "3.0":
		return 1
	case "4.0":
		return 2
	}
	return 3
}
