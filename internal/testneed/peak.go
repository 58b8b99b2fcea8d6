package testneed

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Peak returns the largest number of bytes of memory that were held at a time while f ran, without those held before:
// what the collector found in use, so that no garbage counts, however late it is on a busy machine. It is made to look
// each time the heap has grown by a quarter.
func Peak(f func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	runtime.GC()
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	held := func() int64 {
		metrics.Read(samples)
		return int64(samples[0].Value.Uint64())
	}
	before, most, stop := held(), make(chan int64), make(chan struct{})
	go func() {
		highest := int64(0)
		for {
			select {
			case <-stop:
				most <- highest
				return
			case <-time.After(time.Millisecond):
				highest = max(highest, held())
			}
		}
	}()
	f()
	close(stop)
	return <-most - before
}
