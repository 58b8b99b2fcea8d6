package catalog

import (
	"sync"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/version"
)

// layout has the rules on a subject, of all feeds, as they are searched. It is made
// when the subject is first asked about: fleets have few of all there are. What it
// is made of are integers and texts of tables; nothing is read again.
type layout struct {
	subject  uint32
	scheme   version.Scheme
	versions []string
	// rules are those on exact versions, by version, and from ranges on the
	// others, by their upper end.
	rules  []placed
	ranges int
	// texts are those that rules refer to, ascending; "" is 0.
	texts   []string
	fixes   []intel.Fix
	digests []uint64 // of the fixes
}

// placed is a rule; see there. Texts and fix are numbers of the layout's.
type placed struct {
	low, high, vuln, fix, source uint32
	platforms                    subject.Platforms
	target, edition              uint32
	trust                        table.Trust
	unaffected                   bool
}

// order returns the order of the subject's versions.
func (l *layout) order() order {
	return order{scheme: l.scheme, count: len(l.versions), at: func(i int) string { return l.versions[i] }}
}

// laid is a layout, or will be.
type laid struct {
	once sync.Once
	*layout
}
