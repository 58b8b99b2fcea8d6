package benchmark_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

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

// 372 checks, and 10,000 devices of which each has something else in every family, as devices have.
func BenchmarkFleet(b *testing.B) {
	text := []string{}
	for _, name := range []string{"accounts", "controls", "files", "kernel", "mounts", "network", "services", "sshd"} {
		data, err := os.ReadFile("checks/" + name + ".json")
		if err != nil {
			b.Fatal(err)
		}
		for _, digit := range "1234" {
			text = append(text, strings.ReplaceAll(string(data), "scid-90", "scid-9"+string(digit)))
		}
	}
	files := fstest.MapFS{}
	for i, t := range text {
		files[strconv.Itoa(i)+".json"] = &fstest.MapFile{Data: []byte(t)}
	}
	checks, err := benchmark.Load(files)
	if err != nil {
		b.Fatal(err)
	}
	report := thisMachine(b)
	for b.Loop() {
		for i := range 10_000 {
			for _, values := range report.Facts {
				values["serial"] = strconv.Itoa(i)
			}
			if _, err := checks.Evaluate(report); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(checks.Definitions())), "checks")
}
