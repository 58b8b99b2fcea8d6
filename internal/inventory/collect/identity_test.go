package collect

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

func TestIdentity(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	derived := inventory.DeriveID(id, "web")
	for _, test := range []struct {
		name  string
		files map[string]string
		want  inventory.Device
	}{
		{"machine id", map[string]string{"etc/hostname": "web\n", "etc/machine-id": id + "\n"},
			inventory.Device{ID: derived, Name: "web"}},
		{"dbus's machine id", map[string]string{"etc/hostname": "web\n", "var/lib/dbus/machine-id": id,
			"etc/machine-id": "uninitialized\n"},
			inventory.Device{ID: derived, Name: "web"}},
		{"dbus's link", map[string]string{"etc/hostname": "web\n", "etc/machine-id": id,
			"var/lib/dbus/machine-id": "-> /etc/machine-id"},
			inventory.Device{ID: derived, Name: "web"}},
		{"a container has none", map[string]string{"etc/hostname": "web\n", "etc/machine-id": ""},
			inventory.Device{ID: inventory.DeriveID("", "web"), Name: "web"}},
		{"name from hosts", map[string]string{
			"etc/hostname": "# name\n\nweb\n", "etc/machine-id": id,
			"etc/hosts": "127.0.0.1 localhost\n# 10.0.0.9 web.old.example\n10.0.0.1 web web2.example WEB.corp.example # web.x\n",
		}, inventory.Device{ID: inventory.DeriveID(id, "WEB.corp.example"), Name: "WEB.corp.example"}},
		{"already qualified", map[string]string{"etc/hostname": "web.a.example\n", "etc/machine-id": id,
			"etc/hosts": "10.0.0.1 web.b.example web\n"},
			inventory.Device{ID: inventory.DeriveID(id, "web.a.example"), Name: "web.a.example"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{"etc/os-release": debianRelease, "var/lib/dpkg/status": ""}
			maps.Copy(files, test.files)
			test.want.OSPlatform, test.want.OSVersion = "Linux", "debian_linux_12"
			got := collect(t, Config{Root: collecttest.LayMachine(t, files)}).Device
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(got.ID, id) {
				t.Error("the machine's own id is in the report")
			}
		})
	}
}

// TestIdentityThatCannotBeRead has files of the identity without the expected content. Another id
// would be another device's, so there is none.
func TestIdentityThatCannotBeRead(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	for _, test := range []struct {
		name, file, content string
		source, device      string // "": no report, ErrNoName
	}{
		{"machine id is garbage", "etc/machine-id", "\x00\x01garbage", "etc/machine-id", "web"},
		{"machine id is too long", "etc/machine-id", strings.Repeat("a", disk.MaxSetting+1), "etc/machine-id", "web"},
		{"machine id leads nowhere", "etc/machine-id", "-> /run/none", "etc/machine-id", "web"},
		{"hosts is too long", "etc/hosts", strings.Repeat("#", disk.MaxSetting+1), "host name", "web"},
		{"hosts has a name that is too long", "etc/hosts", "10.0.0.1 web." + strings.Repeat("a", 300), "host name", "web"},
		{"hosts has a name that steers terminals", "etc/hosts", "10.0.0.1 web.\x1b[2J", "host name", "web"},
		{"host name is too long", "etc/hostname", strings.Repeat("a", 300), "host name", ""},
		{"host name leads nowhere", "etc/hostname", "-> ../none", "host name", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{"etc/os-release": debianRelease, "etc/machine-id": id, "etc/hostname": "web\n",
				"var/lib/dpkg/status": ""}
			files[test.file] = test.content
			report, warnings, err := Collect(t.Context(), Config{Root: collecttest.LayMachine(t, files)})
			if !slices.ContainsFunc(warnings, func(w Warning) bool { return w.What == test.source }) {
				t.Errorf("warnings %v", warnings)
			}
			switch {
			case test.device == "" && !errors.Is(err, ErrNoName):
				t.Errorf("report %v, error %v", report, err)
			case test.device != "" && (err != nil || report.Device.Name != test.device || report.Device.ID != ""):
				t.Errorf("report %+v, error %v", report, err)
			}
		})
	}
}

// TestDistributionThatCannotBeRead reports no software: without its distribution a package has no
// findings, and would look healthy.
func TestDistributionThatCannotBeRead(t *testing.T) {
	for _, content := range []string{"", "\x00\x01", "NAME=x\n", "ID=\"a b\"\n", "ID=" + strings.Repeat("a", 200),
		strings.Repeat("#", disk.MaxSetting+1)} {
		root := collecttest.LayMachine(t, map[string]string{"etc/os-release": content,
			"var/lib/dpkg/status": "Package: a\nVersion: 1\n"})
		report, warnings, err := Collect(t.Context(), Config{Root: root, Name: "h"})
		if err != nil {
			t.Fatal(err)
		}
		if report.Software != nil || report.Device.OSVersion != "" || len(warnings) != 3 {
			t.Errorf("%.20q: software %v, version %q, warnings %v", content, report.Software, report.Device.OSVersion, warnings)
		}
		report = collect(t, Config{Root: root, Name: "h", OS: "debian:12"}) // the option is enough
		if len(report.Software) != 1 {
			t.Errorf("with a word: %v", report.Software)
		}
	}
}

func TestArchitectureIsThatOfMostPackages(t *testing.T) {
	status := ""
	for _, arch := range []string{"all", "all", "all", "arm64", "armhf", "arm64"} {
		status += "Package: p\nStatus: install ok installed\nVersion: 1\nArchitecture: " + arch + "\n\n"
	}
	report := collect(t, Config{Root: collecttest.LayMachine(t, map[string]string{"var/lib/dpkg/status": status}),
		Name: "h", OS: "debian:12"})
	if got := report.Device.OSArchitecture; got != "arm64" {
		t.Errorf("architecture is %q", got)
	}
}

func TestUnknownDistributionIsSaid(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"var/lib/dpkg/status": "Package: a\nStatus: install ok installed\nVersion: 1:2\n"})
	report, warnings, err := Collect(context.Background(), Config{Root: root, Name: "h"})
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0].String(), "the distribution is unknown") {
		t.Errorf("warnings are %v", warnings)
	}
	want := []inventory.Software{{Kind: "deb", Name: "a", Version: "1:2", PURL: "pkg:deb/a@1:2",
		SourcePackage: "a", SourceVersion: "1:2"}}
	if diff := cmp.Diff(want, report.Software); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseOSRelease(t *testing.T) {
	got := parseOSRelease([]byte("# comment\nID=ol\r\nVERSION_ID=\"9.4\"\nNAME='Oracle Linux'\nODD=\"a \\\"b\\\" \\$c \\n\"\nEMPTY=\n\nrubbish\nHALF=\"x\n#A=b\n"))
	want := map[string]string{"ID": "ol", "VERSION_ID": "9.4", "NAME": "Oracle Linux", "ODD": `a "b" $c \n`,
		"EMPTY": "", "HALF": `"x`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParseOSRelease(f *testing.F) {
	f.Add([]byte(debianRelease))
	f.Add([]byte("A='\nB=\"\\\"\n=\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, value := range parseOSRelease(data) {
			if strings.ContainsAny(name+value, "\n") || strings.Contains(name, "=") {
				t.Fatalf("%q = %q", name, value)
			}
		}
	})
}
