package catalog_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// beside are records that each write a title beside a pair, "vendor:product".
func beside(n int, vendor, product, pair string) (records []intel.Record) {
	maker, name, _ := strings.Cut(pair, ":")
	for range n {
		records = append(records, intel.Record{Source: "titles", Aliases: []intel.Alias{
			{VendorText: vendor, ProductText: product, Part: "a", Vendor: maker, Product: name}}})
	}
	return records
}

// nameOnly is a record that has a title and no CPE.
func nameOnly(cve, vendor, product, below string) intel.Record {
	r := affects(cve, vendor, product, below)
	r.Affected[0].Part = ""
	return r
}

// TestMakers says what the other names of a maker lead to.
func TestMakers(t *testing.T) {
	var records []intel.Record
	for i, pair := range []string{"roadrunner:anvil", "roadrunner:jet", "roadrunner:server", "other:magnet", "coyote:tnt", "adobe:x"} {
		vendor, product, _ := strings.Cut(pair, ":")
		records = append(records, affects(fmt.Sprintf("CVE-2024-%04d", i), vendor, product, "9"))
	}
	records = append(records, beside(3, "Roadrunner Rockets", "Anvil", "roadrunner:anvil")...)
	records = append(records, beside(3, "Roadrunner Works", "Anvil Pro", "roadrunner:anvil")...)
	records = append(records, beside(3, "Roadrunner Works", "Jet Plus", "roadrunner:jet")...)
	records = append(records, beside(3, "Roadrunner Trap", "Anvil", "roadrunner:anvil")...)
	records = append(records, beside(1, "Roadrunner Trap", "Magnet", "other:magnet")...)
	records = append(records, beside(2, "Roadrunner Few", "Anvil", "roadrunner:anvil")...)
	records = append(records, beside(9, "Wile E", "TNT", "coyote:tnt")...)
	records = append(records, beside(3, "Adobe Made Up", "X", "adobe:x")...)
	records = append(records, beside(1, "Roadrunner Rockets", "Beam", "roadrunner:anvil")...)
	records = append(records, beside(1, "Roadrunner Works", "Beam", "roadrunner:jet")...)
	records = append(records, nameOnly("CVE-2024-0100", "Roadrunner Rockets, Inc.", "Jet", "9"),
		nameOnly("CVE-2024-0101", "Roadrunner Trap", "Jet", "9"))
	c := build(t, catalog.Config{}, records...)
	for _, test := range []struct {
		vendor, name, rule, shown string
		hits                      int
	}{
		{"Roadrunner Rockets Ltd.", "Jet 1.0 (x64)", catalog.RuleMaker, "roadrunner/jet 1.0.0.0", 2},
		{"Roadrunner Rockets", "Anvil Pro", catalog.RuleMaker, "roadrunner/anvil 1.0.0.0", 1},
		{"The Roadrunner Works, https://roadrunner.example/", "Jet for Windows", catalog.RuleMaker, "roadrunner/jet 1.0.0.0", 2},
		{"Roadrunner", "Jet Plus", catalog.RuleMaker, "roadrunner/jet 1.0.0.0", 2},
		{"Roadrunner Rockets", "Server", catalog.RuleMaker, "roadrunner/server 1.0.0.0", 1},
		{"Adobe Made Up Inc.", "Adobe Acrobat Reader DC", catalog.RuleMaker, "adobe/acrobat_reader_dc 1.0.0.0", 0},
		{"Roadrunner", "Beam", catalog.RuleNone, "roadrunner/beam 1.0.0.0", 0},
		{"Roadrunner Rockets", "Magnet", catalog.RuleNone, "roadrunner_rockets/magnet 1.0.0.0", 0},
		{"Roadrunner Trap", "Jet", catalog.RuleNone, "roadrunner_trap/jet 1.0.0.0", 0},
		{"Roadrunner Few", "Jet", catalog.RuleNone, "roadrunner_few/jet 1.0.0.0", 0},
		{"Wile E", "Jet", catalog.RuleNone, "wile_e/jet 1.0.0.0", 0},
	} {
		v := c.Verdict(windows(test.vendor, test.name, "1.0"))
		if v.Rule != test.rule || identity(v) != test.shown || len(v.Hits) != test.hits {
			t.Errorf("%q %q: %s, %s, %d hits; want %s, %s, %d hits", test.vendor, test.name, v.Rule, identity(v), len(v.Hits),
				test.rule, test.shown, test.hits)
		}
	}
	for text, want := range map[string]string{"Wile E. GmbH": "coyote", "Roadrunner Rockets": "roadrunner", "Roadrunner": "roadrunner",
		"Roadrunner Trap": "", "Nobody": ""} {
		if got := catalog.MakerOf(c, text); got != want {
			t.Errorf("%q may be %q, want %q", text, got, want)
		}
	}
}

// TestMakersOfTitles says of a set of titles: one that two names of a maker have for two products is none.
func TestMakersOfTitles(t *testing.T) {
	const set = "titles 1\n" +
		"product a/glue\n\tcpe a:roadrunner:glue\n\tvendor Roadrunner Rockets\n\ttitle Glue | Paste\n\tsource x\n" +
		"product b/glue\n\tcpe a:roadrunner:superglue\n\tvendor Roadrunner Works\n\ttitle Glue\n\tsource x\n"
	records := []intel.Record{affects("CVE-2024-0001", "roadrunner", "anvil", "9"), {Source: "set", Titles: set}}
	for _, text := range []string{"Rockets", "Works", "Third"} {
		records = append(records, beside(3, "Roadrunner "+text, "Anvil", "roadrunner:anvil")...)
	}
	c := build(t, catalog.Config{}, records...)
	for name, want := range map[string]string{"Glue": "roadrunner_third/glue 1.0.0.0", "Paste": "a/glue 1.0.0.0"} {
		if v := c.Verdict(windows("Roadrunner Third", name, "1.0")); identity(v) != want || v.Product != (name == "Paste") {
			t.Errorf("%s is %s by %s, want %s", name, identity(v), v.Rule, want)
		}
	}
}

// TestMakersByCVEs says that a text of one feed and the CPEs of another meet at their CVEs, if each has one name there.
func TestMakersByCVEs(t *testing.T) {
	words := []intel.Record{nameOnly("CVE-2024-0100", "Roadrunner Rockets", "Jet", "9")}
	names := []intel.Record{affects("CVE-2024-0101", "roadrunner", "jet", "9")}
	both := func(cve, text string, makers ...string) {
		words = append(words, nameOnly(cve, text, "RR Anvil 2000", "9"))
		for _, maker := range makers {
			names = append(names, affects(cve, maker, "anvil", "9"))
		}
	}
	for i := range 3 {
		both(fmt.Sprintf("CVE-2024-000%d", i), "Roadrunner Rockets", "roadrunner")
		both(fmt.Sprintf("CVE-2024-001%d", i), "Roadrunner Trap", "other", "roadrunner")
		both(fmt.Sprintf("CVE-2024-002%d", i), "Roadrunner Twice", "roadrunner")
		both(fmt.Sprintf("CVE-2024-002%d", i), "Someone Else")
	}
	both("CVE-2024-0030", "Roadrunner Rockets", "org.roadrunner")
	names[len(names)-1].Affected[0].TargetSW = "java"
	feeds := []catalog.Source{compile(t, "words", words...), compile(t, "names", names...)}
	c, err := catalog.Decode(write(t, catalog.Config{}, feeds...), known(feeds...))
	if err != nil {
		t.Fatal(err)
	}
	for vendor, want := range map[string]string{"Roadrunner Rockets": "roadrunner/jet 1.0.0.0",
		"Roadrunner Trap": "roadrunner_trap/jet 1.0.0.0", "Roadrunner Twice": "roadrunner_twice/jet 1.0.0.0"} {
		if v := c.Verdict(windows(vendor, "Jet", "1.0")); identity(v) != want {
			t.Errorf("%s: %s by %s, want %s", vendor, identity(v), v.Rule, want)
		}
	}
}

// TestRealMakers says what real records tell: of some hundred texts of makers in all.
func TestRealMakers(t *testing.T) {
	c := corpus(t)
	for text, want := range map[string]string{"Red Hat, Inc.": "redhat", "The Apache Software Foundation": "apache",
		"Wireshark Foundation": "wireshark", "Python Software Foundation, https://www.python.org/": "python",
		"PHP Group": "php", "Juniper Networks": "juniper", "Thales": "thalesgroup", "WesternDigital": "", "Progress Software": "",
		"Hewlett Packard Enterprise (HPE)": "", "Trend Micro": "", "Samsung Mobile": ""} {
		if got := catalog.MakerOf(c, text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	v := c.Verdict(windows("Johnson Controls Inc.", "exacqVision Client (x64)", "9.0"))
	if v.Rule != catalog.RuleMaker || identity(v) != "johnsoncontrols/exacqvision_client 9.0.0.0" {
		t.Errorf("%s by %s", identity(v), v.Rule)
	}
}

// TestMadeMakers says of names that nobody has: an entry with any name of a maker is the product of that maker that has
// the entry's name, or none; never one of another maker. The order of records does not matter.
func TestMadeMakers(t *testing.T) {
	word := rapid.StringMatching(`[a-z]{4,8}`)
	rapid.Check(t, func(rt *rapid.T) {
		makers := rapid.SliceOfNDistinct(word, 2, 4, rapid.ID[string]).Draw(rt, "makers")
		products := rapid.SliceOfNDistinct(word, 1, 4, rapid.ID[string]).Draw(rt, "products")
		var records []intel.Record
		texts, clear := map[string][]string{}, map[string]bool{}
		for i, maker := range makers {
			for j, product := range products {
				records = append(records, affects(fmt.Sprintf("CVE-2024-%04d", 10*i+j), maker, product, "9"))
			}
			for k, after := range []string{"Zirkus", "Zaubertricks Inc.", "Zeppelin"} {
				text := maker + " " + after
				n := rapid.IntRange(0, 5).Draw(rt, "records")
				records = append(records, beside(n, text, products[k%len(products)], maker+":"+products[k%len(products)])...)
				texts[maker], clear[text] = append(texts[maker], text), n >= 3
			}
		}
		trap := makers[0] + " Zirkus" // which a record writes beside another maker's product, too
		if rapid.Bool().Draw(rt, "ambiguous") {
			records = append(records, beside(1, trap, "xx"+products[0], makers[1]+":"+products[0])...)
			clear[trap] = false
		}
		c := build(t, catalog.Config{}, records...)
		shuffled := build(t, catalog.Config{}, rapid.Permutation(records).Draw(rt, "order")...)
		if c.ID() != shuffled.ID() {
			rt.Fatal("the order of records matters")
		}
		for maker, list := range texts {
			for _, text := range list {
				for _, product := range products {
					v := c.Verdict(windows(strings.ToUpper(text), "  "+product+" 1.0 (64-bit)", "1.0"))
					want := maker + "/" + product + " 1.0.0.0"
					if v.Product && identity(v) != want || clear[text] && !v.Product {
						rt.Fatalf("%q %q is %s by %s, want %s", text, product, identity(v), v.Rule, want)
					}
				}
			}
		}
	})
}

// FuzzMakers says of any texts in records: a catalog comes of them, its file is read back, and any entry has an answer.
func FuzzMakers(f *testing.F) {
	f.Add("Roadrunner Rockets", "Jet", "roadrunner", "Roadrunner", uint8(3))
	f.Add("_", "_", "_", "__", uint8(4))
	f.Fuzz(func(t *testing.T, text, product, vendor, entry string, n uint8) {
		records := beside(int(n%8), text, product, vendor+":"+product)
		feed := compile(t, "test", append(records, affects("CVE-2024-0001", vendor, "jet", "9"))...)
		file := write(t, catalog.Config{}, feed)
		c, err := catalog.Decode(file, known(feed))
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := c.WriteFile(&again); err != nil || !bytes.Equal(again.Bytes(), file) {
			t.Fatal("the file is not read back", err)
		}
		catalog.MakerOf(c, entry)
		if v := c.Verdict(windows(entry, "Jet", "1")); v.Rule == catalog.RuleMaker && n%8 < 3 {
			t.Fatalf("%d records are enough for %+v", n%8, v)
		}
	})
}
