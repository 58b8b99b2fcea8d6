package catalog_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/testneed"
)

// BenchmarkBuild compiles all real data, parsed beforehand, and merges the catalog.
func BenchmarkBuild(b *testing.B) {
	dir, total := testneed.Shared(b), 0
	records := make([][]intel.Record, len(sources))
	for i, s := range sources {
		for r, err := range s.feed.Parse(context.Background(), only{dir, s.path}) {
			if err == nil {
				records[i] = append(records[i], r)
			}
		}
		total += len(records[i])
	}
	for b.Loop() {
		var feeds []catalog.Source
		for i, s := range sources {
			feeds = append(feeds, compile(b, s.name, records[i]...))
		}
		write(b, catalog.Config{}, feeds...)
	}
	b.ReportMetric(float64(total)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkMerge merges the catalog of all real data, compiled beforehand: the cost of a change in
// one feed besides compiling that feed.
func BenchmarkMerge(b *testing.B) {
	feeds := corpusFile(b).feeds
	for b.Loop() {
		write(b, catalog.Config{}, feeds...)
	}
}

func BenchmarkOpen(b *testing.B) {
	folder := b.TempDir()
	corpus := corpusFile(b)
	data := corpus.data
	if err := os.WriteFile(filepath.Join(folder, "catalog"), data, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := catalog.Open(os.DirFS(folder), "catalog", known(corpus.feeds...)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerdict answers without and with the memo. Chrome is the product with
// the most rules of all.
func BenchmarkVerdict(b *testing.B) {
	c := corpus(b)
	for _, test := range []struct {
		name      string
		component catalog.Component
	}{
		{"chrome", windows("Google LLC", "Google Chrome", "81.0.4044.138")},
		{"firefox", windows("Mozilla", "Mozilla Firefox (x64 en-US)", "83.0")},
		{"7-zip", windows("Igor Pavlov", "7-Zip 22.01 (x64)", "22.01")},
		{"windows", system("Windows10", "10.0.17763.1637")},
		{"unknown", windows("Lob Apps", "Headtrax 2.3 (x64)", "2.3")},
		{"maker", windows("Johnson Controls Inc.", "exacqVision Client (x64)", "9.0")},
		{"kernel", linux("rpm", "kernel", "0:5.14.0-427.42.1.el9_4", "enterprise_linux_9")},
		{"bash", linux("rpm", "bash", "0:5.1.8-9.el9", "enterprise_linux_9")},
	} {
		b.Run("cold/"+test.name, func(b *testing.B) {
			for b.Loop() {
				c.Judge(test.component)
			}
			b.ReportMetric(float64(len(c.Judge(test.component).Hits)), "hits")
		})
	}
	b.Run("memo", func(b *testing.B) {
		r := windows("Google LLC", "Google Chrome", "81.0.4044.138")
		for b.Loop() {
			c.Verdict(r)
		}
		b.ReportMetric(1e7*float64(b.Elapsed().Seconds())/float64(b.N), "s/10M")
	})
}
