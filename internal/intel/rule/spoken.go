package rule

import (
	"slices"

	"github.com/muster-project/muster/internal/intel/table"
)

// matter is what a publisher speaks of: a package of a release, in a module stream or none, and a CVE.
type matter struct{ subject, target, cve uint32 }

// spoken gives the word to publishers: a statement by somebody else on a matter of which the package's publisher
// speaks in a feed of its own has no ranges any more, and instead has, by its number, the numbers of the
// publisher's. The publisher's statements are then weighed as other advisories are (doc/decision/0121).
func spoken(statements []Statement) (heard []Statement, instead map[int][]int) {
	own := map[matter][]int{}
	for i := range statements {
		if s := &statements[i]; s.Trust == table.TrustPublisher {
			own[s.matter()] = append(own[s.matter()], i)
		}
	}
	if len(own) == 0 {
		return statements, nil
	}
	heard, instead = slices.Clone(statements), map[int][]int{}
	for i := range heard {
		s := &heard[i]
		if s.Trust == table.TrustPublisher {
			s.Trust = table.TrustVendor
		} else if by := own[s.matter()]; by != nil {
			s.Ranges, instead[i] = nil, by
		}
	}
	return heard, instead
}

func (s *Statement) matter() matter { return matter{s.Subject, s.Target, s.CVE} }
