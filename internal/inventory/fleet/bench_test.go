package fleet_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory/fleet"
)

// BenchmarkReport shows that the generator costs little beside the code that it feeds.
func BenchmarkReport(b *testing.B) {
	f := fleet.Fleet{Seed: 1, Devices: 20_000, Begun: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), Changing: 0.1}
	i := 0
	for b.Loop() {
		if r := f.Report(i%f.Devices, 0); len(r.Software) == 0 {
			b.Fatal("no software")
		}
		i++
	}
}
