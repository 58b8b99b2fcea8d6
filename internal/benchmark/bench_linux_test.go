package benchmark_test

import (
	"syscall"
	"testing"
)

// processorTime returns the seconds of processors that this process has used.
func processorTime(b *testing.B) float64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

// An op is a device of which nothing is remembered, as if each had something else in every fact that checks read.
// cpu-s/fleet is what 10,000 such devices with 300 checks each take of processors, however busy the machine is: at
// most 12 s (GOMAXPROCS=1).
func BenchmarkFleet(b *testing.B) {
	checks, report := load(b), thisMachine(b)
	judged := max(len(checks.Tell(report)), 1)
	begun := processorTime(b)
	for b.Loop() {
		checks.Forget()
		_, _ = checks.Evaluate(report) // checks that fail have no result
	}
	b.ReportMetric(float64(judged), "checks")
	b.ReportMetric((processorTime(b)-begun)/float64(b.N)*10_000*300/float64(judged), "cpu-s/fleet")
}
