package table

import (
	"cmp"
	"math"

	"github.com/muster-project/muster/internal/intel"
)

// Trust orders sources by how far their statements on products are trusted; a
// lower one wins (matching.md, 3.1).
type Trust uint8

// The sources, most trusted first.
const (
	TrustVendor Trust = iota // the CNA, mostly the product's own vendor; a distribution for its packages
	TrustADP
	TrustOverride // statements that are neither the CNA's nor NVD's
	TrustNVD
)

func trustOf(by intel.Authority) Trust {
	switch by {
	case intel.ByCNA, intel.ByDistribution:
		return TrustVendor
	case intel.ByADP:
		return TrustADP
	case intel.ByNVD:
		return TrustNVD
	}
	return TrustOverride
}

// Score is a base score and how it compares with others.
type Score struct {
	// Rank is that of the version of CVSS, By who gave it, Tenths the score, or
	// Unscored.
	Rank, By, Tenths byte
}

// Prefer returns the one of two scores that is shown (matching.md, 3.4): by
// version of CVSS, then by who gave it; of equals, the highest.
func (s Score) Prefer(other Score) Score {
	switch {
	case s.Tenths == Unscored:
		return other
	case other.Tenths == Unscored:
		return s
	}
	if cmp.Or(cmp.Compare(s.Rank, other.Rank), cmp.Compare(s.By, other.By), cmp.Compare(other.Tenths, s.Tenths)) <= 0 {
		return s
	}
	return other
}

// scoreOf reads what a source says.
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
