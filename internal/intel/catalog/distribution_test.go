package catalog_test

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// advises is an advisory on one package.
func advises(ecosystem, name, advisory, title, fixed string, cves ...string) intel.Record {
	return intel.Record{Source: advisory, Packages: []intel.Package{{
		CVEs: cves, Advisory: advisory, Ecosystem: ecosystem, Name: name,
		Ranges: []intel.Range{{High: fixed}},
		Fix:    intel.Fix{ID: advisory, Title: title, Available: true},
	}}}
}

func TestDistributionPackages(t *testing.T) {
	c := build(t, catalog.Config{},
		advises("Debian:12", "openssl", "DSA-1-1", "", "3.0.11-1~deb12u2", "CVE-2023-0001"),
		advises("Ubuntu:22.04:LTS", "openssl", "USN-1-1", "", "3.0.2-0ubuntu1.12", "CVE-2023-0001"),
		advises("Ubuntu:Pro:18.04:LTS", "openssl", "USN-2-1", "", "9", "CVE-2023-0001"),
		advises("Alpine:v3.20", "openssl", "CVE-2023-0001", "", "3.3.1-r1", "CVE-2023-0001"),
		advises("AlmaLinux:9", "openssl-libs", "ALSA-1", "", "1:3.0.7-2.el9", "CVE-2023-0001"),
		advises("AlmaLinux:9", "grub2", "ALSA-2", "", "1:2.06-70.el9_3.2.alma.1", "CVE-2023-0002"),
		advises("AlmaLinux:9", "java", "ALSA-3", "", "1:17-1.el8", "CVE-2023-0003"),
		advises("Rocky Linux:8", "bash", "RLSA-1", "", "0:4.4-2.el8", "CVE-2023-0001"),
		advises("AlmaLinux:8", "bash", "ALSA-4", "", "0:4.4-9.el8", "CVE-2023-0001"),
		affects("CVE-2023-0009", "openssl", "openssl", "99"),
	)
	source := func(r catalog.Component, name, version string) catalog.Component {
		r.SourcePackage, r.SourceVersion = name, version
		return r
	}
	for _, test := range []struct {
		what      string
		component catalog.Component
		shown     string
		product   bool
		update    string // of the only hit; empty: no hit
	}{
		{"by source", source(linux("deb", "libssl3", "3.0.11-1~deb12u1", "debian_linux_12"), "openssl", "3.0.11-1~deb12u1"),
			"debian/libssl3_for_linux 3.0.11-1~deb12u1", true, "DSA-1-1"},
		{"fixed", source(linux("deb", "libssl3", "3.0.11-1~deb12u2", "debian_linux_12"), "openssl", "3.0.11-1~deb12u2"),
			"debian/libssl3_for_linux 3.0.11-1~deb12u2", true, ""},
		{"a rebuild is not an update", source(linux("deb", "openssl", "3.0.11-1~deb12u2+b1", "debian_linux_12"), "openssl",
			""),
			"debian/openssl_for_linux 3.0.11-1~deb12u2+b1", true, ""},
		{"another release", source(linux("deb", "libssl3", "1", "debian_linux_11"), "openssl", "1"),
			"debian/libssl3_for_linux 1", false, ""},
		{"not an advised package", linux("deb", "bash", "1", "debian_linux_12"), "debian/bash_for_linux 1", true, ""},
		{"Ubuntu LTS", linux("deb", "openssl", "3.0.2-0ubuntu1.10", "ubuntu_linux_22.04"),
			"ubuntu/openssl_for_linux 3.0.2-0ubuntu1.10", true, "USN-1-1"},
		{"fixed in Ubuntu Pro only", linux("deb", "openssl", "1", "ubuntu_linux_18.04"),
			"ubuntu/openssl_for_linux 1", true, "USN-2-1"},
		{"Alpine", source(linux("apk", "libssl3", "3.3.1-r0", "alpine_linux_3.20"), "openssl", "3.3.1-r0"),
			"alpine/libssl3 3.3.1-r0", true, "CVE-2023-0001"},
		{"stand-in, with epoch", linux("rpm", "openssl-libs", "1:3.0.7-1.el9", "enterprise_linux_9.4"),
			"red_hat/openssl-libs 1:3.0.7-1.el9", true, "ALSA-1"},
		{"stand-in, without epoch", linux("rpm", "openssl-libs", "3.0.7-2.el9", "enterprise_linux_9.4"),
			"red_hat/openssl-libs 3.0.7-2.el9", true, "ALSA-1"},
		{"rebuilt by the stand-in", linux("rpm", "grub2", "1:2.06-70.el9_3.2", "enterprise_linux_9.4"),
			"red_hat/grub2 1:2.06-70.el9_3.2", true, ""},
		{"older than that", linux("rpm", "grub2", "1:2.06-70.el9_3.1", "enterprise_linux_9.4"),
			"red_hat/grub2 1:2.06-70.el9_3.1", true, "ALSA-2"},
		{"its own", linux("rpm", "grub2", "1:2.06-70.el9_3.2", "almalinux_9.4"),
			"almalinux/grub2 1:2.06-70.el9_3.2", true, "ALSA-2"},
		{"versions of another release", linux("rpm", "java", "1:16-1.el9", "almalinux_9.4"),
			"almalinux/java 1:16-1.el9", true, ""},
		{"its own feed before the stand-in", linux("rpm", "bash", "0:4.4-3.el8", "rocky_linux_8.9"),
			"rocky/bash 0:4.4-3.el8", true, ""},
		{"Oracle", linux("rpm", "bash", "0:4.4-3.el8", "oracle_linux_8.9"), "oracle/bash 0:4.4-3.el8", true, "ALSA-4"},
		{"no feed", linux("rpm", "bash", "4.4", "fedora_linux_41"), "fedora/bash 4.4", false, ""},
		{"by package URL alone", catalog.Component{Kind: "rpm", Name: "bash", Version: "0:4.4-3.el8",
			PURL: "pkg:rpm/redhat/bash@4.4-3.el8?arch=x86_64&distro=rhel-8.9"},
			"red_hat/bash 0:4.4-3.el8", true, "ALSA-4"},
		{"by the code name in the package URL", catalog.Component{Kind: "deb", Name: "openssl", Version: "3.0.11-1~deb12u1",
			PURL: "pkg:deb/debian/openssl@3.0.11-1~deb12u1?arch=amd64&distro=bookworm"},
			"debian/openssl_for_linux 3.0.11-1~deb12u1", true, "DSA-1-1"},
		{"a range for a version", linux("deb", "openssl", ">=3.0", "debian_linux_12"), "debian/openssl_for_linux >=3.0", true, ""},
		{"no distribution", catalog.Component{Kind: "rpm", Vendor: "Red Hat, Inc.", Name: "bash", Version: "1"},
			"red_hat/bash 1", false, ""},
		{"no version", linux("rpm", "bash", "", "oracle_linux_8"), "oracle/bash ", true, ""},
		{"not a version", linux("rpm", "bash", "UNKNOWN", "oracle_linux_8"), "oracle/bash UNKNOWN", true, ""},
	} {
		test.component.OSPlatform, test.component.OSVersion = catalog.PlatformClass(test.component.OSPlatform,
			test.component.OSVersion)
		v := c.Verdict(test.component)
		got := ""
		if len(v.Hits) > 0 {
			got = v.Hits[0].Fix.ID
		}
		if identity(v) != test.shown || v.Product != test.product || got != test.update || len(v.Hits) > 1 {
			t.Errorf("%s: %s, product %v, %q of %d", test.what, identity(v), v.Product, got, len(v.Hits))
		}
	}
}

// TestModuleStreams says that a package is compared with advisories for its own stream, whatever
// build number the module has.
func TestModuleStreams(t *testing.T) {
	c := build(t, catalog.Config{},
		advises("AlmaLinux:8", "nodejs", "ALSA-16", "Moderate: nodejs:16 security update",
			"1:16.18.1-4.module_el8.7.0+3370+b3ce6e68", "CVE-2023-0016"),
		advises("AlmaLinux:8", "nodejs", "ALSA-18", "Moderate: nodejs:18 security update",
			"1:18.14.2-2.module_el8.7.0+3370+b3ce6e68", "CVE-2023-0018"),
		advises("AlmaLinux:8", "nodejs", "ALSA-0", "Moderate: nodejs security update", "1:20.0.0-1.el8", "CVE-2023-0000"),
		advises("AlmaLinux:8", "podman", "ALSA-P", "container-tools:rhel8 bug fix update",
			"2:4.4.1-1.module_el8.8.0+1+aa", "CVE-2023-0044"),
		advises("AlmaLinux:8", "podman", "ALSA-Q", "container-tools bug fix update",
			"2:4.4.1-1.module_el8.8.0+1+aa", "CVE-2023-0045"),
	)
	for _, test := range []struct {
		name, version, purl string
		cves                int
		cve                 string
	}{
		{"nodejs", "1:16.18.1-3.module+el8.7.0+17465+1a1abd74", "", 1, "CVE-2023-0016"},
		{"nodejs", "1:16.18.1-4.module+el8.6.0+11111+ffffffff", "", 0, ""},
		{"nodejs", "1:18.14.2-1.module+el8.7.0+17465+1a1abd74", "", 1, "CVE-2023-0018"},
		{"nodejs", "1:14.0.0-1.module+el8.7.0+17465+1a1abd74", "", 0, ""},
		{"nodejs", "1:10.0.0-1.el8", "", 1, "CVE-2023-0000"},
		{"podman", "2:4.0.2-1.module+el8.6.0+1+aa", "", 0, ""},
		{"podman", "2:4.0.2-1.module+el8.6.0+1+aa",
			"pkg:rpm/redhat/podman@4.0.2?rpmmod=container-tools:rhel8:8080020230718", 1, "CVE-2023-0044"},
		{"podman", "2:4.0.2-1.module+el8.6.0+1+aa",
			"pkg:rpm/redhat/podman@4.0.2?rpmmod=container-tools:4.0:8080020230718", 0, ""},
	} {
		r := linux("rpm", test.name, test.version, "enterprise_linux_8")
		r.PURL = test.purl
		v := c.Verdict(r)
		if len(v.Hits) != test.cves || test.cve != "" && hit(v, test.cve) == nil {
			t.Errorf("%s %s %s: %+v", test.name, test.version, test.purl, v.Hits)
		}
	}
}

func TestLanguagePackages(t *testing.T) {
	c := build(t, catalog.Config{},
		advises("Go", "golang.org/x/net", "GO-1", "", "0.23.0", "CVE-2023-0001"),
		advises("Go", "stdlib", "GO-2", "", "1.22.2", "CVE-2023-0002"),
		advises("PyPI", "my-pkg", "PYSEC-1", "", "2.0", "CVE-2023-0003"),
		advises("npm", "@babel/core", "GHSA-1", "", "7.0.0", "CVE-2023-0004"),
		advises("Maven", "org.acme:rocket", "GHSA-2", "", "1.5", "CVE-2023-0005"),
		advises("Unknown Ecosystem", "x", "X-1", "", "1", "CVE-2023-0006"),
		advises("Go", "example.org/m/v2", "GO-3", "", "2.0.1", "CVE-2023-0008"),
		intel.Record{Source: "GHSA-3", Packages: []intel.Package{{
			CVEs: []string{"CVE-2023-0007"}, Advisory: "GHSA-3", Ecosystem: "npm", Name: "listed",
			Versions: []string{"1.0.1", "1.0.3"},
		}}},
	)
	for _, test := range []struct {
		component catalog.Component
		shown     string
		cve       string
	}{
		{catalog.Component{Kind: "go", Name: "golang.org/x/net", Version: "v0.22.0"},
			"golang/golang.org/x/net v0.22.0", "CVE-2023-0001"},
		{catalog.Component{Kind: "go", Name: "golang.org/x/net", Version: "v0.23.0"}, "golang/golang.org/x/net v0.23.0", ""},
		{catalog.Component{Kind: "golang", Name: "stdlib", Version: "go1.22.1"}, "golang/stdlib go1.22.1", "CVE-2023-0002"},
		{catalog.Component{Kind: "generic", Name: "net", PURL: "pkg:golang/golang.org/x/net@v0.22.0", Version: "v0.22.0"},
			"golang/golang.org/x/net v0.22.0", "CVE-2023-0001"},
		{catalog.Component{Kind: "pypi", Name: "My_Pkg", Version: "2.0rc1"}, "pypi/my_pkg 2.0rc1", "CVE-2023-0003"},
		{catalog.Component{Kind: "npm", Name: "core", PURL: "pkg:npm/%40babel/core@6.9.0", Version: "6.9.0"},
			"npm/@babel/core 6.9.0", "CVE-2023-0004"},
		{catalog.Component{Kind: "maven", Vendor: "org.acme", Name: "rocket", Version: "1.4"},
			"maven/org.acme:rocket 1.4", "CVE-2023-0005"},
		{catalog.Component{Kind: "maven", Name: "rocket", Version: "1.4"}, "maven/rocket 1.4", ""},
		{catalog.Component{Kind: "npm", Name: "listed", Version: "1.0.3"}, "npm/listed 1.0.3", "CVE-2023-0007"},
		{catalog.Component{Kind: "npm", Name: "listed", Version: "1.0.2"}, "npm/listed 1.0.2", ""},
		{catalog.Component{Kind: "npm", Name: "core", PURL: "pkg:npm/babel/%40babel%2Fcore@6.9.0", Version: "6.9.0"},
			"npm/@babel/core 6.9.0", "CVE-2023-0004"},
		{catalog.Component{Kind: "npm", Name: "@babel/core", Version: "^6.9.0"}, "npm/@babel/core ^6.9.0", ""},
		{catalog.Component{Kind: "npm", Name: "core", PURL: "pkg:npm/%40babel/core@%5E6.9.0", Version: "6.9.0"},
			"npm/@babel/core 6.9.0", "CVE-2023-0004"},
		{catalog.Component{Kind: "golang", Name: "stdlib", Version: "go1.22.2 X:noop"}, "golang/stdlib go1.22.2 X:noop", ""},
		{catalog.Component{Kind: "go", Name: "vault", PURL: "pkg:golang/golang.org/x/net@v0.22.0#http2", Version: "v0.22.0"},
			"golang/golang.org/x/net/http2 v0.22.0", ""},
		{catalog.Component{Kind: "go", Name: "m", PURL: "pkg:golang/example.org/m@v2.0.0", Version: "v2.0.0"},
			"golang/example.org/m v2.0.0", "CVE-2023-0008"},
		{catalog.Component{Kind: "go", Name: "m", PURL: "pkg:golang/example.org/m@v1.0.0#v2", Version: "v2.0.0"},
			"golang/example.org/m/v2 v2.0.0", "CVE-2023-0008"},
	} {
		v := c.Verdict(test.component)
		if identity(v) != test.shown || v.Rule != catalog.RulePURL || (test.cve == "") != (len(v.Hits) == 0) ||
			test.cve != "" && hit(v, test.cve) == nil {
			t.Errorf("%+v: %s %s %+v", test.component, v.Rule, identity(v), v.Hits)
		}
	}
}

func TestPlatformClass(t *testing.T) {
	for _, test := range [][4]string{
		{"Windows11", "10.0.22631.4751", "Windows11", ""},
		{"macOS", "15.1", "macOS", ""},
		{"Linux", "enterprise_linux_9.4", "Linux", "enterprise_linux_9"},
		{"Linux", "almalinux_8.10", "Linux", "almalinux_8"},
		{"Linux", "ubuntu_linux_22.04", "Linux", "ubuntu_linux_22.04"},
		{"Linux", "debian_linux_12", "Linux", "debian_linux_12"},
		{"Linux", "alpine_linux_3.20", "Linux", "alpine_linux_3.20"},
		{"Linux", "wolfi_linux_20230201", "Linux", "wolfi_linux"},
		{"Linux", "opensuse_tumbleweed_20241120", "Linux", "opensuse_tumbleweed"},
		{"Linux", "centos_linux_9", "Linux", "centos_stream_9"},
		{"Linux", "suse_linux_enterprise_server_15.6", "Linux", "suse_linux_enterprise_server_15.6"},
		{"Linux", "something else", "Linux", "something else"},
		{"", "", "", ""},
	} {
		if platform, version := catalog.PlatformClass(test[0], test[1]); platform != test[2] || version != test[3] {
			t.Errorf("%q %q: %q %q", test[0], test[1], platform, version)
		}
	}
}

// TestRangesOfPackagesAreUnited: no branches are looked for among the ranges of an advisory on a
// package, and a version that is only listed is affected, too, of a distribution as well.
func TestRangesOfPackagesAreUnited(t *testing.T) {
	record := func(ecosystem string, ranges []intel.Range, versions ...string) intel.Record {
		return intel.Record{Source: "A-1", Packages: []intel.Package{{
			CVEs: []string{"CVE-2099-0001"}, Advisory: "A-1", Ecosystem: ecosystem, Name: "p", Ranges: ranges, Versions: versions,
		}}}
	}
	c := build(t, catalog.Config{},
		record("PyPI", []intel.Range{{High: "13.6"}, {High: "14"}}),
		record("Debian:12", []intel.Range{{High: "1-1"}}, "3-1"))
	for _, test := range []struct {
		component catalog.Component
		hits      int
	}{
		{catalog.Component{Kind: "pypi", Name: "p", Version: "13.7"}, 1},
		{catalog.Component{Kind: "pypi", Name: "p", Version: "14"}, 0},
		{linux("deb", "p", "0-1", "debian_linux_12"), 1},
		{linux("deb", "p", "2-1", "debian_linux_12"), 0},
		{linux("deb", "p", "3-1", "debian_linux_12"), 1},
	} {
		if v := c.Verdict(test.component); len(v.Hits) != test.hits {
			t.Errorf("%+v: %+v", test.component, v.Hits)
		}
	}
}

// TestSubscriptions: what is fixed for subscribers only is a finding below that version and none from
// it on, whatever else a release's own channel fixes, and the update names the subscription.
func TestSubscriptions(t *testing.T) {
	const pro = "CVE-2099-0001 Ubuntu Pro: netty 1:4.1.48-4ubuntu0.1~esm2"
	c := build(t, catalog.Config{},
		advises("Ubuntu:Pro:22.04:LTS", "netty", "UBUNTU-CVE-2099-0001", "Ubuntu Pro: netty 1:4.1.48-4ubuntu0.1~esm2",
			"1:4.1.48-4ubuntu0.1~esm2", "CVE-2099-0001"),
		advises("Ubuntu:22.04:LTS", "netty", "USN-1-1", "", "1:4.1.48-4ubuntu0.1", "CVE-2099-0002"),
		advises("Ubuntu:Pro:FIPS:22.04:LTS", "netty", "USN-2-1", "", "2:1", "CVE-2099-0003"),
		advises("SUSE:Linux Enterprise Server 15 SP4-LTSS", "bash", "SUSE-SU-1", "SUSE LTSS: bash", "5-2", "CVE-2099-0004"),
	)
	for _, test := range []struct {
		component catalog.Component
		want      string
	}{
		{linux("deb", "netty", "1:4.1.48-4", "ubuntu_linux_22.04"), pro + "|CVE-2099-0002 "},
		{linux("deb", "netty", "1:4.1.48-4ubuntu0.1~esm1", "ubuntu_linux_22.04"), pro + "|CVE-2099-0002 "},
		{linux("deb", "netty", "1:4.1.48-4ubuntu0.1~esm2", "ubuntu_linux_22.04"), "CVE-2099-0002 "},
		{linux("deb", "netty", "1:4.1.48-4ubuntu0.1", "ubuntu_linux_22.04"), ""},
		{linux("rpm", "bash", "5-1", "suse_linux_enterprise_server_15.4"), "CVE-2099-0004 SUSE LTSS: bash"},
		{linux("rpm", "bash", "5-2", "suse_linux_enterprise_server_15.4"), ""},
		{linux("rpm", "bash", "5-1", "suse_linux_enterprise_server_15.5"), ""},
	} {
		var got []string
		for _, h := range c.Verdict(test.component).Hits {
			got = append(got, h.CVE+" "+h.Fix.Title)
		}
		if text := strings.Join(got, "|"); text != test.want {
			t.Errorf("%s: %q, want %q", test.component.Version, text, test.want)
		}
	}
}
