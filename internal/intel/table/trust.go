package table

import (
	"cmp"
	"math"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// Trust orders sources by the trust in their statements on products; a lower value wins
// (matching.md, 3.1).
type Trust uint8

// The sources, most trusted first.
const (
	// TrustBranch is the trust in what a publisher says of the builds for one minor release (doc/decision/0124).
	TrustBranch Trust = iota
	// TrustPublisher is the trust in what the publisher of an ecosystem says in a feed of its own. Rules of it
	// have TrustVendor: it takes the place of other statements before they are weighed (doc/decision/0121).
	TrustPublisher
	// TrustVendor is the trust in a distribution's statements on its packages, and in an ecosystem's
	// own advisories.
	TrustVendor
	TrustCNA
	TrustADP
	TrustOverride // statements by neither the CNA nor NVD
	TrustNVD
	TrustDoubtful // statements whose source contradicts itself (intel.Affected.Doubtful)
)

// String returns a word for programs.
func (t Trust) String() string {
	return [...]string{"branch", "publisher", "advisory", "cna", "adp", "override", "nvd", "doubtful"}[min(t, TrustDoubtful)]
}

func trustOf(a *intel.Affected) Trust {
	if a.Doubtful {
		return TrustDoubtful
	}
	switch a.By {
	case intel.ByDistribution:
		return TrustVendor
	case intel.ByCNA:
		return TrustCNA
	case intel.ByADP:
		return TrustADP
	case intel.ByNVD:
		return TrustNVD
	}
	return TrustOverride
}

// trustIn returns the trust in a statement on a package.
func trustIn(p *intel.Package) Trust {
	switch p.By {
	case intel.ByCNA:
		return TrustCNA
	case intel.ByADP:
		return TrustADP
	}
	switch {
	case p.Branch:
		return TrustBranch
	case p.Own:
		return TrustPublisher
	}
	return TrustVendor
}

// Score is a base score with its precedence.
type Score struct {
	// Rank is that of the CVSS version, By that of the source, Tenths the score in tenths, or
	// Unscored.
	Rank, By, Tenths byte
}

// IsBefore reports whether a score with a vector is shown in place of another one (matching.md, 3.4): by
// CVSS version, then by source; of equals the highest, then the first vector in the order of texts.
func (s Score) IsBefore(other Score, vector, than string) bool {
	if s.Tenths == Unscored || other.Tenths == Unscored {
		return s.Tenths != Unscored
	}
	return cmp.Or(cmp.Compare(s.Rank, other.Rank), cmp.Compare(s.By, other.By), cmp.Compare(other.Tenths, s.Tenths),
		strings.Compare(vector, than)) < 0
}

// scoreOf encodes a source's score.
func scoreOf(s intel.Score) Score {
	return Score{rankOf(s.Version), byte(s.By), byte(math.Round(s.Base * 10))}
}

func rankOf(version string) byte {
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
