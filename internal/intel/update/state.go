package update

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// Status is what is known of one update, or of all updates that fix a CVE.
type Status uint8

// The statuses.
const (
	// Unknown says that neither the build nor the list tells.
	Unknown Status = iota
	Missing
	Installed
)

// State is what is known of a device's updates. It is immutable.
type State struct {
	*Branch
	device Device
	// revision is the device's, else that of the newest update that is listed; 0 if neither is known.
	revision int
	// installed are the updates that are listed or replaced by listed ones.
	installed set
	// named are the cumulative updates that are listed by number; names says that there is one.
	named set
	names bool
	// through is the day of the newest cumulative update that is listed, built that of the newest one whose build
	// is not above the device's, lacking that of the oldest one whose build is; zero if there is none.
	through, built, lacking time.Time
	// exact says that the device has the very build of the update of the day built; newer that it has one above
	// the builds of those of the day through, so that the list does not name its newest update.
	exact, newer bool
	// statuses are those of the updates.
	statuses []Status
}

// State returns what is known of a device's updates.
func (b *Branch) State(d Device) *State {
	s := &State{Branch: b, device: d, installed: newSet(len(b.updates)), named: newSet(len(b.updates))}
	for _, id := range d.Hotfixes {
		if at, ok := b.byID[id]; ok {
			s.installed.unite(b.updates[at].replaces)
			if b.updates[at].cumulative {
				s.named.add(at)
				s.names = true
			}
		}
	}
	for i := range b.updates {
		if n := &b.updates[i]; n.cumulative && s.installed.has(i) {
			s.through = latest(s.through, n.Published)
		}
	}
	if s.revision = d.Revision; b.IsCumulative() {
		s.revision = cmp.Or(d.Revision, s.listedRevision())
		s.place()
	}
	s.statuses = make([]Status, len(b.updates))
	for i := range s.statuses {
		s.statuses[i] = s.find(i)
	}
	return s
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// place compares the device's revision with the builds of cumulative updates.
func (s *State) place() {
	revision := s.revision
	if revision == 0 {
		return
	}
	for i := range s.updates {
		n := &s.updates[i]
		if n.revision == 0 || !n.cumulative || n.Published.IsZero() {
			continue
		}
		switch {
		case n.revision <= revision:
			s.built = latest(s.built, n.Published)
		case s.lacking.IsZero() || n.Published.Before(s.lacking):
			s.lacking = n.Published
		}
	}
	for i := range s.updates {
		n := &s.updates[i]
		if n.revision == 0 || !n.cumulative {
			continue
		}
		s.exact = s.exact || n.revision == revision && n.Published.Equal(s.built)
		s.newer = s.newer || n.revision < revision && n.Published.Equal(s.through)
	}
}

// find finds the status of an update.
func (s *State) find(at int) Status {
	n := &s.updates[at]
	switch {
	case s.installed.has(at), n.revision > 0 && n.revision <= s.revision:
		return Installed
	case n.covered && !n.Published.IsZero() && !n.Published.After(latest(s.through, s.built)):
		return Installed
	case !n.cumulative && s.device.Listed:
		return Missing
	case !n.cumulative || n.Published.IsZero():
		return Unknown
	case !s.lacking.IsZero() && !n.Published.Before(s.lacking), s.exact, s.ListsNewest(),
		!s.newer && s.named.meets(n.replaces): // of a listed one the day may not be known
		return Missing
	}
	return Unknown
}

// ListsNewest reports whether the list tells the newest cumulative update of the device. Agents that read the
// registry do not see the update that Windows calls RollupFix: a list that names none does not say that there is
// none.
func (s *State) ListsNewest() bool {
	if !s.IsCumulative() {
		return s.device.Listed
	}
	return !s.through.IsZero() && !s.newer && !s.through.Before(s.built)
}

// fixed returns the status of a CVE: one installed update is enough.
func (s *State) fixed(f *fix) Status {
	status := Missing
	for _, at := range f.by {
		switch s.statuses[at] {
		case Installed:
			return Installed
		case Unknown:
			status = Unknown
		}
	}
	return status
}

// Judged is a CVE that updates fix.
type Judged struct {
	CVE    uint32
	Status Status
	// ByUpdates says that updates told the status, and not the build that records name.
	ByUpdates bool
	// Update is the one that fixes the CVE first, Feed the feed that says so.
	Update
	Feed     string
	Severity intel.Severity
	// Digest is a hash of what is shown of the update.
	Digest uint64
}

// Each calls yield with every CVE that updates fix, by number. affected says whether records say that the device's
// build is affected: where builds tell, and records name the one that fixes a CVE, they decide. Of other CVEs, and
// of all of a release whose builds say nothing, the updates decide.
func (s *State) Each(affected func(cve uint32) bool, yield func(Judged)) {
	for i := range s.fixes {
		f := &s.fixes[i]
		first, fixed, status, byUpdates := &s.updates[f.by[0]], s.FixedIn[f.cve], s.fixed(f), false
		switch {
		case fixed > 0 && s.revision >= fixed:
			status = Installed
		case s.IsCumulative() && fixed > 0 && s.revision > 0:
			if status = Installed; affected(f.cve) {
				status = Missing
			}
		default:
			byUpdates = true
		}
		yield(Judged{f.cve, status, byUpdates, first.Update, first.feed, f.severity, f.digest})
	}
}

// Told is an update that fixes a CVE, and what is known of it.
type Told struct {
	Update
	Feed   string
	Status Status
}

// Told lists the updates that fix a CVE, the first of them first.
func (s *State) Told(cve uint32) (all []Told) {
	for i := range s.fixes {
		if s.fixes[i].cve != cve {
			continue
		}
		for _, at := range s.fixes[i].by {
			all = append(all, Told{s.updates[at].Update, s.updates[at].feed, s.statuses[at]})
		}
	}
	return all
}

// listedRevision returns the build of the newest cumulative update that is listed; 0 if it is not known.
func (s *State) listedRevision() int {
	revision := 0
	for i := range s.updates {
		if n := &s.updates[i]; n.cumulative && s.installed.has(i) && n.Published.Equal(s.through) {
			revision = max(revision, n.revision)
		}
	}
	return revision
}

// Version returns the version of the device ("10.0.22631.3007"): its own, or that of the newest cumulative update
// that is listed, which it has at least. It is "" if neither is known.
func (s *State) Version() string {
	if s.revision == 0 {
		return ""
	}
	return s.device.Build + "." + strconv.Itoa(s.revision)
}

// Judges reports whether anything can be said of the device: its build is known, or its list names what the
// build would tell.
func (s *State) Judges() bool { return s.revision > 0 || s.names || s.ListsNewest() }

// Lists reports whether the device lists its updates.
func (s *State) Lists() bool { return s.device.Listed }

// Reduce returns a text of List with what decides: the known updates that no other one of the list replaces.
func (b *Branch) Reduce(list string) string {
	if list == "" {
		return ""
	}
	var kept []int
	listed := newSet(len(b.updates))
	for _, id := range DeviceOf("", list).Hotfixes {
		if at, ok := b.byID[id]; ok && !listed.has(at) {
			listed.add(at)
			kept = append(kept, at)
		}
	}
	ids := []string{}
	for _, at := range kept {
		if !slices.ContainsFunc(kept, func(other int) bool { return b.outdoes(other, at) }) {
			ids = append(ids, b.updates[at].ID)
		}
	}
	slices.Sort(ids)
	return join(ids)
}

// outdoes reports whether an update replaces another one; of two that replace each other, the one with the
// lower number does.
func (b *Branch) outdoes(at, other int) bool {
	m, n := &b.updates[at], &b.updates[other]
	return at != other && m.replaces.has(other) && (!n.replaces.has(at) || strings.Compare(m.ID, n.ID) < 0)
}
