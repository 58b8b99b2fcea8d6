package catalog_test

import (
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// pairsOnly has some pairs and titles that collide with names of other things.
func pairsOnly(t *testing.T) *catalog.Catalog {
	records := []intel.Record{
		affects("CVE-2024-0001", "bolt", "bolt", "9"),
		affects("CVE-2024-0002", "mattermost", "mattermost_server", "9"),
		affects("CVE-2024-0003", "knplabs", "snappy", "9"),
		affects("CVE-2024-0004", "formidable", "formidable", "9"),
		affects("CVE-2024-0005", "kubernetes", "kubernetes", "99"),
		affects("CVE-2024-0006", "core", "core", "9"),
		affects("CVE-2024-0007", "snowsoftware", "snow_license_manager", "9"),
		affects("CVE-2024-0008", "microsoft", "edge_chromium", "99"),
		affects("CVE-2024-0009", "acme", "rocket", "9"),
	}
	on := func(cve, vendor, product, target string) intel.Record {
		r := affects(cve, vendor, product, "9")
		r.Affected[0].TargetSW = target
		return r
	}
	records = append(records,
		on("CVE-2024-0011", "acme", "forms", "wordpress"),
		on("CVE-2024-0012", "acme", "phone", "iphone_os"),
		on("CVE-2024-0013", "acme", "anvil", "windows"),
	)
	hardware := affects("CVE-2024-0014", "microsoft", "camera", "9999")
	hardware.Affected[0].Part = "h"
	records = append(records, hardware, intel.Record{Source: "titles", Aliases: []intel.Alias{
		{VendorText: "Snow Software", ProductText: "License Manager Enterprise", Part: "a", Vendor: "snowsoftware", Product: "snow_license_manager"},
		{VendorText: "Mattermost", ProductText: "Mattermost", Part: "a", Vendor: "mattermost", Product: "mattermost_server"},
		{VendorText: "Acme", ProductText: "Rocket Launcher", Part: "a", Vendor: "acme", Product: "rocket"},
	}}, intel.Record{Source: "contradiction", Aliases: []intel.Alias{
		{VendorText: "Acme", ProductText: "Rocket Launcher", Part: "a", Vendor: "acme", Product: "anvil"},
	}})
	return build(t, catalog.Config{}, records...)
}

// TestResolve has one case per rule, and the known wrong answers of other tools (matching.md,
// 1.2).
func TestResolve(t *testing.T) {
	c := pairsOnly(t)
	entry := func(kind, vendor, name string) catalog.Component {
		return catalog.Component{Kind: kind, Vendor: vendor, Name: name, Version: "1.0", OSPlatform: "Windows11"}
	}
	with := func(r catalog.Component, set func(*catalog.Component)) catalog.Component { set(&r); return r }
	for _, test := range []struct {
		what      string
		component catalog.Component
		rule      string
		shown     string
		hits      int
	}{
		{"curated title", entry("windows", "Microsoft Corporation", "Microsoft Edge"), catalog.RuleAlias,
			"microsoft/edge_chromium-based 1.0.0.0", 1},
		{"curated identity of a reported CPE", with(entry("generic", "", "edge"), func(r *catalog.Component) {
			r.CPE = "cpe:2.3:a:microsoft:edge_chromium:1.0:*:*:*:*:*:*:*"
		}), catalog.RuleCPE, "microsoft/edge_chromium-based 1.0", 1},
		{"version of a reported CPE", catalog.Component{Kind: "generic", Name: "x",
			CPE: "cpe:2.3:a:acme:rocket:2.0:*:*:*:*:*:*:*"}, catalog.RuleCPE, "acme/rocket 2.0", 1},
		{"bundle id", with(entry("macos", "", "Edge.app"),
			func(r *catalog.Component) { r.BundleID = "com.microsoft.edgemac" }), catalog.RuleBundle,
			"microsoft/edge_chromium-based 1.0", 1},
		{"title beside a CPE", entry("windows", "Snow Software Inc.", "License Manager Enterprise"), catalog.RuleMined,
			"snowsoftware/snow_license_manager 1.0.0.0", 1},
		{"normalised pair", entry("windows", "ACME, Inc.", "Acme Rocket 1.0 (x64)"), catalog.RulePair,
			"acme/rocket 1.0.0.0", 1},
		{"pair of this platform", entry("windows", "Acme", "Anvil"), catalog.RulePair, "acme/anvil 1.0.0.0", 1},
		{"pair of another platform", with(entry("macos", "Acme", "Anvil"),
			func(r *catalog.Component) { r.OSPlatform = "macOS" }), catalog.RulePair, "acme/anvil 1.0", 0},
		{"known to be no product", entry("windows", "Mozilla", "Mozilla Maintenance Service"), catalog.RuleExcluded,
			"mozilla/maintenance_service 1.0.0.0", 0},

		{"as many titles for as against", entry("windows", "Acme", "Rocket Launcher"), catalog.RuleNone,
			"acme/rocket_launcher 1.0.0.0", 0},
		{"pair of WordPress plugins", entry("windows", "Acme", "Forms"), catalog.RuleNone, "acme/forms 1.0.0.0", 0},
		{"pair of telephones", entry("windows", "Acme", "Phone"), catalog.RuleNone, "acme/phone 1.0.0.0", 0},
		{"hardware", entry("windows", "Microsoft Corporation", "Microsoft Camera"), catalog.RuleNone,
			"microsoft/camera 1.0.0.0", 0},
		{"no vendor", entry("windows", "", "Rocket"), catalog.RuleNone, "/rocket 1.0.0.0", 0},
		{"cask of a product", with(entry("brew", "homebrew/cask", "rocket"), func(r *catalog.Component) {
			r.PURL, r.OSPlatform = "pkg:brew/rocket@1.0?type=cask", "macOS"
		}), catalog.RuleNone, "homebrew/cask/rocket 1.0", 0},
		{"another vendor", entry("windows", "Emca", "Rocket"), catalog.RuleNone, "emca/rocket 1.0.0.0", 0},
		{"a CPE that nobody else uses", with(entry("generic", "", "rocket"), func(r *catalog.Component) {
			r.CPE = "cpe:2.3:a:rocket:rocket:1.0:*:*:*:*:*:*:*"
		}), catalog.RuleNone, "/rocket 1.0", 0},
		{"fleet#31082", entry("macos", "Logitech", "Logi Bolt.app"), catalog.RuleNone, "logitech/logi_bolt 1.0", 0},
		{"fleet#40007", entry("macos", "Mattermost, Inc.", "Mattermost.app"), catalog.RuleAlias,
			"mattermost/mattermost_desktop 1.0", 0},
		{"fleet#37111", entry("macos", "", "Mist.app"), catalog.RuleNone, "/mist 1.0", 0},
		{"fleet#15176", entry("macos", "Cisco", "Cisco Umbrella.app"), catalog.RuleNone, "cisco/umbrella 1.0", 0},
		{"wazuh#17182", linux("rpm", "snappy", "1.0-1.el9", "enterprise_linux_9.4"), catalog.RuleNone,
			"red_hat/snappy 1.0-1.el9", 0},
		{"grype#248", with(entry("npm", "", "formidable"), func(r *catalog.Component) {
			r.PURL, r.CPE = "pkg:npm/formidable@1.0", "cpe:2.3:a:formidable:formidable:1.0:*:*:*:*:*:*:*"
		}), catalog.RuleNone, "npm/formidable 1.0", 0},
		{"syft#2005", with(entry("pypi", "", "kubernetes"), func(r *catalog.Component) {
			r.CPE = "cpe:2.3:a:kubernetes:kubernetes:1.0:*:*:*:*:*:*:*"
		}), catalog.RuleNone, "pypi/kubernetes 1.0", 0},
		{"grype#342", entry("java-archive", "", "core"), catalog.RuleNone, "maven/core 1.0", 0},
		{"syft's CPE of a deb", with(linux("deb", "core", "1.0", "debian_linux_12"), func(r *catalog.Component) {
			r.CPE = "cpe:2.3:a:core:core:1.0:*:*:*:*:*:*:*"
		}), catalog.RuleNone, "debian/core_for_linux 1.0", 0},
	} {
		v := c.Verdict(test.component)
		known := test.rule != catalog.RuleNone && test.rule != catalog.RuleExcluded
		if v.Rule != test.rule || identity(v) != test.shown || len(v.Hits) != test.hits || v.Product != known {
			t.Errorf("%s: %s, %s, product %v, %d hits; want %s, %s, %d hits",
				test.what, v.Rule, identity(v), v.Product, len(v.Hits), test.rule, test.shown, test.hits)
		}
	}
}

// TestTitles has what packagers add to names.
func TestTitles(t *testing.T) {
	c := build(t, catalog.Config{}, affects("CVE-2024-0001", "acme", "rocket_pro", "9"))
	for _, name := range []string{
		"Rocket Pro", "ACME Rocket Pro", "Acme Rocket Pro 1.2 (x64)", "Rocket Pro 1.2.0.0", "Rocket Pro v1.2",
		"Rocket Pro (64-bit)", "Rocket Pro (x64 en-US)", "Rocket Pro (User)", "Rocket Pro - en-us", "Rocket® Pro™",
		"Rocket(R) Pro", "Rocket\u00a0Pro", "Ｒｏｃｋｅｔ Pro", "rocket_pro", "Rocket Pro x64",
		"Rocket Pro version 1.2", "Rocket Pro.app", "Rocket Pro (de)", "Rocket Pro - Deutsch", "Rocket Pro for Windows",
		"Rocket 1 Pro",
	} {
		if v := c.Verdict(windows("Acme Corporation, Inc.", name, "1.2")); v.Rule != catalog.RulePair {
			t.Errorf("%q: %s", name, v.Rule)
		}
	}
	for _, name := range []string{
		"Rocket", "Rocket Pro 2", "Rocket Pro (beta)", "Rocket Pro (xy)", "Rocket Professional", "Rocket Pro Community",
		"Rocket Pro Helper", "", "®",
	} {
		if v := c.Verdict(windows("Acme", name, "1.2")); v.Product {
			t.Errorf("%q: %s", name, v.Rule)
		}
	}
}

// TestOverrides says that the operator's table takes precedence, and how a version transform
// changes the compared version.
func TestOverrides(t *testing.T) {
	c := build(t, catalog.Config{Overrides: `
product acme/rocket
	cpe     a:acme:rocket
	vendor  Google
	title   Google Chrome
product acme/snake
	cpe     a:acme:snake
	vendor  Acme
	title   Snake
	version python
product acme/cup
	cpe     a:acme:cup
	vendor  Acme
	title   Cup
	version java
product acme/meeting
	cpe     a:acme:meeting
	vendor  Acme
	title   Meeting
	version zoom
product acme/lemon
	cpe     a:acme:lemon
	vendor  Acme
	title   Lemon
	version citrix
product acme/trio
	cpe     a:acme:trio
	vendor  Acme
	title   Trio
	version parts 3
product acme/tower
	cpe     a:acme:tower
	vendor  Acme
	pattern tower (\d+\.\d+) build \d+
	version title
`},
		affects("CVE-2024-0001", "acme", "rocket", "9"), affects("CVE-2024-0002", "acme", "snake", "3.10.6"),
		affects("CVE-2024-0003", "acme", "cup", "1.8.0_381"), affects("CVE-2024-0004", "acme", "meeting", "5.16.10.25689"),
		affects("CVE-2024-0005", "acme", "lemon", "2309.1"), affects("CVE-2024-0006", "acme", "trio", "8.0.8"),
		affects("CVE-2024-0007", "acme", "tower", "2.5"))
	for _, test := range []struct {
		vendor, name, version string
		hits                  int
	}{
		{"Google LLC", "Google Chrome", "1.0", 1},
		{"Acme", "Snake", "3.10.5150.0", 1},
		{"Acme", "Snake", "3.10.6121.0", 1}, // 3.10.6rc1
		{"Acme", "Snake", "3.10.6150.0", 0},
		{"Acme", "Snake", "3.10.5", 1},
		{"Acme", "Cup", "8.0.3710.9", 1},
		{"Acme", "Cup", "8.0.3810.9", 0},
		{"Acme", "Meeting", "5.16.10 (25688)", 1},
		{"Acme", "Meeting", "5.16.10 (25689)", 0},
		{"Acme", "Lemon", "23.8.1.104", 1},
		{"Acme", "Lemon", "23.9.1.104", 0},
		{"Acme", "Trio", "8.0.7.33916", 1},
		{"Acme", "Trio", "8.0.8.0", 0},
		{"Acme", "Tower 2.4 build 77", "64.1", 1},
		{"Acme", "Tower 2.5 build 77", "1.0", 0},
	} {
		v := c.Verdict(windows(test.vendor, test.name, test.version))
		if v.Rule != catalog.RuleOverride || len(v.Hits) != test.hits {
			t.Errorf("%s %s: %s, %d hits, want %d", test.name, test.version, v.Rule, len(v.Hits), test.hits)
		}
	}
}

// TestEditions says that Firefox ESR is not Firefox (wazuh#12983).
func TestEditions(t *testing.T) {
	esr := affects("CVE-2024-0002", "mozilla", "firefox", "128.3.1")
	esr.Affected[0].SWEdition = "esr"
	c := build(t, catalog.Config{}, affects("CVE-2024-0001", "mozilla", "firefox", "131.0.2"), esr,
		affects("CVE-2024-0003", "mozilla", "firefox_esr", "128.3.1"))
	for _, test := range []struct {
		name, version string
		cves          []string
	}{
		{"Mozilla Firefox (x64 de)", "128.3.0", []string{"CVE-2024-0001"}},
		{"Mozilla Firefox ESR (x64 de)", "128.3.0", []string{"CVE-2024-0002", "CVE-2024-0003"}},
		{"Mozilla Firefox ESR (x64 de)", "128.3.1", nil},
	} {
		v := c.Verdict(windows("Mozilla", test.name, test.version))
		for _, cve := range test.cves {
			if hit(v, cve) == nil {
				t.Errorf("%s %s: no %s", test.name, test.version, cve)
			}
		}
		if len(v.Hits) != len(test.cves) {
			t.Errorf("%s %s: %d hits", test.name, test.version, len(v.Hits))
		}
	}
}

func TestEmpty(t *testing.T) {
	c := catalog.Empty()
	for _, r := range []catalog.Component{
		windows("Google LLC", "Google Chrome", "81.0"), system("Windows11", "10.0.22631.3000"), system("macOS", "15.1"),
		linux("rpm", "kernel", "1", "enterprise_linux_9.4"), {Kind: "npm", Name: "fresh", Version: "1"}, {},
		{Kind: "generic", CPE: "cpe:2.3:a:google:chrome:1:*:*:*:*:*:*:*"},
	} {
		if v := c.Verdict(r); v.Product || v.Hits != nil || v.Rule != catalog.RuleNone {
			t.Errorf("%+v: %+v", r, v)
		}
	}
}
