package catalog_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/support"
)

func date(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// TestFacts says how the sources' facts about a CVE are merged.
func TestFacts(t *testing.T) {
	score := func(version string, base float64, by intel.Authority) intel.Score {
		return intel.Score{Version: version, Base: base, By: by}
	}
	for _, test := range []struct {
		what   string
		facts  []intel.CVE
		score  float64
		scored bool
		level  intel.Exploit
	}{
		{"none", nil, 0, false, intel.NoExploit},
		{"3.1 before 4.0, even of a lesser source", []intel.CVE{{Scores: []intel.Score{
			score("4.0", 9.3, intel.ByNVD), score("3.1", 8.1, intel.ByADP), score("2.0", 10, intel.ByNVD)}}}, 8.1, true, 0},
		{"NVD before the CNA", []intel.CVE{{Scores: []intel.Score{score("3.1", 9.9, intel.ByCNA)}},
			{Scores: []intel.Score{score("3.1", 7.5, intel.ByNVD)}}}, 7.5, true, 0},
		{"the higher of equals", []intel.CVE{{Scores: []intel.Score{score("3.1", 5.5, intel.ByCNA),
			score("3.1", 6.5, intel.ByCNA)}}}, 6.5, true, 0},
		{"a score of zero is one", []intel.CVE{{Scores: []intel.Score{score("3.0", 0, intel.ByCNA)}}}, 0, true, 0},
		{"the greatest exploit", []intel.CVE{{Exploit: intel.ExploitPublic}, {Exploit: intel.ExploitInKit},
			{Exploit: intel.ExploitVerified}}, 0, false, intel.ExploitInKit},
	} {
		records := []intel.Record{affects("CVE-2024-0001", "acme", "rocket", "9")}
		for _, f := range test.facts {
			f.ID = "CVE-2024-0001"
			records = append(records, intel.Record{Source: "facts", CVE: &f})
		}
		v := build(t, catalog.Config{}, records...).Verdict(windows("Acme", "Rocket", "1"))
		if h := v.Hits[0]; h.Score != test.score || h.Scored != test.scored || h.Exploit != test.level {
			t.Errorf("%s: %+v", test.what, h)
		}
	}
}

// TestSeverityInWords says which word counts where no score is known, and that the fingerprint covers it.
func TestSeverityInWords(t *testing.T) {
	const cve = "CVE-2024-0001"
	advisory := func(source string, word intel.Severity) intel.Record {
		return intel.Record{Source: source, Packages: []intel.Package{{CVEs: []string{cve}, Advisory: source,
			Ecosystem: "AlmaLinux:9", Name: "curl", Ranges: []intel.Range{{High: "0:8.0-1.el9"}}, Severity: word}}}
	}
	facts := func(word intel.Severity, scores ...intel.Score) intel.Record {
		return intel.Record{Source: cve, CVE: &intel.CVE{ID: cve, Severity: word, Scores: scores}}
	}
	curl := linux("rpm", "curl", "7.76.1-26.el9", "almalinux_9.4")
	prints := map[[16]byte]string{}
	for _, test := range []struct {
		what    string
		records []intel.Record
		want    intel.Severity
	}{
		{"none", []intel.Record{advisory("ALSA-1", 0)}, intel.SeverityUnknown},
		{"the advisory's", []intel.Record{advisory("ALSA-1", intel.SeverityMedium)}, intel.SeverityMedium},
		{"the advisory's before the CVE's",
			[]intel.Record{advisory("ALSA-1", intel.SeverityLow), facts(intel.SeverityCritical)}, intel.SeverityLow},
		{"the CVE's", []intel.Record{advisory("ALSA-1", 0), facts(intel.SeverityHigh)}, intel.SeverityHigh},
		{"the highest of the CVE's", []intel.Record{advisory("ALSA-1", 0), facts(intel.SeverityNone),
			facts(intel.SeverityCritical), facts(intel.SeverityLow)}, intel.SeverityCritical},
		{"a score beside words", []intel.Record{advisory("ALSA-1", intel.SeverityLow), facts(intel.SeverityLow,
			intel.Score{Version: "3.1", Base: 9.8})}, intel.SeverityUnknown},
	} {
		v := build(t, catalog.Config{}, test.records...).Verdict(curl)
		if len(v.Hits) != 1 || v.Hits[0].Severity != test.want {
			t.Errorf("%s: %+v, want severity %d", test.what, v.Hits, test.want)
		}
		if other, seen := prints[v.Fingerprint]; seen {
			t.Errorf("%q and %q have one fingerprint", test.what, other)
		}
		prints[v.Fingerprint] = test.what
	}
}

func TestHit(t *testing.T) {
	r := affects("CVE-2024-0001", "acme", "rocket", "9")
	r.Affected[0].Fix = intel.Fix{Title: "Rocket 9", ID: "ACME-1", URL: "https://acme.example/1"}
	v := build(t, catalog.Config{}, r).Verdict(windows("Acme", "Rocket", "1"))
	want := []catalog.Hit{{
		CVE: "CVE-2024-0001", Source: "test/CVE-2024-0001",
		Fix: intel.Fix{Title: "Rocket 9", ID: "ACME-1", URL: "https://acme.example/1", Available: true},
	}}
	if diff := cmp.Diff(want, v.Hits); diff != "" {
		t.Error(diff)
	}
}

func TestRejected(t *testing.T) {
	c := build(t, catalog.Config{}, affects("CVE-2024-0001", "acme", "rocket", "9"),
		intel.Record{Source: "later", CVE: &intel.CVE{ID: "CVE-2024-0001", Rejected: true}})
	if v := c.Verdict(windows("Acme", "Rocket", "1")); !v.Product || len(v.Hits) != 0 {
		t.Errorf("product %v, %+v", v.Product, v.Hits)
	}
}

// TestConditions says that a finding only applies if its conditions do.
func TestConditions(t *testing.T) {
	on := func(part, vendor, product string) []intel.Platform {
		return []intel.Platform{{Part: part, Vendor: vendor, Product: product}}
	}
	for _, test := range []struct {
		what     string
		requires [][]intel.Platform
		want     string // the platforms on which it holds: w(indows11), s(erver), m(ac), l(inux), u(buntu)
	}{
		{"anywhere", nil, "wsmlu"},
		{"Windows", [][]intel.Platform{on("o", "microsoft", "windows")}, "ws"},
		{"a release of Windows", [][]intel.Platform{on("o", "microsoft", "windows_server_2019")}, "s"},
		{"Linux", [][]intel.Platform{on("o", "linux", "linux_kernel")}, "lu"},
		{"one of two", [][]intel.Platform{append(on("o", "apple", "macos"), on("o", "canonical", "ubuntu_linux")...)}, "mu"},
		{"both of two", [][]intel.Platform{on("o", "linux", "linux_kernel"), on("o", "canonical", "ubuntu_linux")}, "u"},
		{"telephones", [][]intel.Platform{on("o", "google", "android")}, ""},
		{"another application", [][]intel.Platform{on("a", "acme", "engine")}, ""},
	} {
		r := affects("CVE-2024-0001", "acme", "rocket", "9")
		if len(test.requires) > 0 {
			r.Affected[0].Requires, r.Affected[0].RequiresAlso = test.requires[0], test.requires[1:]
		}
		c := build(t, catalog.Config{}, r, affects("CVE-2024-0002", "acme", "rocket", "0.1"))
		got := ""
		for _, p := range [][3]string{{"w", "Windows11", ""}, {"s", "WindowsServer2019", ""}, {"m", "macOS", ""},
			{"l", "Linux", "enterprise_linux_9"}, {"u", "Linux", "ubuntu_linux_22.04"}, {"?", "", ""}} {
			component := catalog.Component{Kind: "generic", Vendor: "Acme", Name: "Rocket", Version: "1",
				OSPlatform: p[1], OSVersion: p[2]}
			if len(c.Verdict(component).Hits) > 0 {
				got += p[0]
			}
		}
		if test.requires == nil {
			test.want += "?"
		}
		if got != test.want {
			t.Errorf("%s: holds on %q, want %q", test.what, got, test.want)
		}
	}
}

// TestAttached says how statements without a CPE find their product.
func TestAttached(t *testing.T) {
	text := func(cve, vendor, product string) intel.Record {
		r := affects(cve, vendor, product, "9")
		r.Affected[0].Part = ""
		return r
	}
	titles := intel.Record{Source: "titles", Aliases: []intel.Alias{
		{VendorText: "Acme Inc.", ProductText: "Acme Rocket Suite", Part: "a", Vendor: "acme", Product: "rocket"},
		{VendorText: "Acme Inc.", ProductText: "Rocket for iOS", Part: "a", Vendor: "acme",
			Product: "rocket", TargetSW: "iphone_os"},
	}}
	c := build(t, catalog.Config{}, titles, affects("CVE-2024-0001", "acme", "rocket", "0.1"),
		text("CVE-2024-0002", "Acme", "Acme Rocket Suite"), text("CVE-2024-0003", "ACME", "Rocket"),
		text("CVE-2024-0004", "Acme Inc.", "Rocket for iOS"), text("CVE-2024-0005", "n/a", "n/a"),
		text("CVE-2024-0006", "Emca", "Rocket"))
	v := c.Verdict(windows("Acme", "Rocket", "1"))
	if len(v.Hits) != 2 || v.Hits[0].CVE != "CVE-2024-0002" || v.Hits[1].CVE != "CVE-2024-0003" ||
		c.Summary().Unattached != 1 {
		t.Errorf("%+v, %d unattached", v.Hits, c.Summary().Unattached)
	}
}

func TestEnds(t *testing.T) {
	everyCatalog(t, func(t *testing.T, c *catalog.Catalog) {
		debian := linux("deb", "bash", "5.2", "debian_linux_12")
		for _, test := range []struct {
			component              catalog.Component
			versionEnd, productEnd support.End
		}{
			{windows("OpenSSL Software Foundation", "OpenSSL", "3.3.1"),
				support.End{Ended: true, At: date(2026, 4, 9)}, support.End{}},
			{windows("OpenSSL Software Foundation", "OpenSSL", "3.30.1"), support.End{}, support.End{}},
			{windows("Python Software Foundation", "Python 3.12.4 (64-bit)", "3.12.4150.0"),
				support.End{At: date(2028, 10, 31)}, support.End{}},
			// Enterprise and Home end on different days: the end shown has come for both.
			{system("Windows11", "10.0.22621.1"), support.End{Ended: true, At: date(2025, 10, 14)}, support.End{}},
			{system("Windows11", "10.0.22631.1"), support.End{At: date(2026, 11, 10)}, support.End{}},
			{system("WindowsServer2012", "6.2.9200.1"), support.End{Ended: true, At: date(2023, 10, 10)},
				support.End{Ended: true, At: date(2023, 10, 10)}},
			{debian, support.End{Ended: true, At: date(2026, 7, 11)}, support.End{}},
		} {
			v := c.Verdict(test.component)
			if v.VersionEnd != test.versionEnd || v.ProductEnd != test.productEnd {
				t.Errorf("%s %s: %v, %v", test.component.Name, test.component.Version, v.VersionEnd, v.ProductEnd)
			}
		}
	})
}

// TestFingerprint says that it changes with everything shown in a row, and with nothing else.
func TestFingerprint(t *testing.T) {
	base := func() intel.Record {
		r := affects("CVE-2024-0001", "acme", "rocket", "9")
		r.CVE.Published = date(2024, 1, 1)
		return r
	}
	print := func(r intel.Record, more ...intel.Record) [16]byte {
		return build(t, catalog.Config{}, append(more, r)...).Verdict(windows("Acme", "Rocket", "1")).Fingerprint
	}
	seen := map[[16]byte]string{print(base()): "base"}
	for what, change := range map[string]func(*intel.Record){
		"score":     func(r *intel.Record) { r.CVE.Scores = []intel.Score{{Version: "3.1", Base: 5}} },
		"zero":      func(r *intel.Record) { r.CVE.Scores = []intel.Score{{Version: "3.1", Base: 0}} },
		"exploit":   func(r *intel.Record) { r.CVE.Exploit = intel.ExploitPublic },
		"title":     func(r *intel.Record) { r.Affected[0].Fix.Title = "x" },
		"id":        func(r *intel.Record) { r.Affected[0].Fix.ID = "x" },
		"url":       func(r *intel.Record) { r.Affected[0].Fix.URL = "x" },
		"available": func(r *intel.Record) { r.Affected[0].Versions[0].HighIncluded = true },
		"no hit":    func(r *intel.Record) { r.Affected[0].Versions[0].High = "0.1" },
		"end": func(r *intel.Record) {
			r.Lifecycle = &intel.Lifecycle{Product: "rocket", CPEs: [][2]string{{"acme", "rocket"}},
				Cycles: []intel.Cycle{{Name: "1", Ended: true}}}
		},
	} {
		r := base()
		change(&r)
		f := print(r)
		if other, taken := seen[f]; taken {
			t.Errorf("%s gives the fingerprint of %s", what, other)
		}
		seen[f] = what
	}
	scored := intel.Record{Source: "CVE-2024-0001", Likelihood: &intel.Likelihood{Score: .9}}
	if seen[print(base(), scored)] != "base" {
		t.Error("a likelihood changes the fingerprint")
	}
	for what, change := range map[string]func(*intel.Record){
		"source":      func(r *intel.Record) { r.Source = "elsewhere" },
		"publication": func(r *intel.Record) { r.CVE.Published = date(2024, 1, 2) },
		"update":      func(r *intel.Record) { r.CVE.Updated = date(2024, 1, 2) },
		"title":       func(r *intel.Record) { r.CVE.Words.Title = "x" },
		"description": func(r *intel.Record) { r.CVE.Words.Description = "x" },
		"exploits":    func(r *intel.Record) { r.CVE.Words.ExploitURLs = []string{"https://x.example"} },
		"entry":       func(r *intel.Record) { r.CVE.KEV = &intel.Exploited{Added: date(2024, 1, 2), Ransomware: true} },
	} {
		r := base()
		change(&r)
		if seen[print(r, affects("CVE-2024-0002", "acme", "anvil", "9"))] != "base" {
			t.Errorf("%s reaches no row and changes the fingerprint", what)
		}
	}
}

// TestVerdictsAreRemembered asks concurrently for more than the cache holds: all get the same
// answers.
func TestVerdictsAreRemembered(t *testing.T) {
	c := sample(t)
	r := windows("Google LLC", "Google Chrome", "81.0.4044.138")
	if first := c.Verdict(r); c.Verdict(r) != first {
		t.Error("a verdict is made twice")
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 30_000 {
				r := windows("Google LLC", "Google Chrome", fmt.Sprintf("100.0.0.%d", i))
				if v := c.Verdict(r); v.Version != r.Version || len(v.Hits) == 0 {
					t.Errorf("%s: %s, %d hits", r.Version, v.Version, len(v.Hits))
					return
				}
			}
		})
	}
	group.Wait()
}

// TestHostileComponents asks odd questions: answers are quick and negative.
func TestHostileComponents(t *testing.T) {
	c := sample(t)
	long := make([]byte, 10_000)
	for i := range long {
		long[i] = "1.(- "[i%5]
	}
	for _, text := range []string{string(long), "\x00\xff\xfe", "\u200b\u202e", "((((", "{{.}}",
		"cpe:2.3:a:*:*:*:*:*:*:*:*:*:*:*", "pkg:npm/", "pkg:%zz"} {
		for _, r := range []catalog.Component{
			windows(text, text, text), windows("Google LLC", "Google Chrome", text),
			system("Windows11", text), system(text, text),
			linux("rpm", text, text, "enterprise_linux_9"), linux("rpm", "openssl", text, "enterprise_linux_9"),
			linux("deb", text, text, text),
			{Kind: text, Vendor: text, Name: text, Version: text, CPE: text, PURL: text, BundleID: text,
				SourcePackage: text, SourceVersion: text, OSPlatform: text, OSVersion: text},
		} {
			if v := c.Verdict(r); len(v.Hits) > 0 && text != string(long) {
				t.Errorf("%.40q: %+v", text, v.Hits[0])
			}
		}
	}
}
