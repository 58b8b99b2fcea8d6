package assess

import (
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/row"
)

// aging counts first-seen times by day. Most of a device's are equal to the one before, which costs a comparison.
type aging struct {
	into trend.Ages
	at   row.Timestamp
	n    int64
}

func (a *aging) count(at row.Timestamp) {
	if at != a.at {
		a.end()
		a.at = at
	}
	a.n++
}

// end counts the last ones.
func (a *aging) end() {
	if a.n > 0 {
		a.into[a.at.Day()] += a.n
		a.n = 0
	}
}

// emptied returns an empty map, in the memory of one that is not needed any more.
func emptied(a trend.Ages) trend.Ages {
	if a == nil {
		return trend.Ages{}
	}
	clear(a)
	return a
}
