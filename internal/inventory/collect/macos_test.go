package collect

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/macos"
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

// TestMacFiles: what the machine's files tell reaches the report, and what cannot be read costs the software.
func TestMacFiles(t *testing.T) {
	applications, err := os.ReadFile("testdata/applications.json")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.ReadFile("macos/testdata/info-xml.plist")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"Applications/Slack.app/Contents/Info.plist": string(info), "opt/homebrew/Cellar/jq/1.7.1/bin/jq": ""}
	for _, readable := range []bool{true, false} {
		if !readable {
			files["private/var/db/receipts/a.plist"] = "text"
		}
		root, err := disk.OpenRoot(collecttest.LayMachine(t, files))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		record := macRecord{Applications: applications, HostName: "h",
			Files: disk.NewTree(context.Background(), root, macos.MaxFiles, true)}
		report, problem, err := record.report(Config{})
		if err != nil || (problem == nil) != readable {
			t.Fatal(err, problem)
		}
		found := map[string]string{}
		for _, s := range report.Software {
			found[s.Name] = s.Kind + " " + s.BundleID
		}
		if readable && (found["Slack"] != "macos com.example.Büro" || found["jq"] != "brew " || len(found) != 5) {
			t.Errorf("%v", found)
		}
		if !readable && report.Software != nil {
			t.Errorf("software %v although a receipt could not be read", report.Software)
		}
	}
}

// TestMacSignatures: a report has who signed applications, or nothing of it if not all could be read within limits.
func TestMacSignatures(t *testing.T) {
	root, err := disk.OpenRoot(collecttest.LayMachine(t, map[string]string{
		"Applications/A.app/Contents/Info.plist": `<dict><key>CFBundleIdentifier</key><string>com.example.a</string>
			<key>CFBundleExecutable</key><string>a</string></dict>`,
		"Applications/A.app/Contents/MacOS/a": signedExecutable}))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	applications := []inventory.Software{{Kind: macos.Kind, Name: "A", DiskPaths: []string{"/Applications/A.app"}}}
	ended, end := context.WithCancel(context.Background())
	end()
	for _, test := range []struct {
		bytes int64
		ctx   context.Context
		want  inventory.Facts
	}{{macos.MaxFiles, context.Background(), inventory.Facts{"signatures": {"com.example.a": "a.out -"}}},
		{200, context.Background(), nil}, {macos.MaxFiles, ended, nil}} {
		got, err := macSignatures(test.ctx, disk.NewTree(test.ctx, root, test.bytes, true), applications)
		if diff := cmp.Diff(test.want, got); diff != "" || (err == nil) != (test.want != nil) {
			t.Errorf("within %d bytes: %v (-want +got):\n%s", test.bytes, err, diff)
		}
	}
}

// signedExecutable is made up: the headers and the code directory of a Mach-O file, without code.
const signedExecutable = "\xcf\xfa\xed\xfe\x0c\x00\x00\x01\x00\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x10\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00" + "\x1d\x00\x00\x00\x10\x00\x00\x00\x30\x00\x00\x00\x00\x01\x00\x00" +
	"\xfa\xde\x0c\xc0\x00\x00\x00\x4e\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x14" +
	"\xfa\xde\x0c\x02\x00\x00\x00\x3a\x00\x02\x04\x00\x00\x02\x00\x02\x00\x00\x00\x3a\x00\x00\x00\x34" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"a.out\x00"

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
