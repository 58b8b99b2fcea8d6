package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel/subject"

	"github.com/muster-project/muster/internal/intel"
)

// The prefixes of lifecycle keys. Package URLs have their own.
const (
	slugKey = "slug:"
	pairKey = "cpe:"
)

// lifecycleKeys returns what leads to a lifecycle: its slug, its CPE pairs, its
// package URLs.
func lifecycleKeys(l intel.Lifecycle) []string {
	keys := []string{slugKey + l.Product}
	for _, p := range l.CPEs {
		keys = append(keys, pairKey+p[0]+":"+p[1])
	}
	return append(keys, l.PURLs...)
}

// compareLifecycles orders two lifecycles of one product, whatever differs.
func compareLifecycles(a, b intel.Lifecycle) int {
	return cmp.Or(
		cmp.Compare(len(a.Cycles), len(b.Cycles)),
		slices.CompareFunc(a.Cycles, b.Cycles, compareCycles),
		slices.Compare(lifecycleKeys(a), lifecycleKeys(b)),
	)
}

func compareCycles(a, b intel.Cycle) int {
	return cmp.Or(
		strings.Compare(a.Name, b.Name), strings.Compare(a.Latest, b.Latest),
		cmp.Compare(flag(a.Ended), flag(b.Ended)), a.EndsAt.Compare(b.EndsAt),
	)
}

func (m *maker) sortedLifecycles() []intel.Lifecycle {
	var list []intel.Lifecycle
	for _, slug := range slices.Sorted(maps.Keys(m.lifecycles)) {
		list = append(list, m.lifecycles[slug])
	}
	return list
}

// lifecycleTable lays lifecycles out. A key that several claim leads to the
// first of them.
func (m *maker) lifecycleTable(lifecycles []intel.Lifecycle) lifecycleTable {
	t := lifecycleTable{cycles: []uint32{0}}
	owner := map[string]uint32{}
	for i, l := range lifecycles {
		for _, key := range lifecycleKeys(l) {
			if _, taken := owner[key]; !taken {
				owner[key] = uint32(i)
			}
		}
		for _, c := range l.Cycles {
			t.name = append(t.name, m.number(c.Name))
			t.latest = append(t.latest, m.number(c.Latest))
			t.ended = append(t.ended, byte(flag(c.Ended)))
			t.endsAt = append(t.endsAt, secondsOf(c.EndsAt))
		}
		t.cycles = append(t.cycles, uint32(len(t.name)))
	}
	for _, key := range slices.Sorted(maps.Keys(owner)) {
		t.key = append(t.key, m.number(key))
		t.lifecycle = append(t.lifecycle, owner[key])
	}
	return t
}

// ends returns when support of a release line and of the product ends.
func (c *Catalog) ends(found *resolution) (versionEnd, productEnd End) {
	lifecycle, ok := c.findLifecycle(found)
	if !ok {
		return End{}, End{}
	}
	cycles := c.cyclesOf(lifecycle, found.cyclePrefix)
	installed := cmp.Or(found.cycleVersion, found.installed)
	if found.cyclePrefix != "" {
		return latestEnd(c.cyclesOfBuild(cycles, installed)), allEnded(cycles)
	}
	if cycle, ok := longestPrefix(cycles, installed); ok {
		versionEnd = cycle.end
	}
	return versionEnd, allEnded(cycles)
}

// cycle is one release line as the tables have it.
type cycle struct {
	name, latest string
	end          End
}

func (c *Catalog) findLifecycle(found *resolution) (uint32, bool) {
	keys := []string{slugKey + found.lifecycle, found.purl}
	for _, p := range found.pairs {
		if _, name, ok := strings.Cut(p.subject, ":"); ok && !strings.HasPrefix(p.subject, subject.PackagePrefix) {
			keys = append(keys, pairKey+name)
		}
	}
	for _, key := range keys {
		if id, ok := c.texts.find(key); ok && key != "" {
			if i, ok := slices.BinarySearch(c.lifecycles.key, id); ok {
				return c.lifecycles.lifecycle[i], true
			}
		}
	}
	return 0, false
}

func (c *Catalog) cyclesOf(lifecycle uint32, prefix string) []cycle {
	var list []cycle
	t := &c.lifecycles
	for i := t.cycles[lifecycle]; i < t.cycles[lifecycle+1]; i++ {
		if name := c.texts.text(t.name[i]); strings.HasPrefix(name, prefix) {
			list = append(list, cycle{name, c.texts.text(t.latest[i]), End{t.ended[i] == 1, timeOf(t.endsAt[i])}})
		}
	}
	return list
}

// cyclesOfBuild returns the cycles of a build of Windows. Editions share builds
// and a report does not say which is installed.
func (c *Catalog) cyclesOfBuild(cycles []cycle, build string) []cycle {
	build = firstParts(build, 3)
	return slices.DeleteFunc(slices.Clone(cycles), func(c cycle) bool { return firstParts(c.latest, 3) != build })
}

// latestEnd returns the last end among cycles that may all be the installed
// one: what is claimed to have ended has ended for each of them.
func latestEnd(cycles []cycle) (end End) {
	for i, c := range cycles {
		if i == 0 || compareEnds(c.end, end) > 0 {
			end = c.end
		}
	}
	return end
}

// compareEnds orders ends by time; one that has not come and has no date is the
// last.
func compareEnds(a, b End) int {
	return cmp.Or(cmp.Compare(flag(!a.Ended), flag(!b.Ended)), cmp.Compare(flag(isOpen(a)), flag(isOpen(b))), a.At.Compare(b.At))
}

func isOpen(e End) bool { return !e.Ended && e.At.IsZero() }

// allEnded returns the end of a product: there is one only when every cycle has
// ended, since the newest one's date says nothing about those to come.
func allEnded(cycles []cycle) (end End) {
	for _, c := range cycles {
		if !c.end.Ended {
			return End{}
		}
		end.Ended = true
		if c.end.At.After(end.At) {
			end.At = c.end.At
		}
	}
	return end
}

// longestPrefix returns the cycle whose name is the longest prefix of a version,
// part by part: "3.12" of 3.12.4, not "3.1".
func longestPrefix(cycles []cycle, version string) (best cycle, ok bool) {
	for _, c := range cycles {
		rest, found := strings.CutPrefix(version, c.name)
		if found && c.name != "" && (rest == "" || rest[0] == '.' || rest[0] == '-' || rest[0] == '+' || rest[0] == '_') &&
			len(c.name) > len(best.name) {
			best, ok = c, true
		}
	}
	return best, ok
}

func timeOf(seconds uint32) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}
