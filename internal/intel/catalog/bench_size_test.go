package catalog_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/testneed"
)

// BenchmarkFeeds reads all real feeds, compiles them and merges their catalog, and reports the memory
// that was taken from the system.
func BenchmarkFeeds(b *testing.B) {
	dir := testneed.Shared(b)
	for b.Loop() {
		var feeds []catalog.Source
		for _, s := range sources {
			builder := table.NewBuilder(s.name)
			for r, err := range s.feed.Parse(context.Background(), only{dir, s.path}) {
				if err == nil {
					builder.Add(r)
				}
			}
			made, err := builder.Table()
			if err != nil {
				b.Fatal(err)
			}
			feeds = append(feeds, catalog.Source{Name: s.name, Table: made})
		}
		write(b, catalog.Config{}, feeds...)
	}
	b.ReportMetric(megabytes(func(m *runtime.MemStats) uint64 { return m.Sys }), "sys-MB")
}

func megabytes(of func(*runtime.MemStats) uint64) float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(of(&m)) / (1 << 20)
}

// BenchmarkFullSize opens a synthetic catalog as large as all public sources: 300,000 CVEs, which two
// feeds describe in some 430 bytes each, with 1.5 million ranges on 65,000 products, of which few have
// most. It reports the memory that the catalog takes, and the seconds to open it.
func BenchmarkFullSize(b *testing.B) {
	made := []catalog.Source{fullSize(b), described(b)}
	data := write(b, catalog.Config{}, made...)
	files, size := map[string]*bytes.Buffer{}, len(data)
	for _, s := range made {
		file := &bytes.Buffer{}
		if err := s.Table.WriteFile(file); err != nil {
			b.Fatal(err)
		}
		files[s.Table.ID()], size = file, size+file.Len()
	}
	made = nil
	var c *catalog.Catalog
	for b.Loop() {
		var err error
		c, err = catalog.Decode(data, func(id string) (*table.Table, error) { return table.Decode(files[id].Bytes()) })
		if err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.GC()
	b.ReportMetric(megabytes(func(m *runtime.MemStats) uint64 { return m.HeapAlloc })-float64(size)/(1<<20), "heap-MB")
	b.ReportMetric(float64(size)/(1<<20), "files-MB")
	if s := c.Summary(); s.CVEs != 300_000 || s.Rules != 1_500_000 {
		b.Fatalf("%+v", s)
	}
	runtime.KeepAlive(c)
	runtime.KeepAlive(data)
	runtime.KeepAlive(files)
}

// BenchmarkWords reads the words of all CVEs of that catalog in order, and of CVEs in no order.
func BenchmarkWords(b *testing.B) {
	l := catalogOfFeeds(b, fullSize(b), described(b)).CVEs()
	for name, step := range map[string]int{"ordered": 1, "random": 104_729} {
		b.Run(name, func(b *testing.B) {
			size, n := 0, 0
			for b.Loop() {
				text, err := l.Text(n)
				if err != nil {
					b.Fatal(err)
				}
				l.At(n)
				size, n = size+len(text.Description), (n+step)%l.Len()
			}
			b.ReportMetric(float64(size)/float64(b.N), "bytes/text")
		})
	}
}

// described compiles a synthetic feed that describes 300,000 CVEs and states nothing else.
func described(b *testing.B) catalog.Source {
	builder := table.NewBuilder("cvelistV5")
	for i := range 300_000 {
		builder.Add(intel.Record{Source: cveOf(i), CVE: &intel.CVE{ID: cveOf(i), Words: wordsOn(i, intel.ByCNA)}})
	}
	made, err := builder.Table()
	if err != nil {
		b.Fatal(err)
	}
	return catalog.Source{Name: "cvelistV5", Table: made}
}

func cveOf(i int) string { return fmt.Sprintf("CVE-%d-%d", 1999+i/11_000, 10_000+i%11_000) }

// wordsOn makes a description as long as usual, of words that are drawn from 4,000: it is compressed to
// a quarter, as real ones are.
func wordsOn(i int, by intel.Authority) intel.Words {
	var text strings.Builder
	for k := uint64(i)*2_654_435_761 + 1; text.Len() < 430; {
		k = k*6_364_136_223_846_793_005 + 1_442_695_040_888_963_407
		word := k >> 40 % 4000
		fmt.Fprintf(&text, "%c%c%s%d ", 'a'+word%26, 'a'+word/26%26, "erating"[:1+word%7], word/1000)
	}
	return intel.Words{By: by, Description: text.String()}
}

// fullSize compiles the synthetic feed. Product k has a share of the statements like 1/k.
func fullSize(b *testing.B) catalog.Source {
	const products = 65_000
	builder := table.NewBuilder("nvd")
	state := uint64(1)
	draw := func(n uint64) uint64 { // xorshift
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return state % n
	}
	for i := range 300_000 {
		cve := cveOf(i)
		record := intel.Record{Source: cve, CVE: &intel.CVE{ID: cve, Scores: []intel.Score{{Version: "3.1", Base: 7.5}},
			Words: wordsOn(i, intel.ByNVD)}}
		for k := range 5 {
			product := products / (1 + draw(products))
			low, high := draw(40), 1+draw(40)
			record.Affected = append(record.Affected, intel.Affected{
				CVE: cve, Part: "a", Vendor: fmt.Sprintf("vendor%d", product/7), Product: fmt.Sprintf("product%d", product),
				By: intel.ByNVD, Versions: []intel.Range{{Low: fmt.Sprintf("%d.%d", low, k), High: fmt.Sprintf("%d.%d.%d", low+high, k, draw(30))}},
			})
		}
		builder.Add(record)
	}
	made, err := builder.Table()
	if err != nil {
		b.Fatal(err)
	}
	return catalog.Source{Name: "nvd", Table: made}
}

// BenchmarkColdVerdicts judges ten versions of each of the 500 products with most statements, without
// the memo, and reports percentiles. The rules of a product are compiled when it is first asked about,
// which is reported apart.
func BenchmarkColdVerdicts(b *testing.B) {
	c, components := corpus(b), largestProducts(b)
	var first, later []time.Duration
	for b.Loop() {
		first, later = first[:0], later[:0]
		for _, versions := range components {
			for i, r := range versions {
				start := time.Now()
				c.Judge(r)
				if took := time.Since(start); i == 0 {
					first = append(first, took)
				} else {
					later = append(later, took)
				}
			}
		}
	}
	report := func(of []time.Duration, name string) {
		slices.Sort(of)
		b.ReportMetric(float64(of[len(of)/2].Nanoseconds())/1000, name+"-p50-us")
		b.ReportMetric(float64(of[len(of)*99/100].Nanoseconds())/1000, name+"-p99-us")
	}
	report(first, "first")
	report(later, "cold")
}

// largestProducts returns eleven versions of each of the 500 CPE pairs with most ranges.
func largestProducts(b *testing.B) [][]catalog.Component {
	dir, versions, ranges := testneed.Shared(b), map[string]map[string]bool{}, map[string]int{}
	for _, s := range sources[:2] {
		for r, err := range s.feed.Parse(context.Background(), only{dir, s.path}) {
			if err != nil {
				continue
			}
			for _, a := range r.Affected {
				pair := a.Vendor + ":" + a.Product
				if a.Part != "a" || strings.ContainsAny(pair, `\*`) {
					continue
				}
				if versions[pair] == nil {
					versions[pair] = map[string]bool{}
				}
				ranges[pair] += len(a.Versions)
				for _, v := range a.Versions {
					versions[pair][cmp.Or(v.High, v.Low, v.Exact)] = true
				}
			}
		}
	}
	var pairs []string
	for pair := range ranges {
		pairs = append(pairs, pair)
	}
	slices.SortFunc(pairs, func(x, y string) int { return cmp.Or(ranges[y]-ranges[x], strings.Compare(x, y)) })
	var all [][]catalog.Component
	for _, pair := range pairs[:500] {
		var list []catalog.Component
		for v := range versions[pair] {
			if len(list) < 11 && v != "" {
				list = append(list, catalog.Component{Kind: "generic", Version: v, CPE: "cpe:2.3:a:" + pair + ":*:*:*:*:*:*:*:*",
					OSPlatform: "Windows11"})
			}
		}
		all = append(all, list)
	}
	return all
}
