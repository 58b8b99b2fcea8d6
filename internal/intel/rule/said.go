package rule

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// Said is one range of one statement, and its effect.
type Said struct {
	// Source names feed and document, Subject the product.
	Source, Subject string
	Trust           table.Trust
	Range           intel.Range
	On              subject.Platforms
	// Target is the software, ecosystem or module stream that the statement asks for, Edition its
	// sw_edition.
	Target, Edition string
	Fix             intel.Fix
	Effect          Effect
	// Decides marks the one that the answer rests on.
	Decides bool
	// Platforms, Upper and Lower name the sources that decided about the property in place of this
	// one, if others did, and Whole the publisher's own that count in its place.
	Platforms, Upper, Lower, Whole []string
}

// SortSaid puts what says most about a component first.
func SortSaid(all []Said) {
	slices.SortStableFunc(all, func(a, b Said) int {
		return cmp.Or(-cmp.Compare(a.weight(), b.weight()), cmp.Compare(a.Trust, b.Trust),
			strings.Compare(a.Source, b.Source))
	})
}

// weight is greater for what says more about a component.
func (s *Said) weight() int {
	switch {
	case s.Decides:
		return 3
	case s.Effect == Affects || s.Effect == Denies || s.Effect == UpdateMissing:
		return 2
	case s.Effect == Overruled || s.Effect == Outweighed:
		return 1
	}
	return 0
}

// SourcesOf names the documents of statements, each once.
func SourcesOf(said []Said, numbers []int) []string {
	var names []string
	for _, n := range numbers {
		names = append(names, said[n].Source)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
