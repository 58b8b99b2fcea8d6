package collect

import (
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
)

// TestReleaseFiles reads the files from before os-release as distributions wrote them.
func TestReleaseFiles(t *testing.T) {
	const centOS = "NAME=\"CentOS Stream\"\nID=\"centos\"\nVERSION_ID=\"8\"\n"
	for _, test := range []struct {
		files map[string]string
		want  string
	}{
		{map[string]string{"etc/alpine-release": "3.18.4\n"}, "alpine_linux_3.18"},
		{map[string]string{"etc/redhat-release": "AlmaLinux release 8.10 (Cerulean Leopard)\n"}, "almalinux_8.10"},
		{map[string]string{"etc/redhat-release": "Rocky Linux release 9.4 (Blue Onyx)\n"}, "rocky_linux_9.4"},
		{map[string]string{"etc/redhat-release": "CentOS release 6.10 (Final)\n"}, "centos_linux_6.10"},
		{map[string]string{"etc/redhat-release": "CentOS Linux release 7.9.2009 (Core)\n"}, "centos_linux_7.9.2009"},
		{map[string]string{"etc/redhat-release": "CentOS Stream release 8\n"}, "centos_stream_8"},
		{map[string]string{"etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n"},
			"enterprise_linux_6.10"},
		{map[string]string{"etc/redhat-release": "Red Hat Enterprise Linux Server release 7.9 (Maipo)\n",
			"etc/oracle-release": "Oracle Linux Server release 7.9\n"}, "oracle_linux_7.9"},
		{map[string]string{"etc/redhat-release": "-> fedora-release", "etc/fedora-release": "Fedora release 20 (Heisenbug)\n"},
			"fedora_linux_20"},
		{map[string]string{"etc/system-release": "Amazon Linux AMI release 2018.03\n"}, "amazon_linux_2018.03"},
		{map[string]string{"etc/openEuler-release": "openEuler release 22.03 (LTS-SP1)\n"}, "openeuler_22.03"},
		{map[string]string{"etc/photon-release": "VMware Photon OS 4.0\nPHOTON_BUILD_NUMBER=f53ba43ba\n"}, "photon_os_4.0"},
		{map[string]string{"etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n"},
			"suse_linux_enterprise_server_11.4"},
		{map[string]string{"etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_CODENAME=trusty\n",
			"etc/debian_version": "jessie/sid\n"}, "ubuntu_linux_14.04"},
		{map[string]string{"etc/debian_version": "12.5\n"}, "debian_linux_12"},
		{map[string]string{"etc/debian_version": "trixie/sid\n"}, "debian_linux"},
		{map[string]string{"etc/debian_version": "kali-rolling\n"}, "kali_linux"},
		{map[string]string{"etc/redhat-release": "Acme Linux release 1\n", "etc/debian_version": "11.1\n"}, "debian_linux_11"},
		{map[string]string{"etc/os-release": centOS, "etc/redhat-release": "CentOS Linux release 7.9 (Core)\n"},
			"centos_stream_8"},
		{map[string]string{"etc/os-release": "NAME=\"CentOS Linux\"\nID=centos\nVERSION_ID=8\n"}, "centos_linux_8"},
	} {
		test.files["etc/login.defs"] = "UMASK 022\n"
		report, warnings, err := Collect(t.Context(), Config{Root: collecttest.LayMachine(t, test.files), Name: "h"})
		if err != nil || report.Device.OSVersion != test.want {
			t.Errorf("%q: %q, want %q; %v, %v", test.files, report.Device.OSVersion, test.want, warnings, err)
		}
	}
}
