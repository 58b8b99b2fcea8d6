package publication

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever a device costs, slices soon take about sliceTime: none takes more than twice as long if
// several devices fit in it, and none is smaller than it has to be by more than a factor of eight.
func TestPaceFollowsTheCostOfADevice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPace(rapid.IntRange(1, placedAtOnce).Draw(t, "most"))
		for range rapid.IntRange(1, 3).Draw(t, "phases") {
			device := time.Duration(rapid.IntRange(0, int(10*sliceTime)).Draw(t, "cost of a device"))
			for range 12 {
				p.took(time.Duration(p.now) * device)
			}
			took := time.Duration(p.now) * device
			if p.now < 1 || p.now > p.most {
				t.Fatalf("%d devices, at most %d", p.now, p.most)
			}
			if p.now > 1 && took > sliceTime {
				t.Fatalf("%d devices take %v", p.now, took)
			}
			if p.now < p.most && took < sliceTime/8 {
				t.Fatalf("%d devices of %d take %v only", p.now, p.most, took)
			}
		}
	})
}
