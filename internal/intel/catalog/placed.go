package catalog

import (
	"sync"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/version"
)

// layout has the rules on a product, of all feeds, in the form that is searched. It is made when the
// product is first asked about: fleets use few of all subjects. It is made from integers and texts of
// tables, without parsing.
type layout struct {
	// isPackage says that the rules are on packages.
	isPackage bool
	scheme    version.Scheme
	versions  []string
	// rules are first those on exact versions, by version; from index ranges on, those on ranges,
	// by upper end.
	rules  []placed
	ranges int
	// texts are the texts of rules, ascending; "" is 0.
	texts   []string
	fixes   []intel.Fix
	digests []uint64 // hashes of fixes
	lines   *rule.Lines
}

// placed is a rule; see there. Texts and fix are indices into the layout's.
type placed struct {
	low, high, vuln, fix, source uint32
	platforms                    subject.Platforms
	target                       uint32 // a module stream
	trust                        table.Trust
	unaffected                   bool
}

// order returns the order of the subject's versions.
func (l *layout) order() rule.Order {
	return rule.NewOrder(l.scheme, l.versions)
}

// laid is a layout that is made on first use.
type laid struct {
	once sync.Once
	*layout
}

// qualifier is what a statement on a CPE pair asks of a component besides its version and its
// platform; empty fields ask nothing.
type qualifier struct {
	// target is host software, or an ecosystem with subject.PackagePrefix.
	target  string
	edition string
}

// qualified are the distinct qualifiers of a subject's statements, found on first use. A package has
// none: its target is a module stream.
type qualified struct {
	once sync.Once
	list []qualifier
}

// namesakes are the rows of CPE pairs whose statements name an ecosystem, by ecosystem and product,
// found on first use.
type namesakes struct {
	once sync.Once
	rows map[[2]string][]uint32
}
