package catalog_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// targets has words of target_sw and what they mean: "" anything, an operating system, "eco" and
// OSV's name of an ecosystem, or "host".
var targets = []struct{ word, kind, name string }{
	{"", "", ""}, {"windows", "os", "Windows11"}, {"linux", "os", "Linux"}, {"macos", "os", "macOS"},
	{"android", "os", "none"}, {"iphone_os", "os", "none"}, {"aix", "os", "none"}, {"solaris", "os", "none"},
	{"go", "eco", "Go"}, {"golang", "eco", "Go"}, {"maven", "eco", "Maven"}, {"python", "eco", "PyPI"}, {"pypi", "eco", "PyPI"},
	{"node.js", "eco", "npm"}, {"npm", "eco", "npm"}, {"nodejs", "eco", "npm"}, {"ruby", "eco", "RubyGems"},
	{"rust", "eco", "crates.io"}, {"php", "eco", "Packagist"}, {"nuget", "eco", "NuGet"}, {".net", "eco", "NuGet"},
	{"perl", "eco", "CPAN"},
	{"wordpress", "host", "wordpress"}, {"jenkins", "host", "jenkins"}, {"drupal", "host", "drupal"},
	{"kubernetes", "host", "kubernetes"},
}

// TestTargets: a statement whose target_sw is an operating system, an ecosystem or host software holds
// for a component exactly if the component has it. An unknown ecosystem is satisfied by an exact CPE if
// statements name one ecosystem, and by none if they name several.
func TestTargets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var records []intel.Record
		ecosystems := map[string]bool{}
		of := map[string]int{}
		for i := range rapid.IntRange(1, 4).Draw(rt, "statements") {
			at := rapid.IntRange(0, len(targets)-1).Draw(rt, "target")
			r := affects(fmt.Sprintf("CVE-2024-%04d", i), "acme", "rocket", "9")
			r.Affected[0].TargetSW = targets[at].word
			records = append(records, r)
			of[r.Affected[0].CVE] = at
			if targets[at].kind == "eco" {
				ecosystems[targets[at].name] = true
			}
		}
		own := targets[rapid.IntRange(0, len(targets)-1).Draw(rt, "own")]
		platform := rapid.SampledFrom([]string{"Windows11", "Linux", "macOS"}).Draw(rt, "platform")
		word := own.word
		if word == "" {
			word = "*"
		}
		v := build(t, catalog.Config{}, records...).Verdict(catalog.Component{Kind: "generic", Version: "1",
			CPE: "cpe:2.3:a:acme:rocket:1:*:*:*:*:" + word + ":*:*", OSPlatform: platform})
		for cve, at := range of {
			asked := targets[at]
			want := true
			switch asked.kind {
			case "os":
				want = asked.name == platform
			case "host":
				want = own.kind == "host" && own.name == asked.name
			case "eco":
				want = own.kind == "eco" && own.name == asked.name || own.kind != "eco" && len(ecosystems) == 1
			}
			if (hit(v, cve) != nil) != want {
				rt.Fatalf("%s of target %q on %q with target %q: affected %v", cve, asked.word, platform, word, !want)
			}
		}
	})
}

// TestTitlesOfEcosystems: an exact CPE or a curated title is of an ecosystem's product, a name is not.
func TestTitlesOfEcosystems(t *testing.T) {
	r := affects("CVE-2024-0001", "acme", "rocket", "9")
	r.Affected[0].TargetSW = "python"
	plain := affects("CVE-2024-0002", "acme", "rocket", "0.1")
	table := "product acme/rocket\n\tcpe a:acme:rocket\n\tvendor Acme\n\ttitle Rocket\n"
	for _, test := range []struct {
		what      string
		config    catalog.Config
		component catalog.Component
		affected  bool
	}{
		{"a name", catalog.Config{}, windows("Acme", "Rocket", "1"), false},
		{"a curated title", catalog.Config{Overrides: table}, windows("Acme", "Rocket", "1"), true},
		{"its CPE", catalog.Config{}, catalog.Component{Kind: "generic", CPE: "cpe:2.3:a:acme:rocket:1:*:*:*:*:*:*:*"}, true},
	} {
		if got := hit(build(t, test.config, r, plain).Verdict(test.component), "CVE-2024-0001") != nil; got != test.affected {
			t.Errorf("%s: affected %v", test.what, got)
		}
	}
}

// TestEditionsDiffer: an edition that is named and known to differ excludes; an unknown one does not.
func TestEditionsDiffer(t *testing.T) {
	words := []string{"", "enterprise", "community", "esr"}
	rapid.Check(t, func(rt *rapid.T) {
		asked := rapid.SampledFrom(words).Draw(rt, "asked")
		own := rapid.SampledFrom(words).Draw(rt, "own")
		r := affects("CVE-2024-0001", "acme", "rocket", "9")
		r.Affected[0].SWEdition = asked
		word := own
		if word == "" {
			word = "*"
		}
		v := build(t, catalog.Config{}, r).Verdict(catalog.Component{Kind: "generic", Version: "1",
			CPE: "cpe:2.3:a:acme:rocket:1:*:*:*:" + word + ":*:*:*"})
		if want := asked == "" || own == "" || asked == own; (hit(v, "CVE-2024-0001") != nil) != want {
			rt.Fatalf("edition %q of %q: affected %v", asked, own, !want)
		}
	})
}

// TestPlatformIsWeighed: of what sources say about one CVE and product, the most trusted one that names
// platforms decides about them; one that is silent contradicts nobody.
func TestPlatformIsWeighed(t *testing.T) {
	on := map[string]intel.Platform{
		"Windows11": {Part: "o", Vendor: "microsoft", Product: "windows"},
		"macOS":     {Part: "o", Vendor: "apple", Product: "macos"},
		"telephone": {Part: "o", Vendor: "google", Product: "android"},
	}
	rapid.Check(t, func(rt *rapid.T) {
		order := []intel.Authority{intel.ByCNA, intel.ByADP, intel.ByOther, intel.ByNVD}
		var records []intel.Record
		decided := map[string]bool(nil)
		for _, by := range order {
			if !rapid.Bool().Draw(rt, "speaks") {
				continue
			}
			r := affects("CVE-2024-0001", "acme", "rocket", "9")
			r.Affected[0].By = by
			named := map[string]bool{}
			for _, p := range rapid.SliceOfN(rapid.SampledFrom([]string{"Windows11", "macOS", "telephone"}), 0, 2).Draw(rt, "platforms") {
				named[p] = true
				r.Affected[0].Requires = append(r.Affected[0].Requires, on[p])
			}
			if len(named) > 0 && decided == nil {
				decided = named
			}
			records = append(records, r)
		}
		if len(records) == 0 {
			return
		}
		c := build(t, catalog.Config{}, append(records, affects("CVE-2024-0002", "acme", "rocket", "0.1"))...)
		for _, platform := range []string{"Windows11", "macOS", "Linux"} {
			v := c.Verdict(catalog.Component{Kind: "generic", Version: "1", CPE: "cpe:2.3:a:acme:rocket:1:*:*:*:*:*:*:*",
				OSPlatform: platform})
			if want := decided == nil || decided[platform]; (hit(v, "CVE-2024-0001") != nil) != want {
				rt.Fatalf("on %s: affected %v, want %v", platform, !want, want)
			}
		}
	})
}
