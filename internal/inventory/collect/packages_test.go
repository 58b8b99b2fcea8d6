package collect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
)

func TestDistroless(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
		"usr/lib/os-release":                    debianRelease,
		"var/lib/dpkg/status.d/tzdata":          "Package: tzdata\nVersion: 2024b-0+deb12u1\nArchitecture: all\n",
		"var/lib/dpkg/status.d/libssl3":         "Package: libssl3\nSource: openssl\nVersion: 3.0.15-1~deb12u1\nArchitecture: amd64\n",
		"var/lib/dpkg/status.d/libssl3.md5sums": "d41d8cd98f00b204e9800998ecf8427e usr/lib/x\n",
	})
	want := []inventory.Software{
		{
			Kind: "deb", Vendor: "debian", Name: "libssl3", Version: "3.0.15-1~deb12u1", SourcePackage: "openssl",
			SourceVersion: "3.0.15-1~deb12u1",
			PURL:          "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12",
		},
		{
			Kind: "deb", Vendor: "debian", Name: "tzdata", Version: "2024b-0+deb12u1", SourcePackage: "tzdata",
			SourceVersion: "2024b-0+deb12u1",
			PURL:          "pkg:deb/debian/tzdata@2024b-0%2Bdeb12u1?arch=all&distro=debian-12",
		},
	}
	if diff := cmp.Diff(want, collect(t, Config{Root: root, Name: "h"}).Software); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBase: a derivative's packages name the release of the distribution that they are taken from, if os-release does.
func TestBase(t *testing.T) {
	for release, want := range map[string]string{
		"ID=linuxmint\nVERSION_ID=\"21.3\"\nID_LIKE=\"ubuntu debian\"\nVERSION_CODENAME=virginia\nUBUNTU_CODENAME=jammy\n": "ubuntu-22.04",
		"ID=linuxmint\nVERSION_ID=6\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n":                    "debian-12",
		"ID=raspbian\nVERSION_ID=12\nID_LIKE=debian\nVERSION_CODENAME=bookworm\n":                                          "debian-12",
		"ID=another\nVERSION_ID=1\nVERSION_CODENAME=bookworm\n":                                                            "",
		"ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n":                                                            "",
		"ID=ubuntu\nVERSION_ID=22.04\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\n":                                             "",
		"ID=kali\nVERSION_ID=2024.3\nID_LIKE=debian\nVERSION_CODENAME=kali-rolling\n":                                      "",
	} {
		root := collecttest.LayMachine(t, map[string]string{"etc/os-release": release,
			"var/lib/dpkg/status": "Package: bash\nStatus: install ok installed\nVersion: 5.1-6\nArchitecture: amd64\n"})
		purl := collect(t, Config{Root: root, Name: "h"}).Software[0].PURL
		if _, rest, ok := strings.Cut(purl, "base="); ok != (want != "") || !strings.HasPrefix(rest, want) {
			t.Errorf("%q: %s, want base %q", release, purl, want)
		}
	}
}

func TestPacman(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
		"etc/os-release":                               "ID=arch\nBUILD_ID=rolling\n",
		"var/lib/pacman/local/ALPM_DB_VERSION":         "9\n",
		"var/lib/pacman/local/libelf-0.191-4/desc":     "%NAME%\nlibelf\n\n%VERSION%\n0.191-4\n\n%BASE%\nelfutils\n\n%ARCH%\nx86_64\n\n%LICENSE%\nGPL\nLGPL\n",
		"var/lib/pacman/local/shadow-1:4.16-1/desc":    "%NAME%\nshadow\n\n%VERSION%\n1:4.16-1\n\n%DESC%\n%VERSION%\n",
		"var/lib/pacman/local/shadow-1:4.16-1/install": "post_install() {\n",
	})
	report := collect(t, Config{Root: root, Name: "h"})
	want := []inventory.Software{
		{
			Kind: "alpm", Vendor: "arch", Name: "libelf", Version: "0.191-4", SourcePackage: "elfutils", SourceVersion: "0.191-4",
			PURL: "pkg:alpm/arch/libelf@0.191-4?arch=x86_64&distro=arch",
		},
		{
			Kind: "alpm", Vendor: "arch", Name: "shadow", Version: "1:4.16-1", SourcePackage: "shadow", SourceVersion: "1:4.16-1",
			PURL: "pkg:alpm/arch/shadow@1:4.16-1?distro=arch",
		},
	}
	if diff := cmp.Diff(want, report.Software); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if report.Device.OSVersion != "arch_linux" {
		t.Errorf("device is %+v", report.Device)
	}
}

func TestApk(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
		"etc/os-release": "ID=alpine\nVERSION_ID=3.20.3\n",
		"lib/apk/db/installed": "C:Q1abc=\nP:libcrypto3\nV:3.3.2-r1\nA:x86_64\no:openssl\np:so:libcrypto.so.3=3\nF:lib\nR:libcrypto.so.3\na:0:0:755\n\n" +
			"P:.build-deps\nV:20241123.1\nA:noarch\n\nP:musl\nV:1.2.5-r0\nA:x86_64\n\n",
	})
	report := collect(t, Config{Root: root, Name: "h"})
	want := []inventory.Software{
		{
			Kind: "apk", Vendor: "alpine", Name: "libcrypto3", Version: "3.3.2-r1", SourcePackage: "openssl",
			SourceVersion: "3.3.2-r1",
			PURL:          "pkg:apk/alpine/libcrypto3@3.3.2-r1?arch=x86_64&distro=alpine-3.20.3",
		},
		{
			Kind: "apk", Vendor: "alpine", Name: "musl", Version: "1.2.5-r0", SourcePackage: "musl", SourceVersion: "1.2.5-r0",
			PURL: "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3",
		},
	}
	if diff := cmp.Diff(want, report.Software); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if report.Device.OSVersion != "alpine_linux_3.20" || report.Device.OSArchitecture != "x64" {
		t.Errorf("device is %+v", report.Device)
	}
}
