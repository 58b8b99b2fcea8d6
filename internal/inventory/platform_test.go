package inventory_test

import (
	"testing"

	"github.com/muster-project/muster/internal/inventory"
)

func TestOSVersion(t *testing.T) {
	for _, test := range []struct{ id, versionID, want, release string }{
		{"rhel", "9.4", "enterprise_linux_9.4", "9.4"},
		{"ubuntu", "22.04", "ubuntu_linux_22.04", "22.04"},
		{"debian", "12", "debian_linux_12", "12"},
		{"debian", "12.11", "debian_linux_12", "12"},
		{"debian", "", "debian_linux", ""},
		{"almalinux", "9.4", "almalinux_9.4", "9.4"},
		{"rocky", "9.4", "rocky_linux_9.4", "9.4"},
		{"ol", "9.4", "oracle_linux_9.4", "9.4"},
		{"centos", "7", "centos_linux_7", "7"},
		{"alpine", "3.20.3", "alpine_linux_3.20", "3.20"},
		{"amzn", "2023", "amazon_linux_2023", "2023"},
		{"fedora", "41", "fedora_linux_41", "41"},
		{"opensuse-leap", "15.6", "opensuse_leap_15.6", "15.6"},
		{"opensuse-tumbleweed", "20241120", "opensuse_tumbleweed_20241120", "20241120"},
		{"sles", "15.6", "suse_linux_enterprise_server_15.6", "15.6"},
		{"arch", "", "arch_linux", ""},
	} {
		got := inventory.OSVersion(test.id, test.versionID)
		if got != test.want {
			t.Errorf("OSVersion(%q, %q) = %q, want %q", test.id, test.versionID, got, test.want)
		}
		id, release, ok := inventory.Distribution(got)
		if id != test.id || release != test.release || !ok {
			t.Errorf("Distribution(%q) = %q, %q, %v, want %q, %q, true", got, id, release, ok, test.id, test.release)
		}
	}
}

func TestUnknownDistribution(t *testing.T) {
	if got, want := inventory.OSVersion("Some-OS", "1.2"), "some_os_1.2"; got != want {
		t.Errorf("OSVersion of an unknown id = %q, want %q", got, want)
	}
	for _, osVersion := range []string{"", "10.0.22631.4751", "15.1", "some_os_1.2", "debian_linuxes_1"} {
		if id, release, ok := inventory.Distribution(osVersion); ok {
			t.Errorf("Distribution(%q) = %q, %q, want none", osVersion, id, release)
		}
	}
}

func TestPackageVendor(t *testing.T) {
	for id, want := range map[string]string{
		"rhel": "red_hat", "redhat": "red_hat", "ubuntu": "ubuntu", "debian": "debian", "almalinux": "almalinux",
		"opensuse-leap": "opensuse", "my-distro": "my_distro", "": "",
	} {
		if got := inventory.PackageVendor(id); got != want {
			t.Errorf("PackageVendor(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestWindowsPlatform(t *testing.T) {
	for _, test := range []struct {
		build          string
		client, server string
	}{
		{"10.0.26100.2314", "Windows11", "WindowsServer2025"},
		{"10.0.22631.4751", "Windows11", "WindowsServer2022"},
		{"10.0.22000", "Windows11", "WindowsServer2022"},
		{"10.0.20348.1000", "Windows10", "WindowsServer2022"},
		{"19045", "Windows10", "WindowsServer2019"},
		{"10.0.17763.1637", "Windows10", "WindowsServer2019"},
		{"10.0.14393.0", "Windows10", "WindowsServer2016"},
		{"6.3.9600", "Windows8.1", "WindowsServer2012R2"},
		{"6.2.9200", "Windows8", "WindowsServer2012"},
		{"6.1.7601", "Windows7", "WindowsServer2008R2"},
		{"6.0.6003", "", "WindowsServer2008"},
		{"5.1.2600", "", ""},
		{"", "", ""},
		{"10.0", "", ""},
		{"ten", "", ""},
	} {
		if got := inventory.WindowsPlatform(test.build, false); got != test.client {
			t.Errorf("WindowsPlatform(%q, client) = %q, want %q", test.build, got, test.client)
		}
		if got := inventory.WindowsPlatform(test.build, true); got != test.server {
			t.Errorf("WindowsPlatform(%q, server) = %q, want %q", test.build, got, test.server)
		}
	}
}
