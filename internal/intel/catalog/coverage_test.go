package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/table"
)

// builds is a record of the makers of operating systems: a CVE affects versions below a bound.
func builds(cve, vendor, product, below string) intel.Record {
	r := affects(cve, vendor, product, below)
	r.Affected[0].Part = "o"
	return r
}

// library is a package of a language.
func library(purl, version string) catalog.Component {
	return catalog.Component{Kind: "library", PURL: purl, Version: version, OSPlatform: "Linux", OSVersion: "debian_linux_12"}
}

// TestCoverage says for each kind of component when it is assessed, and why not.
func TestCoverage(t *testing.T) {
	c := build(t, catalog.Config{},
		affects("CVE-2024-0001", "acme", "rocket", "9"),
		builds("CVE-2024-0002", "microsoft", "windows_11_23h2", "10.0.22631.4751"),
		builds("CVE-2024-0003", "microsoft", "windows_11_23h2", "10.0.26100.100"), // of another build
		builds("CVE-2024-0004", "apple", "macos", "15.1"),
		advises("Debian:12", "openssl", "DSA-1-1", "", "3", "CVE-2023-0001"),
		advises("AlmaLinux:9", "bash", "ALSA-1", "", "5", "CVE-2023-0001"),
		advises("npm", "left-pad", "GHSA-1", "", "2.0.0", "CVE-2023-0002"),
	)
	for _, test := range []struct {
		what      string
		component catalog.Component
		state     coverage.State
		reason    coverage.Reason
		wants     string
	}{
		{"a product", windows("Acme", "Rocket", "9"), coverage.Assessed, coverage.NoReason, ""},
		{"a product that no record names", windows("Acme", "Sled", "9"), coverage.NotAssessed, coverage.NoProductCode, ""},
		{"no version", windows("Acme", "Rocket", ""), coverage.NotAssessed, coverage.NoVersion, ""},
		{"a word", windows("Acme", "Rocket", "latest"), coverage.NotAssessed, coverage.NoVersion, ""},
		{"Office by Click-to-Run", windows("Microsoft Corporation", "Microsoft 365 Apps for enterprise - en-us", "16.0.17928.20148"),
			coverage.NotAssessed, coverage.NoFixedBuild, ""},
		{"an Office that no public place names", windows("Microsoft Corporation", "Microsoft Office Home and Business 2021 - de-de",
			"16.0.17928.20148"), coverage.NotAssessed, coverage.NoProductCode, ""},
		{"an MSI of Office", windows("Microsoft Corporation", "Microsoft Office Professional Plus 2016", "16.0.4266.1001"),
			coverage.NotAssessed, coverage.NoVersion, ""},
		{"one with the build of an update", windows("Microsoft Corporation", "Microsoft Office Professional Plus 2016", "16.0.5461.1001"),
			coverage.Assessed, coverage.NoReason, ""},
		{"a build", system("Windows11", "10.0.22631.4751"), coverage.Assessed, coverage.NoReason, "msrc"},
		{"an older build", system("Windows11", "10.0.22631.1"), coverage.Assessed, coverage.NoReason, "msrc"},
		{"a build after all of its release", system("Windows11", "10.0.22631.4752"),
			coverage.NotAssessed, coverage.BuildNewer, "cve5"},
		{"a build without a revision", system("Windows11", "10.0.22631"), coverage.NotAssessed, coverage.NoBuildRevision, "msrc"},
		{"revision 0", system("Windows11", "10.0.22631.0"), coverage.NotAssessed, coverage.NoBuildRevision, "msrc"},
		{"a release that no record names", system("Windows11", "10.0.26100.1742"),
			coverage.NotAssessed, coverage.NoProductFeed, "cve5"},
		{"no release", system("Windows11", "10.0.22999.1"), coverage.NotAssessed, coverage.ReleaseUnknown, ""},
		{"a release to come", system("Windows11", "10.0.99999.1"), coverage.NotAssessed, coverage.BuildNewer, ""},
		{"macOS", catalog.Component{Kind: "os", Name: "macOS", Version: "15.0", OSPlatform: "macOS"},
			coverage.Assessed, coverage.NoReason, "sofa"},
		{"a newer macOS", catalog.Component{Kind: "os", Name: "macOS", Version: "26.1", OSPlatform: "macOS"},
			coverage.NotAssessed, coverage.BuildNewer, "cve5"},
		{"a distribution", linux("deb", "bash", "5", "debian_linux_12"), coverage.Assessed, coverage.NoReason, ""},
		{"another release", linux("deb", "bash", "5", "debian_linux_13"),
			coverage.NotAssessed, coverage.NoDistributionFeed, "Debian:13"},
		{"a distribution without release", linux("deb", "bash", "5", "debian_linux"),
			coverage.NotAssessed, coverage.ReleaseUnknown, ""},
		{"no distribution", linux("deb", "bash", "5", ""), coverage.NotAssessed, coverage.ReleaseUnknown, ""},
		{"an unknown distribution", linux("deb", "bash", "5", "hamlet_linux_3"),
			coverage.NotAssessed, coverage.NoDistributionFeed, ""},
		{"a stand-in", linux("rpm", "bash", "5.1", "enterprise_linux_9"), coverage.Partly, coverage.StandIn,
			"Red Hat"},
		{"an rpm without version", linux("rpm", "bash", "", "enterprise_linux_9"),
			coverage.NotAssessed, coverage.NoVersion, ""},
		{"an LTS release", linux("deb", "bash", "5", "ubuntu_linux_24.04"),
			coverage.NotAssessed, coverage.NoDistributionFeed, "Ubuntu:24.04:LTS"},
		{"a release of many names", linux("rpm", "bash", "5", "suse_linux_enterprise_server_15.6"),
			coverage.NotAssessed, coverage.NoDistributionFeed, "SUSE"},
		{"a rolling release", linux("apk", "busybox", "1-r0", "wolfi_linux"),
			coverage.NotAssessed, coverage.NoDistributionFeed, "Wolfi"},
		{"a distribution that no feed has", linux("rpm", "bash", "5", "fedora_linux_41"),
			coverage.NotAssessed, coverage.NoDistributionFeed, "Fedora:41"},
		{"one that only a stand-in judges", linux("rpm", "bash", "5.1", "centos_stream_9"), coverage.Partly,
			coverage.StandIn, ""},
		{"its other release", linux("rpm", "bash", "5.1", "centos_stream_8"), coverage.NotAssessed,
			coverage.NoDistributionFeed, "AlmaLinux:8"},
		{"one whose publisher has its own", linux("rpm", "bash", "5.1", "oracle_linux_9"), coverage.Partly,
			coverage.StandIn, "Oracle Linux:9"},
		{"a package without version", linux("deb", "bash", "", "debian_linux_12"),
			coverage.NotAssessed, coverage.NoVersion, ""},
		{"a library", library("pkg:npm/left-pad@2.0.0", "2.0.0"), coverage.Assessed, coverage.NoReason, ""},
		{"a range", library("pkg:npm/left-pad", "^2.0.0"), coverage.NotAssessed, coverage.NoVersion, ""},
		{"another ecosystem", library("pkg:pypi/django@5", "5"), coverage.NotAssessed, coverage.NoEcosystemFeed, "PyPI"},
		{"an unknown ecosystem", library("pkg:cocoapods/Alamofire@5", "5"), coverage.NotAssessed,
			coverage.NoEcosystemFeed, ""},
	} {
		test.component.OSPlatform, test.component.OSVersion = catalog.PlatformClass(test.component.OSPlatform,
			test.component.OSVersion)
		got := c.Verdict(test.component).Coverage
		if got.State != test.state || got.Reason != test.reason || got.Wants != test.wants ||
			(len(got.Feeds) > 0) != (test.state != coverage.NotAssessed) {
			t.Errorf("%s: %v, %v, wants %q, feeds %q", test.what, got.State, got.Reason, got.Wants, got.Feeds)
		}
	}
}

// TestLinesWithoutRecords: of a product whose records speak of each release line by itself, a line that none of them
// speaks of is not assessed, and one that is newer than all is partly.
func TestLinesWithoutRecords(t *testing.T) {
	var records []intel.Record
	for i := range 4 {
		of2019 := affects(fmt.Sprint("CVE-2024-000", i), "microsoft", "sql_server", fmt.Sprint("15.0.43", i+10))
		of2019.Affected[0].Versions = []intel.Range{{Low: "15.0", High: fmt.Sprint("15.0.21", i+10)},
			{Low: "15.0.4000", High: fmt.Sprint("15.0.43", i+10)}, {Low: "16.0", High: fmt.Sprint("16.0.11", i+10)}}
		records = append(records, of2019, affects(fmt.Sprint("CVE-2024-100", i), "acme", "rocket", fmt.Sprint("15.0.2", i)))
	}
	c := build(t, catalog.Config{}, records...)
	for _, test := range []struct {
		maker, title, version string
		hits                  int
		state                 coverage.State
		reason                coverage.Reason
	}{
		{"Microsoft Corporation", "Microsoft SQL Server 2008 R2 (64-bit)", "10.50.6000.34", 0, coverage.NotAssessed,
			coverage.NoFixedBuild},
		{"Microsoft Corporation", "Microsoft SQL Server 2014 (64-bit)", "12.0.6024.0", 0, coverage.NotAssessed,
			coverage.NoFixedBuild},
		{"Microsoft Corporation", "Microsoft SQL Server 2019 (64-bit)", "15.0.2000.5", 4, coverage.Assessed, coverage.NoReason},
		{"Microsoft Corporation", "Microsoft SQL Server 2022 (64-bit)", "16.0.9000.1", 0, coverage.Assessed, coverage.NoReason},
		{"Microsoft Corporation", "Microsoft SQL Server 2025 (64-bit)", "17.0.1000.7", 0, coverage.Partly, coverage.BuildNewer},
		{"Acme", "Rocket", "14", 4, coverage.Assessed, coverage.NoReason}, // its ranges are open
		{"Acme", "Rocket", "16", 0, coverage.Assessed, coverage.NoReason},
	} {
		v := c.Verdict(windows(test.maker, test.title, test.version))
		if got := v.Coverage; got.State != test.state || got.Reason != test.reason || len(v.Hits) != test.hits {
			t.Errorf("%s %s: %v, %v, %d findings", test.title, test.version, got.State, got.Reason, len(v.Hits))
		}
	}
}

// TestDistributionIsCovered: a Linux distribution is no product, and has an answer without any package.
func TestDistributionIsCovered(t *testing.T) {
	c := build(t, catalog.Config{}, affects("CVE-2024-0001", "acme", "rocket", "9"),
		advises("Photon OS:5.0", "openssl", "PHSA-1", "", "3", "CVE-2023-0001"),
		advises("AlmaLinux:9", "bash", "ALSA-1", "", "5", "CVE-2023-0001"))
	for _, test := range []struct {
		version string
		state   coverage.State
		reason  coverage.Reason
	}{
		{"photon_os_5.0", coverage.Assessed, coverage.NoReason},
		{"photon_os_4.0", coverage.NotAssessed, coverage.NoDistributionFeed},
		{"fedora_linux_40", coverage.NotAssessed, coverage.NoDistributionFeed},
		{"somebodys_linux_1", coverage.NotAssessed, coverage.NoDistributionFeed},
		{"", coverage.NotAssessed, coverage.ReleaseUnknown},
		{"debian_linux", coverage.NotAssessed, coverage.ReleaseUnknown},
		{"enterprise_linux_9.4", coverage.Partly, coverage.StandIn},
	} {
		platform, version := catalog.PlatformClass("Linux", test.version)
		v := c.Verdict(catalog.Component{Kind: "os", Name: "Linux", OSPlatform: platform, OSVersion: version})
		if got := v.Coverage; got.State != test.state || got.Reason != test.reason || v.Product || len(v.Hits) > 0 {
			t.Errorf("%q: %+v, product %t, %d findings; want %v, %v", test.version, got, v.Product, len(v.Hits), test.state,
				test.reason)
		}
	}
}

// TestNothingIsAssessedByNothing: a catalog without feeds assesses nothing and says so.
func TestNothingIsAssessedByNothing(t *testing.T) {
	for _, c := range []*catalog.Catalog{catalog.Empty(), build(t, catalog.Config{})} {
		for _, component := range []catalog.Component{
			windows("Mozilla", "Mozilla Firefox", "130"), system("Windows11", "10.0.22631.1"), library("pkg:npm/a@1", "1"),
			linux("deb", "bash", "5", "debian_linux_12"), linux("rpm", "bash", "5", "enterprise_linux_9"),
		} {
			if got := c.Verdict(component).Coverage; got.State != coverage.NotAssessed || got.Reason == coverage.NoReason {
				t.Errorf("%+v: %+v", component, got)
			}
		}
	}
}

// TestEveryFeedOfItsKindIsAsked: silence of a feed is an answer, too.
func TestEveryFeedOfItsKindIsAsked(t *testing.T) {
	feeds := []catalog.Source{
		compile(t, "nvd", affects("CVE-2024-0001", "acme", "rocket", "9")),
		compile(t, "cvelist", affects("CVE-2024-0002", "acme", "anvil", "9")),
		compile(t, "debian", advises("Debian:12", "bash", "DSA-1-1", "", "5", "CVE-2024-0001")),
		compile(t, "more", advises("Debian:12", "zlib", "DSA-2-1", "", "5", "CVE-2024-0001")),
		compile(t, "kev", intel.Record{Source: "CVE-2024-0001", CVE: &intel.CVE{ID: "CVE-2024-0001"}}),
	}
	c, err := catalog.Merge(catalog.Config{}, feeds)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Verdict(windows("Acme", "Rocket", "9")).Coverage.Feeds; !slices.Equal(got, []string{"cvelist", "nvd"}) {
		t.Errorf("a product was judged by %q", got)
	}
	got := c.Verdict(linux("deb", "dash", "1", "debian_linux_12")).Coverage.Feeds
	if !slices.Equal(got, []string{"debian", "more"}) {
		t.Errorf("a package was judged by %q", got)
	}
}

// compileKind makes a feed of a kind from records.
func compileKind(t testing.TB, kind intel.Kind, name string, records ...intel.Record) catalog.Source {
	t.Helper()
	b := table.NewBuilder(name)
	b.Kind = kind
	for _, r := range records {
		b.Add(r)
	}
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Source{Name: name, Table: made}
}

// TestPartsAreParts: who is judged by a part of a feed is partly assessed, and the catalog says which
// part it is. One whole feed of an ecosystem is enough.
func TestPartsAreParts(t *testing.T) {
	var all []intel.Record
	for i := range 30 {
		all = append(all, advises("Hex", fmt.Sprint("p", i), fmt.Sprint("GHSA-", i), "", "2", "CVE-2023-0002"))
	}
	c, err := catalog.Merge(catalog.Config{}, []catalog.Source{
		compileKind(t, intel.CVE5, "some", affects("CVE-2024-0001", "acme", "rocket", "9")),
		compileKind(t, intel.OSV, "debian", advises("Debian:12", "bash", "DSA-1-1", "", "5", "CVE-2024-0001")),
		compileKind(t, intel.OSV, "hex", all...), compileKind(t, intel.OSV, "half", all[:5]...),
		compileKind(t, intel.KEV, "kev", intel.Record{Source: "CVE-2024-0001", CVE: &intel.CVE{ID: "CVE-2024-0001"}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		component catalog.Component
		want      coverage.Answer
	}{
		{windows("Acme", "Rocket", "9"), coverage.Answer{State: coverage.Partly, Reason: coverage.FeedPart, Wants: "cve5",
			Feeds: []string{"some"}}},
		{linux("deb", "dash", "5", "debian_linux_12"), coverage.Answer{State: coverage.Partly, Reason: coverage.FeedPart,
			Wants: "Debian:12", Feeds: []string{"debian"}}},
		{library("pkg:hex/phoenix@1.0.0", "1.0.0"), coverage.Answer{State: coverage.Assessed, Feeds: []string{"half", "hex"}}},
	} {
		if diff := cmp.Diff(test.want, c.Verdict(test.component).Coverage); diff != "" {
			t.Errorf("%+v: %s", test.component, diff)
		}
	}
	parts := map[string]string{}
	for _, f := range c.Feeds() {
		parts[f.Name] = f.Part
	}
	want := map[string]string{
		"some": "1 of about 360,000 CVE records", "debian": "Debian:12: 1 of about 52,000 advisories of all releases",
		"hex": "", "half": "Hex: 5 of about 45 advisories", "kev": "1 of about 1,400 entries",
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Error(diff)
	}
}
