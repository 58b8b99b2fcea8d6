package collect

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

const editorRecord = `[{"identifier":{"id":"ms-python.python"},"version":"2026.2.0"}]`

// extensionsOf lists the extensions of a report with their paths.
func extensionsOf(report *inventory.Report) (all []string) {
	for _, s := range report.Software {
		if strings.HasSuffix(s.Kind, "-extension") {
			all = append(all, s.PURL+" "+strings.Join(s.DiskPaths, ","))
		}
	}
	return all
}

// TestExtensions: extensions are reported if they are asked for, without the names of users. Without a list of packages
// they are not, since both are one section.
func TestExtensions(t *testing.T) {
	tree := map[string]string{"etc/os-release": debianRelease, dpkgStatus: "",
		"home/ada/.vscode/extensions/extensions.json": editorRecord}
	for _, asked := range []bool{false, true} {
		config := Config{Root: collecttest.LayMachine(t, tree), Name: "a", Extensions: asked}
		report, _, err := Collect(context.Background(), config)
		if err != nil {
			t.Fatal(err)
		}
		got, want := extensionsOf(report), []string(nil)
		if _, told := report.Facts["extensions"]; asked != told {
			t.Errorf("asked for: %t, facts %v", asked, report.Facts)
		}
		if asked {
			want = []string{"pkg:vscode-extension/ms-python/python@2026.2.0 /home/*/.vscode/extensions/extensions.json"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("asked for: %t: %q, want %q", asked, got, want)
		}
	}
	delete(tree, dpkgStatus)
	tree["etc/passwd"] = "root:x:0:0::/root:/bin/sh\n"
	config := Config{Root: collecttest.LayMachine(t, tree), Name: "a", Extensions: true}
	report, warnings, err := Collect(context.Background(), config)
	told := slices.ContainsFunc(warnings, func(w Warning) bool { return errors.Is(w.Err, errNoList) })
	if err != nil || report.Software != nil || !told {
		t.Errorf("%v, %v, %v", report.Software, warnings, err)
	}
}

// TestWindowsExtensions: the registry tells where the folders of users are, as Windows writes it. What cannot be opened
// costs the section.
func TestWindowsExtensions(t *testing.T) {
	place := collecttest.LayMachine(t, map[string]string{"ada/.vscode/extensions/extensions.json": editorRecord})
	for _, test := range []struct {
		folder, opened string
		err            error
		want           []string
	}{
		{`%SystemDrive%\Users`, `C:\Users`, nil, []string{`pkg:vscode-extension/ms-python/python@2026.2.0 C:\Users\*\.vscode\extensions\extensions.json`}},
		{`D:\Users\`, `D:\Users`, nil, []string{`pkg:vscode-extension/ms-python/python@2026.2.0 D:\Users\*\.vscode\extensions\extensions.json`}},
		{`%SystemDrive%\Users`, `C:\Users`, fs.ErrPermission, nil},
		{`\\server\users`, "", nil, nil},
	} {
		registry := windowstest.Load(t, "testdata/windows11.reg")
		registry.Add("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\n    SystemRoot    REG_SZ    C:\\Windows\n" +
			"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\n    ProfilesDirectory    REG_EXPAND_SZ    " +
			test.folder + "\n")
		open := func(dir string) (*os.Root, error) {
			if dir != test.opened {
				t.Errorf("opens %q, want %q", dir, test.opened)
			}
			if test.err != nil {
				return nil, test.err
			}
			return disk.OpenRoot(place)
		}
		config := Config{Time: DefaultTime, Extensions: true}
		report, _, err := collectWindows(context.Background(), config, registry, nil, open)
		if err != nil {
			t.Fatal(err)
		}
		maskReport(report)
		if got := extensionsOf(report); !slices.Equal(got, test.want) || (report.Software == nil) != (test.want == nil) {
			t.Errorf("%s, %v: %q, want %q", test.folder, test.err, got, test.want)
		}
	}
}
