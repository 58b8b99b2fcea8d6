package update

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/table"
)

// Release is a release of Windows.
type Release struct {
	// Name is the CPE product ("windows_10_1809"), Architecture is "x64", "x86" or "arm64"; empty if not known:
	// then the updates of all architectures count.
	Name, Architecture string
	// Build is the build without its revision: 17763.
	Build int
}

// firstCumulative is the first build whose updates are cumulative: each has all fixes of those before it.
// Of earlier releases only the monthly rollups since firstRollup are.
const firstCumulative = 10240

// firstRollup is the day from which on releases before Windows 10 have monthly rollups.
var firstRollup = time.Date(2016, time.October, 11, 0, 0, 0, 0, time.UTC)

// Branch is the updates for one release. It is immutable.
type Branch struct {
	Release
	// FixedIn are the revisions in which CVE records say that CVEs, by number, are fixed.
	FixedIn map[uint32]int
	// elsewhere are CVEs that updates for other architectures alone fix.
	elsewhere map[uint32]bool

	updates []node
	byID    map[string]int
	// fixes are the CVEs that updates fix, by number.
	fixes []fix
}

// node is an update. One that other updates replace need not be in any list: it has only an id.
type node struct {
	Update
	feed       string
	cves       map[uint32]intel.Severity
	supersedes []string
	// replaces has the updates that it replaces, in any number of steps, and itself.
	replaces set
	// revision is the build that has it; 0 if it is not known.
	revision int
	// reach is how many CVEs are fixed by the updates that it is connected with by replacement.
	reach int
	// cumulative says that it has all fixes of the cumulative updates before it.
	cumulative bool
	// covered says that cumulative updates of its day and later have all its fixes: it is one, or has those that
	// are also in the monthly rollup of its month.
	covered bool
}

// Update is an update for people.
type Update struct {
	// ID is the number of its article ("5065429"), Title names its month.
	ID, Title, URL string
	Published      time.Time
}

// fix is a CVE with the updates that fix it, the first of them first.
type fix struct {
	cve      uint32
	by       []int
	severity intel.Severity
	digest   uint64 // of the first update
}

// node returns the place of an update, which is new if it is not known.
func (b *Branch) node(id string) int {
	at, ok := b.byID[id]
	if !ok {
		at = len(b.updates)
		b.byID[id] = at
		b.updates = append(b.updates, node{Update: Update{ID: id}, cves: map[uint32]intel.Severity{}})
	}
	return at
}

// numbering returns the number of the CVE in a row of a table; ok is false if the CVE does not count.
type numbering func(row uint32) (number uint32, ok bool)

// add adds what a feed says of an update. One without a number of its own can be neither installed nor missing.
func (b *Branch) add(feed string, u table.Update, number numbering) {
	if u.ID == "" {
		return
	}
	n := &b.updates[b.node(u.ID)]
	next := Update{u.ID, cmp.Or(u.Title, intel.ReleaseTitle(u.Published)), u.URL, u.Published}
	if n.feed == "" || later(n.Update, next) {
		n.Update, n.feed = next, feed
	}
	if revision := revisionOf(u.Build, b.Build); revision > 0 && (n.revision == 0 || revision < n.revision) {
		n.revision = revision
	}
	for i, row := range u.CVEs {
		if cve, ok := number(row); ok {
			n.cves[cve] = max(n.cves[cve], intel.Severity(u.Severities[i]))
		}
	}
	n.supersedes = append(n.supersedes, u.Supersedes...)
}

// later reports whether what is said of an update gives way: to an earlier day, then to what says more.
func later(said, next Update) bool {
	if next.Published.IsZero() || said.Published.IsZero() {
		return said.Published.IsZero() && !next.Published.IsZero()
	}
	return cmp.Or(said.Published.Compare(next.Published), cmp.Compare(len(next.URL), len(said.URL)),
		strings.Compare(said.Title, next.Title), strings.Compare(said.URL, next.URL)) > 0
}

// addReplaced adds updates that only others name, so that what they replace is known through them.
func (b *Branch) addReplaced() {
	for i := 0; i < len(b.updates); i++ {
		for _, id := range b.updates[i].supersedes {
			b.node(id)
		}
	}
}

// close finds what each update replaces in any number of steps.
func (b *Branch) close() {
	for i := range b.updates {
		reached, rest := newSet(len(b.updates)), []int{i}
		reached.add(i)
		for len(rest) > 0 {
			at := rest[len(rest)-1]
			rest = rest[:len(rest)-1]
			for _, id := range b.updates[at].supersedes {
				if next := b.byID[id]; !reached.has(next) {
					reached.add(next)
					rest = append(rest, next)
				}
			}
		}
		b.updates[i].replaces = reached
	}
}

const (
	// manyCVEs is how many CVEs a cumulative update fixes at least, or one that it is connected with: those of
	// single parts (boot loaders, servicing stacks) fix fewer.
	manyCVEs = 10
	// manyRollups is how many monthly rollups replace each other at least: security-only updates mostly replace none.
	manyRollups = 10
)

// connect finds which updates are connected by replacement, and which of them are cumulative.
func (b *Branch) connect() {
	joined := newForest(len(b.updates))
	for i := range b.updates {
		for _, id := range b.updates[i].supersedes {
			joined.join(i, b.byID[id])
		}
	}
	type group struct {
		cves           map[uint32]bool
		updates, large int
	}
	groups := map[int]*group{}
	for i := range b.updates {
		g := groups[joined.root(i)]
		if g == nil {
			g = &group{cves: map[uint32]bool{}}
			groups[joined.root(i)] = g
		}
		g.updates++
		g.large = max(g.large, len(b.updates[i].cves))
		for cve := range b.updates[i].cves {
			g.cves[cve] = true
		}
	}
	for i := range b.updates {
		n, g := &b.updates[i], groups[joined.root(i)]
		n.reach = len(g.cves)
		n.cumulative = g.large >= manyCVEs && (b.IsCumulative() ||
			g.updates >= manyRollups && !n.Published.Before(firstRollup) && len(n.supersedes) > 0)
		n.covered = n.cumulative ||
			!b.IsCumulative() && !n.Published.Before(firstRollup) && len(n.cves) >= manyCVEs
	}
}

// IsCumulative reports whether every monthly update of the release has all fixes of those before it, and a build
// of its own.
func (b *Branch) IsCumulative() bool { return b.Build >= firstCumulative }

// listFixes lists the CVEs with their updates.
func (b *Branch) listFixes() {
	all := map[uint32]*fix{}
	for i := range b.updates {
		for cve, severity := range b.updates[i].cves {
			f := all[cve]
			if f == nil {
				f = &fix{cve: cve}
				all[cve] = f
			}
			f.by, f.severity = append(f.by, i), max(f.severity, severity)
		}
	}
	for _, cve := range slices.Sorted(maps.Keys(all)) {
		f := all[cve]
		delete(b.elsewhere, cve)
		slices.SortFunc(f.by, func(x, y int) int { return b.compareFor(cve, x, y) })
		first := &b.updates[f.by[0]]
		f.digest = column.Digest(first.ID, first.Title, first.URL)
		b.fixes = append(b.fixes, *f)
	}
}

// compareFor orders the updates that fix a CVE: the one whose build records name first, then by day. Of one day
// the update that more depend on is first: a cumulative one before a hot patch, a monthly rollup before one
// with security fixes only.
func (b *Branch) compareFor(cve uint32, x, y int) int {
	m, n := &b.updates[x], &b.updates[y]
	return cmp.Or(-cmp.Compare(b.hits(m, cve), b.hits(n, cve)), comparePublished(m, n), -cmp.Compare(m.reach, n.reach),
		-cmp.Compare(len(m.cves), len(n.cves)), cmp.Compare(len(m.ID), len(n.ID)), strings.Compare(m.ID, n.ID))
}

// hits is 1 if an update's build is the one in which records say that a CVE is fixed.
func (b *Branch) hits(n *node, cve uint32) int {
	if n.revision > 0 && b.FixedIn[cve] == n.revision {
		return 1
	}
	return 0
}

// Elsewhere reports whether a CVE is only in the release for other architectures.
func (b *Branch) Elsewhere(cve uint32) bool { return b.elsewhere[cve] }

// addElsewhere adds CVEs of the release for another architecture.
func (b *Branch) addElsewhere(u table.Update, number numbering) {
	for _, row := range u.CVEs {
		if cve, ok := number(row); ok {
			b.elsewhere[cve] = true
		}
	}
}

// comparePublished orders updates by day, those without one last.
func comparePublished(m, n *node) int {
	return cmp.Or(cmp.Compare(column.Flag(m.Published.IsZero()), column.Flag(n.Published.IsZero())),
		m.Published.Compare(n.Published))
}
