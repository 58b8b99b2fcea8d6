package catalog_test

import (
	"os"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/oval"
)

// TestDefinitions: OVAL definitions as they are published judge packages of their release, below, at and above the
// fix; packages of Ksplice are judged by definitions of their own.
func TestDefinitions(t *testing.T) {
	var records []intel.Record
	for _, file := range []string{"azurelinux-3.0.xml", "mariner-2.0.xml", "oracle.xml", "oracle-ksplice.xml", "suse.xml"} {
		text, err := os.ReadFile("../oval/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		some, _ := inteltest.Parse(t, oval.Feed{}, inteltest.File(file, string(text)))
		records = append(records, some...)
	}
	c := build(t, catalog.Config{}, records...)
	const azure, mariner, oracle8, sles = "azure_linux_3.0.20240727", "cbl_mariner_2.0.20230805", "oracle_linux_8.4",
		"suse_linux_enterprise_server_15.1"
	for _, test := range []struct {
		name, version, release, cve string
		found                       bool
	}{
		{"freeglut", "0:3.2.1-9.azl3", azure, "CVE-2024-24258", true}, {"freeglut", "0:3.4.0-1.azl3", azure, "CVE-2024-24258", false},
		{"freeglut", "0:3.4.0-2.azl3", azure, "CVE-2024-24258", false}, {"freeglut", "0:3.2.1-9.cm2", mariner, "CVE-2024-24258", false},
		{"golang", "0:1.18.8-1.cm2", mariner, "CVE-2023-29404", false}, {"golang", "0:1.20.6-1.cm2", mariner, "CVE-2023-29404", true},
		{"golang", "0:1.20.7-1.cm2", mariner, "CVE-2023-29404", false}, {"glibc", "0:2.35-4.cm2", mariner, "CVE-2023-0687", false},
		{"bind", "0:9.16.33-1.cm2", mariner, "CVE-2022-3736", true}, {"bind", "0:9.16.37-1.cm2", mariner, "CVE-2022-3736", false},
		{"openssl-libs", "2:1.1.1g-12.ksplice1.el8_3", oracle8, "CVE-2021-3449", true},
		{"openssl-libs", "2:1.1.1g-15.ksplice1.el8_3", oracle8, "CVE-2021-3449", false},
		{"openssl-libs", "1:1.1.1g-12.el8_3", oracle8, "CVE-2021-3449", false}, // of which only another advisory speaks
		{"kernel-default", "0:4.12.14-197.89.1", sles, "CVE-2021-29154", true}, {"kernel-default", "0:4.12.14-197.89.2", sles, "CVE-2021-29154", false},
	} {
		r := linux("rpm", test.name, test.version, test.release)
		r.SourcePackage = test.name
		v, e := c.Verdict(r), c.Explain(r, test.cve)
		if h := hit(v, test.cve); (h != nil) != test.found || e.Affected() != test.found {
			t.Errorf("%s %s on %s, %s: %+v, explained as %v", test.name, test.version, test.release, test.cve, h, e.Affected())
		}
	}
}
