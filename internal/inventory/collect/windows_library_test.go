package collect

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

const machineUninstall = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\`

// withFolders is a registry that names program folders.
func withFolders(t *testing.T) *windowstest.Registry {
	registry := windowstest.Load(t, "testdata/windows11.reg")
	registry.Add("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\n" +
		"    ProgramFilesDir    REG_SZ    C:\\Program Files\n    ProgramFilesDir (x86)    REG_SZ    C:\\Program Files (x86)\n" +
		"    ProgramW6432Dir    REG_SZ    C:\\Program Files\n")
	for name, folder := range map[string]string{"A": `D:\Apps\Tool\`, "B": `C:\Windows\System32`, "C": `\\attacker\share`, "D": `E:\`,
		"E": `C:\Users\ann\Tool`, "F": `C:\Program Files\Tool`, "G": `Tool`, "H": `C:\a\..\b*`, "I": `"D:\Apps\Tool"`} {
		registry.Add(machineUninstall + name + "\n    InstallLocation    REG_SZ    " + folder + "\n")
	}
	registry.Add(`HKEY_USERS\S-1-5-21-1004336348-1177238915-682003330-1001\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\X` +
		"\n    InstallLocation    REG_SZ    D:\\Chosen\\By\\User\n")
	return registry
}

// TestProgramFolders: only local folders of the machine's own programs are looked into, each once.
func TestProgramFolders(t *testing.T) {
	r := windows.NewReader(context.Background(), withFolders(t), nil)
	got := windows.ProgramFolders(r)
	slices.Sort(got)
	if want := []string{`C:\Program Files`, `C:\Program Files (x86)`, `D:\Apps\Tool`}; !slices.Equal(got, want) {
		t.Errorf("folders %q, want %q", got, want)
	}
}

func TestLibraries(t *testing.T) {
	three, err := os.ReadFile("library/testdata/libcrypto-3-x64.dll")
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{
		`C:\Program Files`: collecttest.LayMachine(t, map[string]string{"A/libcrypto-3-x64.dll": string(three), "A/libssl-3-x64.dll": string(three)}),
		`D:\Apps\Tool`:     collecttest.LayMachine(t, map[string]string{"libcrypto-3-x64.dll": string(three), "bin/libssl-3-x64.dll": string(three)}),
	}
	denied := errors.New("access is denied")
	open := func(dir string) (*os.Root, error) {
		switch place := places[dir]; {
		case place != "":
			return disk.OpenRoot(place)
		case dir == `C:\Program Files (x86)`:
			return nil, denied
		}
		return nil, fs.ErrNotExist
	}
	for _, asked := range []bool{true, false} {
		config := Config{Libraries: asked, Time: DefaultTime}
		report, warnings, err := collectWindows(context.Background(), config, withFolders(t), nil, open)
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
		var got []inventory.Software
		for _, s := range report.Software {
			if s.Name == "OpenSSL" {
				got = append(got, s)
			}
		}
		var want []inventory.Software
		var facts map[string]string
		if asked {
			want = []inventory.Software{{Kind: "windows", Vendor: "The OpenSSL Project", Name: "OpenSSL", Version: "3.0.13", DiskPaths: []string{
				`C:\Program Files\A\libcrypto-3-x64.dll`, `C:\Program Files\A\libssl-3-x64.dll`,
				`D:\Apps\Tool\bin\libssl-3-x64.dll`, `D:\Apps\Tool\libcrypto-3-x64.dll`}}}
			facts = map[string]string{"Cut": cutRoot}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("asked for: %v (-want +got):\n%s", asked, diff)
		}
		if diff := cmp.Diff(facts, report.Facts["libraries"]); diff != "" {
			t.Errorf("facts, asked for: %v (-want +got):\n%s", asked, diff)
		}
	}
}

// TestLibrariesElsewhere: where they are not looked for, a warning says so. Folders are those of Linux machines, which
// an agent for Windows reads without packages of languages.
func TestLibrariesElsewhere(t *testing.T) {
	for _, test := range []struct {
		system, root string
		want         bool
	}{{"windows", "", true}, {"linux", "", true}, {"darwin", "", false}, {"linux", "/", true}, {"darwin", "/mnt", true},
		{"windows", `C:\image`, false}} {
		if got := hasLibraries(test.system, test.root); got != test.want {
			t.Errorf("%s, %q: %t", test.system, test.root, got)
		}
	}
}
