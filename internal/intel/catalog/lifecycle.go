package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
)

// ends returns the end of support of a release line and of the product.
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

// cycle is one release line in the tables.
type cycle struct {
	name, latest string
	end          End
}

// findLifecycle returns the row with the product's life cycle.
func (c *Catalog) findLifecycle(found *resolution) (row int, ok bool) {
	keys := []string{table.SlugKey + found.lifecycle, found.purl}
	for _, p := range found.pairs {
		if _, name, ok := strings.Cut(p.Subject, ":"); ok && !strings.HasPrefix(p.Subject, subject.PackagePrefix) {
			keys = append(keys, table.PairKey+name)
		}
	}
	for _, key := range keys {
		if id, ok := c.texts.Find(key); ok && key != "" {
			if i, ok := slices.BinarySearch(c.lifecycles.key, id); ok {
				return i, true
			}
		}
	}
	return 0, false
}

func (c *Catalog) cyclesOf(row int, prefix string) []cycle {
	var list []cycle
	for _, one := range c.tables[c.lifecycles.feed[row]].Lifecycle(c.lifecycles.row[row]).Cycles {
		if strings.HasPrefix(one.Name, prefix) {
			list = append(list, cycle{one.Name, one.Latest, End{one.Ended, timeOf(secondsOf(table.Time(one.EndsAt)))}})
		}
	}
	return list
}

// cyclesOfBuild returns the cycles of a Windows build. Editions share builds, and a report does
// not say which edition is installed.
func (c *Catalog) cyclesOfBuild(cycles []cycle, build string) []cycle {
	build = alias.FirstParts(build, 3)
	return slices.DeleteFunc(slices.Clone(cycles), func(c cycle) bool { return alias.FirstParts(c.latest, 3) != build })
}

// latestEnd returns the latest end among cycles of which any may be the installed one: an end that
// is shown has come for each of them.
func latestEnd(cycles []cycle) (end End) {
	for i, c := range cycles {
		if i == 0 || compareEnds(c.end, end) > 0 {
			end = c.end
		}
	}
	return end
}

// compareEnds orders ends by time; no end and no date comes last.
func compareEnds(a, b End) int {
	return cmp.Or(cmp.Compare(column.Flag(!a.Ended), column.Flag(!b.Ended)),
		cmp.Compare(column.Flag(isOpen(a)), column.Flag(isOpen(b))), a.At.Compare(b.At))
}

func isOpen(e End) bool { return !e.Ended && e.At.IsZero() }

// allEnded returns the end of a product: it has one only when every cycle has ended, since the
// date of the newest cycle says nothing about later ones.
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

// longestPrefix returns the cycle whose name is the longest prefix of a version, compared by
// parts: "3.12" for 3.12.4, not "3.1".
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
