package catalog_test

import (
	"testing"

	"github.com/muster-project/muster/internal/intel/catalog"
)

// The seven traps of matching.md, 3.3, end to end on the real data.

func TestTrap1FixedBuildInCPE(t *testing.T) {
	c := corpus(t)
	// The CPE of CVE-2024-38063 carries the fixed build 6293 itself.
	if hit(c.Verdict(system("Windows10", "10.0.17763.6292")), "CVE-2024-38063") == nil {
		t.Error("the build before the fix is not affected")
	}
	if hit(c.Verdict(system("Windows10", "10.0.17763.6293")), "CVE-2024-38063") != nil {
		t.Error("the fixed build is affected")
	}
}

func TestTrap2CaseAndPrivateNames(t *testing.T) {
	c := corpus(t)
	for _, r := range []catalog.Component{
		system("Windows10", "10.0.19045.3000"),          // windows_10_22H2
		system("WindowsServer2008R2", "6.1.7601.24000"), // windows_server_2008_R2
		system("WindowsServer2012R2", "6.3.9600.20000"), // windows_server_2012_R2
		system("WindowsServer2022", "10.0.25398.100"),   // windows_server_23h2
		system("WindowsServer2008", "6.0.6003.21000"),   // windows_server_2008_sp2
		system("WindowsServer2016", "10.0.14393.4000"),  // windows_server_2016
		system("WindowsServer2012", "6.2.9200.22000"),   // windows_server_2012
		system("Windows11", "10.0.22621.1000"),          // windows_11_22H2
	} {
		if n := len(c.Verdict(r).Hits); n < 100 {
			t.Errorf("%s %s: %d hits", r.Name, r.Version, n)
		}
	}
}

func TestTrap3CrossProducts(t *testing.T) {
	if s := corpusFile(t).summary; s.Rules > 600_000 {
		t.Errorf("%d rules: CPEs and versions of one entry are multiplied", s.Rules)
	}
}

func TestTrap4VersionEqualsLessThan(t *testing.T) {
	c := corpus(t)
	// Chrome writes "version 90.0.4430.72, lessThan 90.0.4430.72" without any CPE.
	for _, cve := range []string{"CVE-2021-4323", "CVE-2022-4917"} {
		if hit(c.Verdict(windows("Google LLC", "Google Chrome", "81.0.4044.138")), cve) == nil {
			t.Errorf("%s is missing", cve)
		}
	}
}

func TestTrap5Prose(t *testing.T) {
	c := corpus(t)
	// An installed version that is prose compares with nothing.
	for _, version := range []string{"unspecified", "n/a", "all", "*", "< 99", ""} {
		if v := c.Verdict(windows("Google LLC", "Google Chrome", version)); len(v.Hits) != 0 || !v.Product {
			t.Errorf("version %q: product %v, %d hits", version, v.Product, len(v.Hits))
		}
	}
}

func TestTrap6DefaultAffected(t *testing.T) {
	c := corpus(t)
	// A distribution's packages are not matched by records of the Linux and Red Hat CNAs, which
	// list fixed versions.
	v := c.Verdict(linux("rpm", "kernel", "0:5.14.0-999.el9", "enterprise_linux_9"))
	if !v.Product || len(v.Hits) != 0 {
		t.Errorf("a kernel newer than every advisory: %s, %d hits", v.Rule, len(v.Hits))
	}
}

func TestTrap7UnversionedCPE(t *testing.T) {
	c := corpus(t)
	for _, r := range []catalog.Component{
		system("Windows11", "10.0.99999.1"),
		system("macOS", "999.0"),
		windows("Igor Pavlov", "7-Zip 999.0 (x64)", "999.0"),
		windows("Google LLC", "Google Chrome", "9999.0.0.0"),
	} {
		if v := c.Verdict(r); len(v.Hits) != 0 {
			t.Errorf("%s %s: %d hits, first %+v", r.Name, r.Version, len(v.Hits), v.Hits[0])
		}
	}
}

// TestSharedBuilds says that the product type decides if builds are shared.
func TestSharedBuilds(t *testing.T) {
	c := corpus(t)
	client, server := c.Verdict(system("Windows10", "10.0.17763.1637")),
		c.Verdict(system("WindowsServer2019", "10.0.17763.1637"))
	if client.Name != "windows_10" || server.Name != "windows_server_2019" || len(client.Hits) == len(server.Hits) {
		t.Errorf("%s has %d hits, %s %d", client.Name, len(client.Hits), server.Name, len(server.Hits))
	}
}

// TestPlatformConditions says that findings for other systems do not apply.
func TestPlatformConditions(t *testing.T) {
	c := corpus(t)
	chrome := windows("Google LLC", "Google Chrome", "81.0.4044.138")
	onWindows := len(c.Verdict(chrome).Hits)
	chrome.Kind, chrome.OSPlatform = "macos", "macOS"
	onMac := len(c.Verdict(chrome).Hits)
	chrome.OSPlatform = ""
	nowhere := len(c.Verdict(chrome).Hits)
	if onWindows == onMac || nowhere >= min(onWindows, onMac) {
		t.Errorf("%d on Windows, %d on macOS, %d where the platform is not known", onWindows, onMac, nowhere)
	}
}
