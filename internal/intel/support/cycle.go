package support

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/column"
)

// End is the end of support: none known, a date, or ended without a date.
type End struct {
	Ended bool
	At    time.Time
}

// EndAt returns an end with the time to the second, since rows show no more; none before 1970.
func EndAt(ended bool, at time.Time) End {
	end := End{Ended: ended, At: at}
	if s := end.Seconds(); s != 0 {
		return End{Ended: ended, At: time.Unix(int64(s), 0).UTC()}
	}
	return End{Ended: ended}
}

// Seconds returns the time in seconds since 1970; 0 for no time or an earlier one.
func (e End) Seconds() uint32 {
	if s := e.At.Unix(); !e.At.IsZero() && s > 0 && s <= math.MaxUint32 {
		return uint32(s)
	}
	return 0
}

// compare orders ends by time; no end and no date comes last.
func (e End) compare(other End) int {
	return cmp.Or(cmp.Compare(column.Flag(!e.Ended), column.Flag(!other.Ended)),
		cmp.Compare(column.Flag(e.isOpen()), column.Flag(other.isOpen())), e.At.Compare(other.At))
}

func (e End) isOpen() bool { return !e.Ended && e.At.IsZero() }

// Cycle is one release line: its name ("3.12", "11-24h2-e") and its newest version.
type Cycle struct {
	Name, Latest string
	End          End
}

// Cycles are the release lines of a product.
type Cycles []Cycle

// OfVersion returns the end of the line whose name is the longest prefix of a version, compared by parts:
// "3.12" for 3.12.4, not "3.1".
func (all Cycles) OfVersion(version string) End {
	var best Cycle
	for _, c := range all {
		rest, found := strings.CutPrefix(version, c.Name)
		if found && c.Name != "" && (rest == "" || strings.IndexByte(".-+_", rest[0]) >= 0) && len(c.Name) > len(best.Name) {
			best = c
		}
	}
	return best.End
}

// OfBuild returns the latest end among the cycles of a Windows build: editions share builds, and a report does not
// say which one is installed. So an end that is shown has come for each of them.
func (all Cycles) OfBuild(build string) (end End) {
	build = alias.FirstParts(build, 3)
	found := slices.DeleteFunc(slices.Clone(all), func(c Cycle) bool { return alias.FirstParts(c.Latest, 3) != build })
	for i, c := range found {
		if i == 0 || c.End.compare(end) > 0 {
			end = c.End
		}
	}
	return end
}

// OfProduct returns the end of the product: it has one only when every cycle has ended, since the date of the newest
// cycle says nothing about later ones.
func (all Cycles) OfProduct() (end End) {
	for _, c := range all {
		if !c.End.Ended {
			return End{}
		}
		end.Ended = true
		if c.End.At.After(end.At) {
			end.At = c.End.At
		}
	}
	return end
}
