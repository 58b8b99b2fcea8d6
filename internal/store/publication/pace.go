package publication

import "time"

// sliceTime is how long a transaction that places devices should take. Reports that arrive
// meanwhile wait for its end.
const sliceTime = 20 * time.Millisecond

// pace is how many devices are placed in one transaction. The number follows the time that
// transactions take: a large fleet on a slow disk gets smaller slices than a small one.
type pace struct{ now, most int }

func newPace(most int) *pace { return &pace{most, most} }

// took adapts the pace to the time of the last transaction.
func (p *pace) took(d time.Duration) {
	switch {
	case d > sliceTime:
		p.now = max(1, p.now/2)
	case d < sliceTime/4:
		p.now = min(p.most, 2*p.now)
	}
}
