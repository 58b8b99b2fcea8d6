package scan_test

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/scan"
)

// TestParityOfReleases: tools that take VERSION of os-release, and the collector, which takes VERSION_ID, name the same
// release. The values are those of the distributions' os-release.
func TestParityOfReleases(t *testing.T) {
	one := []pack{{name: "bash", version: "5.2-1", source: "bash", sourceVersion: "5.2-1", arch: "noarch", status: "install ok installed"}}
	for _, r := range []release{
		{"rpm", "almalinux", "AlmaLinux", "8.10 (Cerulean Leopard)", "8.10", ""},
		{"rpm", "amzn", "Amazon Linux", "2023", "2023", ""}, {"rpm", "amzn", "Amazon Linux", "2", "2", ""},
		{"rpm", "azurelinux", "Microsoft Azure Linux", "3.0.20240727", "3.0", ""},
		{"rpm", "mariner", "Common Base Linux Mariner", "2.0.20240123", "2.0", ""},
		{"rpm", "centos", "CentOS Linux", "7 (Core)", "7", ""}, {"rpm", "centos", "CentOS Stream", "8", "8", ""},
		{"rpm", "centos", "CentOS Stream", "9", "9", ""},
		{"deb", "debian", "Debian GNU/Linux", "13 (trixie)", "13", ""},
		{"rpm", "fedora", "Fedora Linux", "40 (Server Edition)", "40", ""},
		{"deb", "kali", "Kali GNU/Linux", "2024.3", "2024.3", ""},
		{"deb", "linuxmint", "Linux Mint", "21.3 (Virginia)", "21.3", ""},
		{"rpm", "ol", "Oracle Linux Server", "9.4", "9.4", ""},
		{"rpm", "opensuse-leap", "openSUSE Leap", "15.6", "15.6", ""},
		{"rpm", "opensuse-tumbleweed", "openSUSE Tumbleweed", "20240901", "20240901", ""},
		{"rpm", "photon", "VMware Photon OS", "5.0", "5.0", ""},
		{"deb", "pop", "Pop!_OS", "22.04 LTS", "22.04", ""},
		{"deb", "raspbian", "Raspbian GNU/Linux", "12 (bookworm)", "12", ""},
		{"rpm", "rhel", "Red Hat Enterprise Linux Server", "7.9 (Maipo)", "7.9", ""},
		{"rpm", "sles", "SLES", "12-SP5", "12.5", ""}, {"rpm", "sles", "SLES", "15", "15", ""},
		{"rpm", "sled", "SLED", "15-SP6", "15.6", ""}, {"rpm", "sles_sap", "SLES_SAP", "15-SP5", "15.5", ""},
		{"deb", "ubuntu", "Ubuntu", "24.04.1 LTS (Noble Numbat)", "24.04", ""},
		{"deb", "ubuntu", "Ubuntu", "23.10 (Mantic Minotaur)", "23.10", ""},
		{"deb", "elementary", "elementary OS", "7.1 Horus", "7.1", ""},
		{"apk", "wolfi", "Wolfi", "", "20230201", ""}, {"apk", "alpine", "Alpine Linux", "", "3.20.3", ""},
	} {
		m := &linux{release: r, packages: one}
		report, _, err := collect.Collect(t.Context(), collect.Config{Root: m.lay(t), Name: "web1.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range tools() {
			if tool.name != "osquery" && tool.name != "Wazuh" && tool.name != "Wazuh's indexer" && tool.name != "Syft" ||
				r.kind == "apk" && tool.name == "osquery" || tool.name == "Syft" && r.name+r.version == "CentOS Stream8" {
				continue // package URLs do not tell it from CentOS Linux 8
			}
			list, err := scan.Documents(strings.NewReader(tool.tell(m)), sbom.Identity{}, "web1.example.com", now)
			if err != nil {
				t.Fatalf("%s: %v", tool.name, err)
			}
			got, want := list[0], report
			if got.Device.OSVersion != want.Device.OSVersion || got.Software[0].Vendor != want.Software[0].Vendor {
				t.Errorf("%s %s %s: %s %s, want %s %s", tool.name, r.name, r.version, got.Device.OSVersion, got.Software[0].Vendor,
					want.Device.OSVersion, want.Software[0].Vendor)
			}
		}
	}
}
