package table

import (
	"cmp"
	"math"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// Edition is one publication of scores.
type Edition struct {
	Day   uint64
	Model string
}

// Compare orders editions by day, one without a day first.
func (e Edition) Compare(other Edition) int {
	return cmp.Or(Time(e.Day).Compare(Time(other.Day)), strings.Compare(e.Model, other.Model))
}

// Likelihood is a score in billionths.
type Likelihood struct {
	Score, Percentile uint32
	Edition           Edition
}

// LikelyAt returns the score in a row of Likely.
func (t *Table) LikelyAt(row int) Likelihood {
	l := &t.Likely
	edition := l.Edition[row]
	return Likelihood{l.Score[row], l.Percentile[row], Edition{l.Day[edition], t.Texts.Text(l.Model[edition])}}
}

func likelihoodOf(l *intel.Likelihood) Likelihood {
	return Likelihood{billionths(l.Score), billionths(l.Percentile), Edition{secondsOf(l.Day), l.Model}}
}

// billionths encodes a number from 0 to 1.
func billionths(x float64) uint32 {
	if !(x > 0) {
		return 0
	}
	return uint32(math.Round(min(x, 1) * whole))
}

// Newer returns the score that counts of two: that of the newer edition; of one edition the higher one.
func (l Likelihood) Newer(other Likelihood) Likelihood {
	if cmp.Or(l.Edition.Compare(other.Edition), cmp.Compare(l.Score, other.Score),
		cmp.Compare(l.Percentile, other.Percentile)) < 0 {
		return other
	}
	return l
}
