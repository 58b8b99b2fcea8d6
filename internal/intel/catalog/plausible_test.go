package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
)

// twins is a maker with a server and a client of one name, as feeds describe them.
type twins struct {
	vendor, server, client string
	// first and last are the first numbers of the server's versions.
	first, last int
	// clientKnown says that feeds have statements on the client, too.
	clientKnown bool
	// mined says that a record writes the bare name beside the server's pair.
	mined bool
}

func drawTwins(t *rapid.T) twins {
	name := rapid.StringMatching(`[b-df-hj-np-tv-z]{3}[aeiou][b-df-hj-np-tv-z]`).Draw(t, "name")
	w := twins{vendor: name, first: rapid.IntRange(18, 40).Draw(t, "first"),
		clientKnown: rapid.Bool().Draw(t, "client is known"), mined: rapid.Bool().Draw(t, "mined")}
	w.last = w.first + rapid.IntRange(3, 9).Draw(t, "releases")
	w.server = rapid.SampledFrom([]string{name, name + "_server", "server"}).Draw(t, "server")
	w.client = rapid.SampledFrom([]string{name + "_desktop", name + "-desktop", name + "_client", "desktop",
		"desktop_client"}).Draw(t, "client")
	return w
}

// records state that each release of the server before its tenth update is affected, some of them
// without a lower bound, and the client before 4.
func (w twins) records(t *rapid.T) []intel.Record {
	var records []intel.Record
	for major := w.first; major <= w.last; major++ {
		r := affects(fmt.Sprintf("CVE-2024-1%03d", major), w.vendor, w.server, fmt.Sprintf("%d.0.10", major))
		if rapid.Bool().Draw(t, "lower bound") {
			r.Affected[0].Versions[0].Low = fmt.Sprintf("%d.0.0", major)
		}
		if w.mined {
			r.Aliases = []intel.Alias{{VendorText: w.vendor, ProductText: w.vendor, Part: "a", Vendor: w.vendor,
				Product: w.server}}
		}
		records = append(records, r)
	}
	if w.clientKnown {
		records = append(records, affects("CVE-2024-2000", w.vendor, w.client, "4.0.0"))
	}
	return records
}

// TestServersAreNotTheirClients says that an entry of a personal computer with a name that a server
// has, too, and a version of the client's, has no finding of the server's, and that the client's is
// found where feeds know the client.
func TestServersAreNotTheirClients(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawTwins(t)
		c := catalogOf(t, compiled(t, w.records(t)...))
		name := rapid.SampledFrom([]string{w.vendor, strings.ToUpper(w.vendor[:1]) + w.vendor[1:]}).Draw(t, "title")
		kind := rapid.SampledFrom([]string{"windows", "macos"}).Draw(t, "kind")
		v := c.Verdict(catalog.Component{Kind: kind, Vendor: w.vendor + " GmbH", Name: name,
			Version:    fmt.Sprintf("%d.%d.0", rapid.IntRange(2, 5).Draw(t, "major"), rapid.IntRange(0, 20).Draw(t, "minor")),
			OSPlatform: map[string]string{"windows": "Windows11", "macos": "macOS"}[kind]})
		for _, h := range v.Hits {
			if h.CVE != "CVE-2024-2000" {
				t.Errorf("%s %s has %s of the server (%+v)", v.Name, v.Version, h.CVE, w)
			}
		}
		before4 := v.Version < "4"
		reachable := w.mined || w.server == w.vendor // else nothing connects the bare name with any pair
		if got := hit(v, "CVE-2024-2000") != nil; got != (w.clientKnown && before4 && reachable) {
			t.Errorf("%s/%s %s by %s: the client's finding is %v (%+v)", v.Vendor, v.Name, v.Version, v.Rule, got, w)
		}
	})
}

// TestServersAreFound says that a server keeps its findings: by its own name anywhere, and by the
// bare name where nothing is a client.
func TestServersAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawTwins(t)
		w.server = rapid.SampledFrom([]string{w.vendor, w.vendor + "_server"}).Draw(t, "server's pair")
		c := catalogOf(t, compiled(t, w.records(t)...))
		title := strings.ReplaceAll(w.server, "_", " ")
		major := rapid.IntRange(w.first, w.last).Draw(t, "major")
		v := c.Verdict(catalog.Component{Kind: "windows", Vendor: w.vendor + " GmbH", Name: title,
			Version: fmt.Sprintf("%d.0.9", major), OSPlatform: "WindowsServer2022"})
		if hit(v, fmt.Sprintf("CVE-2024-1%03d", major)) == nil {
			t.Errorf("%q %s by %s has no finding (%+v)", title, v.Version, v.Rule, w)
		}
	})
}

// compiled is compile for a property.
func compiled(t *rapid.T, records ...intel.Record) catalog.Source {
	b := table.NewBuilder("test")
	for _, r := range records {
		b.Add(r)
	}
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Source{Name: "test", Table: made}
}

// TestPairsOfAPlatform says that a pair is used for an entry of a platform that feeds name for it,
// whatever the versions are.
func TestPairsOfAPlatform(t *testing.T) {
	known := affects("CVE-2024-0001", "acme", "hub", "40")
	known.Affected[0].TargetSW = "windows"
	records := []intel.Record{known}
	for _, below := range []string{"41", "42", "43", "44"} {
		records = append(records, affects("CVE-2024-00"+below, "acme", "hub", below))
	}
	c := build(t, catalog.Config{}, records...)
	if v := c.Verdict(windows("Acme", "Hub", "3.1")); v.Rule != catalog.RulePair || len(v.Hits) != 5 {
		t.Errorf("on Windows: %s, %d hits", v.Rule, len(v.Hits))
	}
	mac := catalog.Component{Kind: "macos", Vendor: "Acme", Name: "Hub.app", Version: "3.1", OSPlatform: "macOS"}
	if v := c.Verdict(mac); v.Rule != catalog.RuleNone {
		t.Errorf("on macOS: %s, %d hits", v.Rule, len(v.Hits))
	}
}

// TestGuessedCPEs says that a CPE with one name for vendor and product needs a version like those
// that feeds name, and that no other CPE does. No curated product begins with xq.
func TestGuessedCPEs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`xq[a-z]{2,6}`).Draw(t, "name")
		vendor := rapid.SampledFrom([]string{name, "acme"}).Draw(t, "vendor")
		major := rapid.IntRange(2, 30).Draw(t, "first number that is named")
		c := catalogOf(t, compiled(t, affects("CVE-2024-0001", vendor, name, fmt.Sprintf("%d.5", major))))
		installed := fmt.Sprintf("%d.1", rapid.IntRange(0, 35).Draw(t, "installed"))
		v := c.Verdict(catalog.Component{Kind: "generic", Name: name, Version: installed,
			CPE: "cpe:2.3:a:" + vendor + ":" + name + ":" + installed + ":*:*:*:*:*:*:*"})
		want := catalog.RuleCPE
		if vendor == name && installed != fmt.Sprintf("%d.1", major) {
			want = catalog.RuleNone
		}
		if v.Rule != want {
			t.Errorf("%s:%s %s where %d.5 is named: %s, want %s", vendor, name, installed, major, v.Rule, want)
		}
	})
}
