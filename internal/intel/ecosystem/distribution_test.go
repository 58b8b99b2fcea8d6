package ecosystem_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/ecosystem"
)

// known are names of ecosystems as osv.dev publishes them.
var known = func() []string {
	names := []string{
		"AlmaLinux:10", "AlmaLinux:8", "AlmaLinux:9", "Alpaquita:23", "Alpaquita:stream", "Alpine:v3.2", "Alpine:v3.20",
		"Azure Linux:2", "Azure Linux:3", "BellSoft Hardened Containers:23", "Chainguard", "Debian:1", "Debian:12",
		"Echo", "Mageia:9", "MinimOS", "Photon OS:5.0", "Red Hat:enterprise_linux:10.0", "Red Hat:enterprise_linux:10.1",
		"Red Hat:enterprise_linux:9::appstream", "Red Hat:enterprise_linux:9::baseos", "Red Hat:rhel_eus:9.4::baseos",
		"Rocky Linux:8", "Rocky Linux:9",
		"SUSE:Linux Enterprise Desktop 15 SP6", "SUSE:Linux Enterprise Micro 5.5",
		"SUSE:Linux Enterprise Module for Basesystem 15 SP6", "SUSE:Linux Enterprise Module for Basesystem 15 SP7",
		"SUSE:Linux Enterprise Module for Containers 12", "SUSE:Linux Enterprise Server 12 SP5",
		"SUSE:Linux Enterprise Server 15 SP4-LTSS", "SUSE:Linux Enterprise Server 15 SP6",
		"SUSE:Linux Enterprise Server 16.0", "SUSE:Linux Enterprise Server LTSS Extended Security 12 SP5",
		"SUSE:Linux Enterprise Server for SAP Applications 15 SP6", "SUSE:Linux Micro 6.0",
		"Ubuntu:22.04:LTS", "Ubuntu:23.10", "Ubuntu:Pro:22.04:LTS", "Ubuntu:Pro:FIPS:22.04:LTS", "Wolfi", "npm",
		"openEuler:24.03-LTS", "openEuler:24.03-LTS-SP1", "openSUSE:Leap 15.6", "openSUSE:Leap Micro 6.0",
		"openSUSE:Tumbleweed",
	}
	slices.Sort(names)
	return names
}()

const enterprise15SP6 = "SUSE:Linux Enterprise Desktop 15 SP6|SUSE:Linux Enterprise Module for Basesystem 15 SP6|" +
	"SUSE:Linux Enterprise Server 15 SP6|SUSE:Linux Enterprise Server for SAP Applications 15 SP6"

func TestSelect(t *testing.T) {
	for _, test := range []struct {
		id, release, installed string
		want                   string // a paid one in brackets, one that stands in after a question mark
	}{
		{"debian", "12", "", "Debian:12"},
		{"debian", "12.11", "", "Debian:12"},
		{"debian", "", "", ""},
		{"ubuntu", "22.04", "", "Ubuntu:22.04:LTS|(Ubuntu:Pro:22.04:LTS)"},
		{"ubuntu", "23.10", "", "Ubuntu:23.10"},
		{"alpine", "3.20", "", "Alpine:v3.20"},
		{"wolfi", "20230201", "", "Wolfi"},
		{"chainguard", "20230214", "", "Chainguard"},
		{"minimos", "", "", "MinimOS"},
		{"echo", "1", "", "Echo"},
		{"mageia", "9", "", "Mageia:9"},
		{"alpaquita", "23", "", "Alpaquita:23"},
		{"alpaquita", "stream", "", "Alpaquita:stream"},
		{"rhel", "9.4", "", "Red Hat:enterprise_linux:9::appstream|Red Hat:enterprise_linux:9::baseos"},
		{"rhel", "10.1", "", "Red Hat:enterprise_linux:10.0|Red Hat:enterprise_linux:10.1"},
		{"rhel", "8.10", "", "?AlmaLinux:8"},
		{"rocky", "9.4", "", "Rocky Linux:9"},
		{"rocky", "10.0", "", "?AlmaLinux:10"},
		{"ol", "9.4", "", "?AlmaLinux:9"},
		{"centos-stream", "9", "", "?AlmaLinux:9"},
		{"azurelinux", "3.0.20240727", "", "Azure Linux:3"},
		{"mariner", "2.0", "", "Azure Linux:2"},
		{"photon", "5.0", "", "Photon OS:5.0"},
		{"openeuler", "24.03", "1:3.0.12-5.oe2403", "openEuler:24.03-LTS"},
		{"openeuler", "24.03", "1:3.0.12-5.oe2403sp1", "openEuler:24.03-LTS-SP1"},
		{"openeuler", "24.03-lts-sp1", "1:3.0.12-5.oe2403sp1", "openEuler:24.03-LTS-SP1"},
		{"openeuler", "22.03", "1:3.0.12-5.oe2203", ""},
		{"opensuse-leap", "15.6", "", "openSUSE:Leap 15.6"},
		{"opensuse-leap-micro", "6.0", "", "openSUSE:Leap Micro 6.0"},
		{"opensuse-tumbleweed", "20241120", "", "openSUSE:Tumbleweed"},
		{"sles", "15.6", "", enterprise15SP6},
		{"sles_sap", "15.6", "", enterprise15SP6},
		{"sled", "15.6", "", enterprise15SP6},
		{"sle_hpc", "15.6", "", enterprise15SP6},
		{"sles", "15.4", "", "(SUSE:Linux Enterprise Server 15 SP4-LTSS)"},
		{"sles", "12.5", "", "SUSE:Linux Enterprise Server 12 SP5|" +
			"SUSE:Linux Enterprise Server LTSS Extended Security 12 SP5|SUSE:Linux Enterprise Module for Containers 12"},
		{"sles", "5.7", "", ""},
		{"sles", "", "", ""},
		{"sles", "16.0", "", "SUSE:Linux Enterprise Server 16.0"},
		{"sle-micro", "5.5", "", "SUSE:Linux Enterprise Micro 5.5"},
		{"sle-micro", "6.0", "", "SUSE:Linux Micro 6.0"},
		{"fedora", "41", "", ""},
		{"amzn", "2023", "", ""},
		{"unheard", "1", "", ""},
	} {
		d := ecosystem.DistributionOf(test.id)
		var got []string
		for _, c := range d.Select(known, test.release, test.installed) {
			name := c.Full
			if c.Paid {
				name = "(" + name + ")"
			}
			if c.StandsIn {
				name = "?" + name
			}
			got = append(got, name)
		}
		if text := strings.Join(got, "|"); text != test.want {
			t.Errorf("%s %s %s: %q, want %q", test.id, test.release, test.installed, text, test.want)
		}
	}
}

// TestSelectIsOfTheRelease: an ecosystem whose name has a release is selected for that release
// only, whatever text a device reports for its release.
func TestSelectIsOfTheRelease(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(ecosystem.Distributions()).Draw(t, "distribution")
		part := rapid.SampledFrom([]string{"1", "2", "3", "9", "12", "15", "20", "22", "04", "6", "*", "{major}", "", "LTS"})
		release := strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "release"), rapid.SampledFrom([]string{".", ":", "-", " "}).Draw(t, "separator"))
		for _, c := range d.Select(known, release, "1-1") {
			first, _, _ := strings.Cut(release, ".")
			if d.Counts != ecosystem.Rolling && (first == "" || !strings.Contains(c.Full, first)) {
				t.Fatalf("%s %q is judged by %q", d.ID, release, c.Full)
			}
			if d.Counts == ecosystem.Rolling && c.Full != c.Name && c.Full != "openSUSE:Tumbleweed" {
				t.Fatalf("%s rolls and is judged by %q", d.ID, c.Full)
			}
		}
		if got := d.Class(d.Class(release)); got != d.Class(release) {
			t.Fatalf("the class of %q is %q and then %q", release, d.Class(release), got)
		}
	})
}

func TestDistributions(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range ecosystem.Distributions() {
		if seen[d.ID] {
			t.Errorf("%q is there twice", d.ID)
		}
		seen[d.ID] = true
		for _, channel := range slices.Concat(d.Channels, d.Paid, d.Instead) {
			e, ok := ecosystem.Of(channel)
			if !ok && !strings.HasPrefix(channel, "CBL-Mariner:") || ok && e.Kind != ecosystem.Linux {
				t.Errorf("%q is judged by %q, which is no ecosystem of Linux", d.ID, channel)
			}
		}
	}
}

// TestSubscription: the fixes of paid channels need a subscription, and no others.
func TestSubscription(t *testing.T) {
	placeholders := strings.NewReplacer("{pack}", "15 SP4", "{release}", "22.04", "*", "Server", "{major}", "9", "{line}", "12")
	for _, d := range ecosystem.Distributions() {
		for _, channel := range d.Paid {
			if ecosystem.Subscription(placeholders.Replace(channel)) == "" {
				t.Errorf("%q needs no subscription", channel)
			}
		}
		for _, channel := range d.Channels {
			if got := ecosystem.Subscription(placeholders.Replace(channel)); got != "" {
				t.Errorf("%q needs %s", channel, got)
			}
		}
	}
}

func TestAdvised(t *testing.T) {
	for _, test := range []struct {
		ecosystem string
		installed ecosystem.Installed
		want      string
	}{
		{"Debian:12", ecosystem.Installed{"libssl3", "3.0.11-1", "openssl", "3.0.11-1"}, "openssl 3.0.11-1"},
		{"Debian:12", ecosystem.Installed{"bash", "5.2-2+b7", "", ""}, "bash 5.2-2"},
		{"Debian:12", ecosystem.Installed{"openssl", "3.0.11-1+b1", "openssl", ""}, "openssl 3.0.11-1"},
		{"Debian:12", ecosystem.Installed{"libstdc++6", "12.2.0-14", "gcc-12", "12.2.0-14+deb12u1"}, "gcc-12 12.2.0-14+deb12u1"},
		{"Debian:12", ecosystem.Installed{"linux-image-6.1.0-21-amd64", "6.1.90-1", "linux-signed-amd64", "6.1.90+1"},
			"linux-signed-amd64 6.1.90+1, linux 6.1.90-1"},
		{"Ubuntu:22.04:LTS", ecosystem.Installed{"shim-signed", "1.51.3+15.7-0ubuntu1", "shim-signed", "1.51.3"},
			"shim-signed 1.51.3, shim 15.7-0ubuntu1"},
		{"Debian:12", ecosystem.Installed{"grub-efi-amd64-signed", "1+2.06+13+deb12u1", "", ""},
			"grub-efi-amd64-signed 1+2.06+13+deb12u1, grub2 2.06-13+deb12u1"},
		{"Alpine:v3.20", ecosystem.Installed{"libssl3", "3.3.1-r0", "openssl", "3.3.1-r0"}, "openssl 3.3.1-r0"},
		{"Wolfi", ecosystem.Installed{"libssl3", "3.3.1-r0", "openssl", "3.3.1-r0"}, "libssl3 3.3.1-r0, openssl 3.3.1-r0"},
		{"Wolfi", ecosystem.Installed{"openssl", "3.3.1-r0", "openssl", "3.3.1-r0"}, "openssl 3.3.1-r0"},
		{"AlmaLinux:9", ecosystem.Installed{"openssl-libs", "1:3.0.7-1.el9", "openssl", "3.0.7-1.el9"}, "openssl-libs 1:3.0.7-1.el9"},
		{"Rocky Linux:9", ecosystem.Installed{"openssl-libs", "1:3.0.7-1.el9", "openssl", "3.0.7-1.el9"},
			"openssl-libs 1:3.0.7-1.el9, openssl 1:3.0.7-1.el9"},
		{"Rocky Linux:9", ecosystem.Installed{"openssl-libs", "?:3.0.7-1.el9", "openssl", "3.0.7-1.el9"},
			"openssl-libs ?:3.0.7-1.el9, openssl ?:3.0.7-1.el9"},
		{"Rocky Linux:9", ecosystem.Installed{"perl-IO", "0:1.43-481.el9", "perl", "5.32.1-481.el9"}, "perl-IO 0:1.43-481.el9, perl "},
		{"Rocky Linux:9", ecosystem.Installed{"bash", "0:5.1-1.el9", "", ""}, "bash 0:5.1-1.el9"},
		{"openSUSE:Leap 15.6", ecosystem.Installed{"libopenssl3", "0:3.1.4-1", "openssl-3", "3.1.4-1"}, "openssl-3 0:3.1.4-1"},
		{"openSUSE:Leap 15.6", ecosystem.Installed{"perl-x", "0:1.2-1", "perl", "5.26-1"}, "perl 5.26-1"},
	} {
		e, _ := ecosystem.Of(test.ecosystem)
		var got []string
		for _, a := range e.Advised(test.installed) {
			got = append(got, a.Name+" "+a.Version)
		}
		if diff := cmp.Diff(test.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%+v: %s", test.installed, diff)
		}
	}
}

// TestAdvisedOfSigned: whatever was signed, its source package is found. The generator writes names
// and versions as Debian's and Ubuntu's signed packages do.
func TestAdvisedOfSigned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom([]string{"linux", "grub2", "shim", "fwupd", "fwupd-efi", "systemd", "linux-6.1"}).Draw(t, "base")
		arch := rapid.SampledFrom([]string{"amd64", "arm64", "armhf", "i386", "ppc64el"}).Draw(t, "architecture")
		upstream := rapid.StringMatching(`[1-9]\.[0-9]{1,2}(\.[0-9]{1,3})?`).Draw(t, "upstream")
		revision := rapid.StringMatching(`[1-9][0-9]?(\+deb12u[1-9])?`).Draw(t, "revision")
		version := upstream + "-" + revision
		installed := ecosystem.Installed{Name: "any"}
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0: // linux-signed-amd64, with the version itself
			installed.Source, installed.Version = base+"-signed-"+arch, version
		case 1: // fwupd-amd64-signed, without a hyphen
			installed.Source, installed.Version = base+"-"+arch+"-signed", upstream+"+"+revision
		case 2: // grub2-signed, after its own version
			installed.Source, installed.Version = base+"-signed", "1.187.6+"+version
		case 3: // both
			installed.Source, installed.Version = base+"-"+arch+"-signed", "1+"+upstream+"+"+revision
		}
		installed.SourceVersion = "1.187.6"
		e, _ := ecosystem.Of("Debian:12")
		if want := (ecosystem.Advised{Name: base, Version: version}); !slices.Contains(e.Advised(installed), want) {
			t.Fatalf("%+v is %+v, without %+v", installed, e.Advised(installed), want)
		}
	})
	for _, source := range []string{"openssl", "designed", "signed", "libsigned-perl", ""} {
		e, _ := ecosystem.Of("Debian:12")
		if got := e.Advised(ecosystem.Installed{"x", "1-1", source, "1-1"}); len(got) != 1 {
			t.Errorf("%q: %s", source, fmt.Sprint(got))
		}
	}
}
