package catalog_test

import (
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// everyCatalog runs a test on the sample and, if present, on all real data.
func everyCatalog(t *testing.T, test func(t *testing.T, c *catalog.Catalog)) {
	t.Run("sample", func(t *testing.T) { test(t, sample(t)) })
	t.Run("real", func(t *testing.T) { test(t, corpus(t)) })
}

// TestMustShow has the findings named by the main job, on both sides of their fixes.
func TestMustShow(t *testing.T) {
	everyCatalog(t, func(t *testing.T, c *catalog.Catalog) {
		for _, test := range []struct {
			cve            string
			affected       catalog.Component
			shown, fixedIn string
			score          float64
			exploit        intel.Exploit
		}{
			{"CVE-2023-3079", windows("Google LLC", "Google Chrome", "81.0.4044.138"),
				"google/chrome 81.0.4044.138", "114.0.5735.110", 0, intel.ExploitVerified},
			{"CVE-2024-9680", windows("Mozilla", "Mozilla Firefox (x64 en-US)", "83.0"),
				"mozilla/firefox 83.0.0.0", "131.0.2", 9.8, intel.ExploitVerified},
			{"CVE-2024-9143", windows("OpenSSL Software Foundation", "OpenSSL", "3.3.1"),
				"openssl/openssl 3.3.1.0", "3.3.3", 0, intel.NoExploit},
			{"CVE-2024-11477", windows("Igor Pavlov", "7-Zip 22.01 (x64)", "22.01"),
				"7-zip/7-zip 22.01.0.0", "24.07", 0, intel.NoExploit},
		} {
			v := c.Verdict(test.affected)
			h := hit(v, test.cve)
			if identity(v) != test.shown || !v.Product || h == nil {
				t.Errorf("%s: %s, product %v, %d hits without it", test.cve, identity(v), v.Product, len(v.Hits))
				continue
			}
			if h.Score != test.score || h.Scored != (test.score > 0) || h.Exploit != test.exploit || !h.Fix.Available {
				t.Errorf("%s: %+v", test.cve, h)
			}
			fixed := test.affected
			fixed.Version = test.fixedIn
			if h := hit(c.Verdict(fixed), test.cve); h != nil {
				t.Errorf("%s still on %s: %+v", test.cve, test.fixedIn, h)
			}
		}
	})
}

// TestRealCounts has the numbers of findings measured in matching.md, 7.2, and a few above where
// texts beside CPEs attach more records.
func TestRealCounts(t *testing.T) {
	c := corpus(t)
	for _, test := range []struct {
		component catalog.Component
		low, high int
	}{
		{windows("Google LLC", "Google Chrome", "81.0.4044.138"), 1320, 1325},
		{windows("Mozilla", "Mozilla Firefox (x64 en-US)", "83.0"), 361, 365},
		{windows("Mozilla", "Mozilla Firefox (x64 en-US)", "83.0.0.0"), 361, 365},
		{windows("OpenSSL Software Foundation", "OpenSSL", "1.1.1k"), 24, 30},
		{windows("Igor Pavlov", "7-Zip 22.01 (x64)", "22.01"), 4, 4},
		{system("Windows10", "10.0.17763.1637"), 880, 890},
		{system("Windows10", "10.0.19045.3000"), 570, 570},
		{system("Windows10", "10.0.19045.5011"), 0, 0},
		{system("Windows11", "10.0.22631.3000"), 431, 431},
		{system("WindowsServer2022", "10.0.20348.1000"), 895, 895},
		{windows("Microsoft Corporation", "Microsoft .NET Runtime - 6.0.20 (x64)", "6.0.20"), 17, 17},
		{windows("Microsoft Corporation", "Microsoft .NET Runtime - 7.0.9 (x64)", "7.0.9"), 16, 16},
		{windows("Microsoft Corporation", "Microsoft .NET Runtime - 8.0.2 (x64)", "8.0.2"), 14, 14},
		{windows("Microsoft Corporation", "Microsoft .NET Framework 4.8", "4.8.4084.0"), 20, 20},
		{windows("Node.js Foundation", "Node.js", "18.16.0"), 45, 45},
		{windows("Oracle Corporation", "MySQL Server 8.0", "8.0.36"), 168, 168},
	} {
		if n := len(c.Verdict(test.component).Hits); n < test.low || n > test.high {
			t.Errorf("%s %s: %d hits, want %d to %d", test.component.Name, test.component.Version, n, test.low, test.high)
		}
	}
}

// TestMeasuredSizes checks the minimum sizes of the catalog of all real data.
func TestMeasuredSizes(t *testing.T) {
	s := corpusFile(t).summary
	if s.CVEs < 79_000 || s.Rules < 450_000 || s.Products < 16_000 || s.Packages < 9_000 ||
		s.Titles < 8_000 || s.Lifecycles != 464 {
		t.Errorf("%+v", s)
	}
}
