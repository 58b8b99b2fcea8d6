package catalog

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/intel/update"
	"github.com/muster-project/muster/internal/intel/windows"
)

// updater judges operating systems by updates.
type updater struct{ *Catalog }

// branchOf returns the updates for the release that an operating system is; nil if no feed has any.
func (c updater) branchOf(r *Component) *update.Branch {
	if r.Kind != kindSystem || c.book == nil {
		return nil
	}
	build := update.DeviceOf(r.Version, "").Build
	number, _ := strconv.Atoi(build[strings.LastIndexByte(build, '.')+1:])
	names := windows.Products(r.Name, number)
	if len(names) == 0 {
		return nil
	}
	return c.book.Branch(update.Release{Name: names[0], Build: number, Architecture: update.Architecture(r.Architecture)},
		func() map[uint32]int { return drafter(c).fixedIn(names, build) })
}

// fixedIn returns the revisions of a build in which CVE records say that CVEs are fixed, by row.
func (c drafter) fixedIn(products []string, build string) map[uint32]int {
	found := &resolution{}
	for _, name := range products {
		found.pairs = append(found.pairs, alias.Pair{Subject: subject.CPE("o", "microsoft", name)})
	}
	l, refs := c.layoutOf(found, found.pairs), c.refsOf(found.pairs)
	if l == nil {
		return nil
	}
	c.choose(found, refs)
	revisions, order := map[uint32]int{}, l.order() // by the place right before the version
	c.applying(refs, func(_ uint32, t *table.Table, row uint32, _ subject.Platforms, _ string) {
		for i := t.Statements.Ranges[row]; i < t.Statements.Ranges[row+1]; i++ {
			high := t.Range(i).High
			last, ok := strings.CutPrefix(strings.ReplaceAll(high, "..", "."), build+".") // two dots are a slip of the pen
			revision, err := strconv.Atoi(last)
			if place, known := order.Place(high); ok && err == nil && known {
				revisions[place-1] = revision // of a version that is named: it is odd
			}
		}
	})
	best, fixed := map[uint32]*placed{}, map[uint32]int{}
	for i := range l.rules {
		r := &l.rules[i]
		if revision, ok := revisions[r.high]; ok && !r.unaffected && (best[r.vuln] == nil || r.trust < best[r.vuln].trust) {
			best[r.vuln], fixed[r.vuln] = r, revision
		}
	}
	return fixed
}

// Reduced returns a component with what may decide of its list of updates, so that devices with the same answer share
// it.
func Reduced(c *Catalog, r Component) Component {
	if r.Hotfixes == "" && r.Architecture == "" {
		return r
	}
	b := updater{c}.branchOf(&r)
	if b == nil {
		r.Hotfixes, r.Architecture = "", ""
		return r
	}
	r.Architecture, r.Hotfixes = b.Architecture, b.Reduce(r.Hotfixes)
	return r
}

// update finds what is known of a system's updates. A device that does not tell its revision, and lists its newest
// cumulative update, is compared as if it had the build of that.
func (c updater) update(r *Component, found *resolution) {
	b := c.branchOf(r)
	if b == nil || !found.system {
		return
	}
	found.updates = b.State(update.DeviceOf(r.Version, r.Hotfixes))
	if found.installed == "" {
		found.installed = found.updates.Version()
	}
}

// withUpdates joins the CVEs that affect a system by its build, in order, with those that affect it by its updates,
// and names the update that fixes each first.
func (c updater) withUpdates(byBuild []Hit, found *resolution, s *scratch) []Hit {
	if found.updates == nil || !found.updates.Judges() {
		return byBuild
	}
	rest := slices.DeleteFunc(byBuild, func(h Hit) bool {
		vuln, _ := c.findVuln(h.CVE)
		return found.updates.Elsewhere(vuln)
	})
	all := make([]Hit, 0, len(rest))
	before := func(id string) bool { return len(rest) > 0 && rest[0].CVE < id }
	affected := func(cve uint32) bool {
		for ; before(c.cves[cve].id); rest = rest[1:] {
			all = append(all, rest[0])
		}
		return len(rest) > 0 && rest[0].CVE == c.cves[cve].id
	}
	found.updates.Each(affected, func(j update.Judged) {
		v, h := &c.cves[j.CVE], Hit{}
		stated := affected(j.CVE)
		if stated {
			h, rest = rest[0], rest[1:]
		}
		found.byUpdates = found.byUpdates || j.ByUpdates
		if j.Status == update.Unknown {
			found.untold++
		}
		if j.Status == update.Installed || j.Status == update.Unknown && !stated {
			return
		}
		if !stated {
			h = Hit{CVE: v.id, Score: float64(v.score) / 10, Scored: v.scored, Exploit: v.exploit, Published: v.month,
				Source: j.Feed + "/KB" + j.ID}
			if !h.Scored {
				h.Severity = intel.RatedAs(j.Severity, v.severity)
			}
		}
		h.Fix = intel.Fix{Title: j.Title, ID: j.ID, URL: j.URL, Available: true, Severity: h.Fix.Severity}
		s.digest(v.digest, j.Digest+uint64(h.Severity)<<8+uint64(h.Fix.Severity))
		all = append(all, h)
	})
	return append(all, rest...)
}

// nameMonths gives the findings of other products of Microsoft the title of the month in which they were fixed.
func (c updater) nameMonths(hits []Hit, found *resolution, s *scratch) {
	if c.book == nil || found.vendor != "microsoft" || found.system {
		return
	}
	for i := range hits {
		h := &hits[i]
		if vuln, ok := c.findVuln(h.CVE); ok && h.Fix.ID == "" && h.Fix.Title == "" {
			h.Fix.Title = c.book.Month(vuln)
			s.digest(c.cves[vuln].digest, digestOfFix(&h.Fix))
		}
	}
}

// digest adds a CVE and what is shown of its update to the digests.
func (s *scratch) digest(of, shown uint64) {
	s.digests = binary.LittleEndian.AppendUint64(s.digests, of)
	s.digests = binary.LittleEndian.AppendUint64(s.digests, shown)
}
