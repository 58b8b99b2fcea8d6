package inventory_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
)

func TestDistro(t *testing.T) {
	for _, test := range []struct{ namespace, qualifier, want string }{
		{"debian", "debian-12", "debian_linux_12"},
		{"debian", "debian-12.5", "debian_linux_12"},
		{"debian", "bookworm", "debian_linux_12"},
		{"debian", "debian-bookworm", "debian_linux_12"},
		{"", "bookworm", "debian_linux_12"},
		{"ubuntu", "jammy", "ubuntu_linux_22.04"},
		{"ubuntu", "esm-infra/xenial", "ubuntu_linux_16.04"},
		{"ubuntu", "trusty/esm", ""},
		{"ubuntu", "jammy-updates", "ubuntu_linux_22.04"},
		{"", "bookworm-security", "debian_linux_12"},
		{"", "Debian GNU/Linux-12 (bookworm)", "debian_linux_12"},
		{"", "Red Hat Enterprise Linux-9.4 (Plow)", "enterprise_linux_9.4"},
		{"", "CentOS Stream-9", "centos_stream_9"},
		{"", "Oracle Linux Server-8.10", "oracle_linux_8.10"},
		{"", "opensuse-microos-20241120", "opensuse_tumbleweed_20241120"},
		{"ubuntu", "bookworm", ""},
		{"debian", "ubuntu-bookworm", ""},
		{"redhat", "rhel-9.6", "enterprise_linux_9.6"},
		{"redhat", "redhat-8.10", "enterprise_linux_8.10"},
		{"opensuse", "opensuse-leap-15.6", "opensuse_leap_15.6"},
		{"opensuse", "openSUSE Leap 15.6", "opensuse_leap_15.6"},
		{"opensuse", "opensuse-tumbleweed", "opensuse_tumbleweed"},
		{"alpine", "3.18.4", "alpine_linux_3.18"},
		{"alpine", "alpine-v3.18", "alpine_linux_3.18"},
		{"suse", "sles_sap-15.6", "suse_linux_enterprise_server_for_sap_applications_15.6"},
		{"openeuler", "openEuler-24.03", "openeuler_24.03"},
		{"mariner", "mariner-2.0", "cbl_mariner_2.0"},
		{"centos", "centos-9", "centos_stream_9"},
		{"centos", "centos-7", "centos_linux_7"},
		{"wolfi", "wolfi-20230201", "wolfi_linux_20230201"},
		{"amzn", "amazon-2 (Karoo)", "amazon_linux_2"},
		{"somebody", "1.0", ""},
		{"debian", "", ""},
		{"debian", "sid", ""},
		{"debian", "-", ""},
	} {
		if got := inventory.Distro(test.namespace, test.qualifier); got != test.want {
			t.Errorf("Distro(%q, %q) = %q, want %q", test.namespace, test.qualifier, got, test.want)
		}
	}
}

// TestDistroIsRead: of whatever text, the distribution is one that is known or none.
func TestDistroIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"debian", "rhel", "bookworm", "jammy", "12", "v3", "Leap", "x"}), 0, 3)
		separator := rapid.SampledFrom([]string{"-", "/", " ", ""})
		text := strings.Join(words.Draw(t, "words"), separator.Draw(t, "separator"))
		got := inventory.Distro(rapid.SampledFrom([]string{"", "debian", "acme"}).Draw(t, "namespace"), text)
		if _, _, ok := inventory.Distribution(got); !ok && got != "" {
			t.Fatalf("%q is %q, which is not known", text, got)
		}
	})
}

func TestRPMSource(t *testing.T) {
	for file, want := range map[string][2]string{
		"openssl-3.0.7-27.el9.src.rpm":         {"openssl", "3.0.7-27.el9"},
		"java-17-openjdk-17.0.9-1.el9.src.rpm": {"java-17-openjdk", "17.0.9-1.el9"},
		"firmware-1-2.nosrc.rpm":               {"firmware", "1-2"},
		"(none)":                               {},
		"odd-1":                                {},
		"":                                     {},
	} {
		name, version := inventory.SourceOfRPM(file)
		if got := [2]string{name, version}; got != want {
			t.Errorf("%q is %q, want %q", file, got, want)
		}
	}
}
