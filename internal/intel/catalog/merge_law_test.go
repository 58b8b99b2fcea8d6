package catalog_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
)

var products = rapid.SampledFrom([]string{"rocket", "anvil", "rocket skates"})

// drawDocument draws everything that a record may contain: statements on a pair, on words alone,
// words beside a pair, packages, a life cycle, a rejected CVE.
var drawDocument = rapid.Custom(func(t *rapid.T) intel.Record {
	cve := fmt.Sprintf("CVE-2024-%04d", rapid.IntRange(0, 5).Draw(t, "cve"))
	r := intel.Record{Source: rapid.StringMatching("[A-D]-[0-9]{6}").Draw(t, "source"), CVE: &intel.CVE{
		ID: cve, Rejected: rapid.IntRange(0, 9).Draw(t, "rejected") == 0,
		Exploit: rapid.SampledFrom([]intel.Exploit{0, 1, 3}).Draw(t, "exploit"),
	}}
	if vector := rapid.SampledFrom([]string{"", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"}).Draw(t, "vector"); vector != "" {
		score, _ := intel.ParseScore(vector,
			rapid.SampledFrom([]intel.Authority{intel.ByNVD, intel.ByCNA}).Draw(t, "scorer"))
		r.CVE.Scores = append(r.CVE.Scores, score)
	}
	drawFacts(t, r.CVE)
	if rapid.IntRange(0, 4).Draw(t, "likely") == 0 {
		return intel.Record{Source: cve, Likelihood: &intel.Likelihood{
			Score: float64(rapid.IntRange(0, 4).Draw(t, "likelihood")) / 4, Percentile: .5,
			Day: date(2024, 1, rapid.IntRange(1, 3).Draw(t, "day")), Model: rapid.SampledFrom([]string{"", "m"}).Draw(t, "model")}}
	}
	for range rapid.IntRange(0, 3).Draw(t, "statements") {
		a := intel.Affected{CVE: cve, Part: rapid.SampledFrom([]string{"a", "", "a", "o"}).Draw(t, "part"), Vendor: "acme",
			Product:  products.Draw(t, "product"),
			By:       rapid.SampledFrom([]intel.Authority{intel.ByNVD, intel.ByCNA, intel.ByADP, intel.ByOther}).Draw(t, "by"),
			Versions: rapid.SliceOfN(rapid.OneOf(drawRange, openRange), 1, 3).Draw(t, "versions"),
			Fix:      intel.Fix{ID: rapid.SampledFrom([]string{"", "F-1", "F-2"}).Draw(t, "fix")},
		}
		r.Affected = append(r.Affected, a)
	}
	if rapid.Bool().Draw(t, "alias") {
		r.Aliases = append(r.Aliases, intel.Alias{VendorText: "ACME Inc.", ProductText: products.Draw(t, "text"), Part: "a",
			Vendor: "acme", Product: products.Draw(t, "pair")})
	}
	if rapid.IntRange(0, 3).Draw(t, "package") == 0 {
		r.Packages = append(r.Packages, intel.Package{CVEs: []string{cve}, Advisory: r.Source, Ecosystem: "Go",
			Name: "rocket", Ranges: []intel.Range{openRange.Draw(t, "range")}})
	}
	if rapid.IntRange(0, 5).Draw(t, "lifecycle") == 0 {
		r.Lifecycle = &intel.Lifecycle{Product: "rocket", CPEs: [][2]string{{"acme", products.Draw(t, "of")}},
			Cycles: []intel.Cycle{{Name: drawVersion.Draw(t, "cycle"), Ended: true}}}
	}
	return r
})

// drawFacts draws what is in no row.
func drawFacts(t *rapid.T, c *intel.CVE) {
	day := func(name string) time.Time {
		n := rapid.IntRange(0, 5).Draw(t, name)
		if n == 0 {
			return time.Time{}
		}
		return date(2024, 1, n)
	}
	c.Published, c.Updated = day("published"), day("updated")
	c.Words = intel.Words{
		By:    rapid.SampledFrom([]intel.Authority{intel.ByNVD, intel.ByCNA, intel.ByOther}).Draw(t, "author"),
		Title: rapid.SampledFrom([]string{"", "t", "u"}).Draw(t, "title"), Description: rapid.SampledFrom([]string{"", "d", "ee"}).Draw(t, "text"),
		ExploitURLs: rapid.SliceOfN(rapid.SampledFrom([]string{"https://a", "https://b"}), 0, 2).Draw(t, "urls"),
	}
	if rapid.IntRange(0, 2).Draw(t, "known") == 0 {
		c.KEV = &intel.Exploited{Added: day("added"), Due: day("due"), Ransomware: rapid.Bool().Draw(t, "ransomware"),
			Copied: rapid.Bool().Draw(t, "copied")}
	}
}

// openRange draws ranges that are open below, whose branches are closed.
var openRange = rapid.Custom(func(t *rapid.T) intel.Range { return intel.Range{High: drawVersion.Draw(t, "high")} })

// TestMergeIsOneTable: a catalog's answers do not depend on which feed says what, as long as feeds
// do not share documents, nor on the order of feeds; and the same feeds give the same bytes.
func TestMergeIsOneTable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		byFeed, feedOf := make([][]intel.Record, 3), map[string]int{}
		var all []intel.Record
		for _, r := range rapid.SliceOfN(drawDocument, 1, 12).Draw(rt, "records") {
			feed, known := feedOf[r.Source]
			if !known {
				feed = rapid.IntRange(0, 2).Draw(rt, "feed")
				feedOf[r.Source] = feed
			}
			byFeed[feed], all = append(byFeed[feed], r), append(all, r)
		}
		var parts []catalog.Source
		for _, records := range byFeed {
			parts = append(parts, compile(t, "test", records...))
		}
		one, merged := catalogOf(rt, compile(t, "test", all...)), catalogOf(rt, parts...)
		for range 8 {
			asked := drawAsked.Draw(rt, "component")
			if diff := cmp.Diff(one.Judge(asked), merged.Judge(asked)); diff != "" {
				rt.Fatalf("%+v (-one table +several):\n%s", asked, diff)
			}
		}
		if diff := cmp.Diff(listed(rt, one), listed(rt, merged)); diff != "" {
			rt.Fatalf("CVEs (-one table +several):\n%s", diff)
		}
		shuffled := catalogOf(rt, rapid.Permutation(parts).Draw(rt, "order")...)
		var a, b bytes.Buffer
		if merged.WriteFile(&a) != nil || shuffled.WriteFile(&b) != nil || !bytes.Equal(a.Bytes(), b.Bytes()) ||
			merged.ID() != shuffled.ID() {
			rt.Fatal("the order of feeds is seen in the catalog")
		}
	})
}

var drawAsked = rapid.Custom(func(t *rapid.T) catalog.Component {
	v := drawVersion.Draw(t, "version")
	return rapid.SampledFrom([]catalog.Component{
		windows("Acme", "Rocket", v), windows("ACME Inc.", "Anvil", v), windows("Acme", "rocket skates", v),
		linux("go", "rocket", v, ""),
		{Kind: "generic", CPE: "cpe:2.3:a:acme:anvil:*:*:*:*:*:*:*:*", Version: v, OSPlatform: "Linux"},
	}).Draw(t, "of")
})

func catalogOf(t *rapid.T, feeds ...catalog.Source) *catalog.Catalog {
	c, err := catalog.Merge(catalog.Config{}, feeds)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FuzzTable changes a table and corrects its checksum: if it opens, it can be merged and answers.
func FuzzTable(f *testing.F) {
	feed := compile(f, "test", affects("CVE-2024-0001", "acme", "rocket", "9"),
		advises("AlmaLinux:9", "openssl", "ALSA-1", "", "1:3.0.7-2.el9", "CVE-2023-0001"),
		intel.Record{Source: "eol", Lifecycle: &intel.Lifecycle{Product: "rocket", Cycles: []intel.Cycle{{Name: "1"}}}},
		intel.Record{Source: "words", Affected: []intel.Affected{{CVE: "CVE-2024-0002", Vendor: "Acme", Product: "Rocket",
			By: intel.ByCNA, Versions: []intel.Range{{High: "3"}}}}})
	var file bytes.Buffer
	if err := feed.Table.WriteFile(&file); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{0x40, 0, 1})
	f.Fuzz(func(t *testing.T, patch []byte) {
		data := bytes.Clone(file.Bytes())
		for ; len(patch) >= 3; patch = patch[3:] {
			data[len(data)-1-(int(patch[0])<<8|int(patch[1]))%len(data)] = patch[2]
		}
		made, err := table.Decode(sealed(data, len("muster table\n")))
		if err != nil {
			return
		}
		c, err := catalog.Merge(catalog.Config{}, []catalog.Source{{Name: "test", Table: made}})
		if err != nil {
			return
		}
		c.Verdict(windows("Acme", "Rocket", "1"))
		c.Verdict(linux("rpm", "openssl", "1", "enterprise_linux_9"))
	})
}
