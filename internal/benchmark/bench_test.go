package benchmark_test

import (
	"strconv"
	"testing"

	"github.com/muster-project/muster/internal/benchmark"
)

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := benchmark.Default(); err != nil {
			b.Fatal(err)
		}
	}
}

// Every device has different facts: nothing is cached.
func BenchmarkEvaluateFresh(b *testing.B) {
	checks, report := load(b), thisMachine(b)
	results := 0
	for i := 0; b.Loop(); i++ {
		for _, values := range report.Facts {
			values["serial"] = strconv.Itoa(i)
		}
		r, _ := checks.Evaluate(report)
		results = len(r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*max(results, 1)), "ns/check")
}

// All devices have the same facts.
func BenchmarkEvaluateAlike(b *testing.B) {
	checks, report := load(b), thisMachine(b)
	results := 0
	for b.Loop() {
		r, _ := checks.Evaluate(report)
		results = len(r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*max(results, 1)), "ns/check")
}
