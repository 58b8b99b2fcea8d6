package catalog_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/muster-project/muster/internal/intel/catalog"
)

// BenchmarkBuild builds the catalog of all real data, parsed before.
func BenchmarkBuild(b *testing.B) {
	dir := sharedData(b)
	var records []sampleLine
	for _, s := range sources {
		for r, err := range s.feed.Parse(context.Background(), only{dir, s.path}) {
			if err == nil {
				records = append(records, sampleLine{s.name, r})
			}
		}
	}
	for b.Loop() {
		builder, err := catalog.NewBuilder(catalog.Config{})
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range records {
			builder.Add(r.Feed, r.Record)
		}
		var file bytes.Buffer
		if _, err := builder.Write(&file); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(records))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "catalog")
	data := corpusFile(b).data
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := catalog.Open(path); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerdict answers without and with the memo. Chrome is the product with
// the most rules of all.
func BenchmarkVerdict(b *testing.B) {
	c := corpus(b)
	for _, test := range []struct {
		name    string
		release catalog.Release
	}{
		{"chrome", windows("Google LLC", "Google Chrome", "81.0.4044.138")},
		{"firefox", windows("Mozilla", "Mozilla Firefox (x64 en-US)", "83.0")},
		{"7-zip", windows("Igor Pavlov", "7-Zip 22.01 (x64)", "22.01")},
		{"windows", system("Windows10", "10.0.17763.1637")},
		{"unknown", windows("Lob Apps", "Headtrax 2.3 (x64)", "2.3")},
		{"kernel", linux("rpm", "kernel", "0:5.14.0-427.42.1.el9_4", "enterprise_linux_9")},
		{"bash", linux("rpm", "bash", "0:5.1.8-9.el9", "enterprise_linux_9")},
	} {
		b.Run("cold/"+test.name, func(b *testing.B) {
			for b.Loop() {
				c.Judge(test.release)
			}
			b.ReportMetric(float64(len(c.Judge(test.release).Hits)), "hits")
		})
	}
	b.Run("memo", func(b *testing.B) {
		r := windows("Google LLC", "Google Chrome", "81.0.4044.138")
		for b.Loop() {
			c.Verdict(r)
		}
	})
}
