package collect

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

func TestMac(t *testing.T) {
	applications, err := os.ReadFile("testdata/applications.json")
	if err != nil {
		t.Fatal(err)
	}
	record := macRecord{
		Applications: applications,
		Version:      "15.1\n",
		Platform:     []byte("+-o J314sAP  <class IOPlatformExpertDevice>\n  | {\n  |   \"IOPlatformUUID\" = \"9C1B6A3E-0D1F-5B7A-8E44-2F6D1C9B0A11\"\n"),
		HostName:     "mac.example.com",
		Architecture: "arm64",
	}
	got, decoding, err := record.report(Config{})
	if err != nil || decoding != nil {
		t.Fatal(err, decoding)
	}
	want := &inventory.Report{
		Source: Source, Collector: inventory.Collector{Name: "muster"},
		Device: inventory.Device{
			ID:   inventory.DeriveID("9C1B6A3E-0D1F-5B7A-8E44-2F6D1C9B0A11", "mac.example.com"),
			Name: "mac.example.com", OSPlatform: "macOS", OSVersion: "15.1", OSArchitecture: "arm64",
		},
		Software: []inventory.Software{
			{Kind: "macos", Vendor: "Apple", Name: "Safari", Version: "18.1", DiskPaths: []string{"/Applications/Safari.app"}},
			{Kind: "macos", Vendor: "Google LLC", Name: "Google Chrome", Version: "131.0.6778.70",
				DiskPaths: []string{"/Applications/Google Chrome.app"}},
			{Kind: "macos", Name: "Slack", Version: "4.41.97", DiskPaths: []string{"/Applications/Slack.app"}},
			{Kind: "macos", Name: "homemade", DiskPaths: []string{"/Users/u/homemade.app"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMacApplicationsRefused(t *testing.T) {
	for data, problem := range map[string]string{
		"":                                "unexpected EOF",
		"[]":                              `want list "SPApplicationsDataType", found`,
		"{}":                              `want list "SPApplicationsDataType", found`,
		`{"SPApplicationsDataType":null}`: `want list "SPApplicationsDataType", found`,
		`{"SPApplicationsDataType":[` + strings.Repeat(`{"_name":"a"},`, packages.MaxPackages) +
			`{"_name":"a"}]}`: "more than",
		`{"SPApplicationsDataType":[` + strings.TrimSuffix(strings.Repeat(`{"_name":"`+strings.Repeat("a", 1<<16)+`"},`,
			200), ",") + `]}`: "longer than",
	} {
		record := macRecord{Applications: []byte(data), HostName: "h"}
		report, decoding, err := record.report(Config{})
		if err != nil {
			t.Fatal(err)
		}
		if report.Device.ID != "" {
			t.Errorf("without the machine's own id the device's is %q", report.Device.ID)
		}
		if decoding == nil || !strings.Contains(decoding.Error(), problem) || report.Software != nil {
			t.Errorf("%.40q: error %v, software %v", data, decoding, report.Software)
		}
	}
}

func FuzzMacSoftware(f *testing.F) {
	f.Add([]byte(`{"SPApplicationsDataType":[{"_name":"a","signed_by":["Developer ID Application: b (C)"]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := macSoftware(data)
		if err == nil && all == nil {
			t.Fatal("neither software nor an error")
		}
		for _, s := range all {
			if s.Name == "" {
				t.Fatal("an application without a name")
			}
		}
	})
}
