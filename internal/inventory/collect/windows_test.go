package collect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/security"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

const (
	servicing = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages`
	programs  = `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\`
	sqlServer = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft SQL Server\Instance Names\SQL`
)

// collectRecorded collects a recorded registry.
func collectRecorded(t *testing.T, registry *windowstest.Registry, name string) (*inventory.Report, []Warning) {
	t.Helper()
	config := Config{Name: name, Time: DefaultTime}
	report, warnings, err := collectWindows(context.Background(), config, registry, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report, warnings
}

func TestWindows(t *testing.T) {
	got, warnings := collectRecorded(t, windowstest.Load(t, "testdata/windows11.reg"), "")
	want := &inventory.Report{
		Source: Source, Collector: inventory.Collector{Name: "muster"},
		Device: inventory.Device{
			ID:   inventory.DeriveID("6f1c9b1e-3d52-4c0e-9a77-0d1f6a2b8c44", "PC-7.corp.example.com"),
			Name: "PC-7.corp.example.com", OSPlatform: "Windows11", OSVersion: "10.0.22631.4751", OSArchitecture: "x64",
		},
		Software: []inventory.Software{
			{
				Kind: "windows", Vendor: "Igor Pavlov", Name: "7-Zip 22.01 (x64)", Version: "22.01",
				DiskPaths:     []string{`C:\Program Files\7-Zip\`},
				RegistryPaths: []string{`HKEY_LOCAL_MACHINE\` + programs + `7-Zip`},
			},
			{
				Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome", Version: "81.0.4044.138",
				DiskPaths:     []string{`C:\Program Files (x86)\Google\Chrome\Application`},
				RegistryPaths: []string{`HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\Google Chrome`},
			},
			{
				Kind: "windows", Vendor: "Zoom Video Communications, Inc.", Name: "Zoom Workplace", Version: "6.1.0 (41193)",
				RegistryPaths: []string{`HKEY_USERS\S-1-5-21-1004336348-1177238915-682003330-1001\` + programs + `Zoom`},
			},
		},
		Hotfixes: []string{"KB2461484", "KB5002138", "KB5051989", "KB890830"},
		Facts: inventory.Facts{"windows": {"CurrentBuildNumber": "22631", "UBR": "4751", "EditionID": "Professional",
			"DisplayVersion": "23H2", "ReleaseId": "2009", "InstallationType": "Client", "ProductType": "WinNT"}},
	}
	for _, family := range windows.SettingFamilies() {
		want.Facts[family] = map[string]string{} // the recorded registry sets nothing of them
	}
	if diff := cmp.Diff(want, got); diff != "" || len(warnings) > 0 {
		t.Errorf("warnings %v, (-want +got):\n%s", warnings, diff)
	}
}

// TestWindowsAnswers: what Windows answers of its security reaches the report; what it refuses is unread, and what it
// does not have is absent. One that does not answer costs its own family alone.
func TestWindowsAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		answer := func(facts map[string]string, err error) func() (map[string]string, error) {
			return func() (map[string]string, error) { return facts, err }
		}
		families := []security.Family{
			{Name: security.Passwords, Ask: func() (map[string]string, error) { <-end; return nil, nil }},
			{Name: security.Volumes, Ask: answer(nil, security.ErrAbsent)},
			{Name: security.Rights, Ask: answer(nil, fmt.Errorf("asking: %w", fs.ErrPermission))},
			{Name: security.Defender, Ask: answer(map[string]string{"\x00": strings.Repeat("x", 1<<20)}, nil)},
			{Name: security.DeviceGuard, Ask: func() (map[string]string, error) { panic("no") }},
			{Name: security.Accounts, Ask: answer(map[string]string{"Guest Enabled": "no"}, nil)},
		}
		got, warnings, err := collectWindows(t.Context(), Config{Time: DefaultTime},
			windowstest.Load(t, "testdata/windows11.reg"), families, nil)
		close(end)
		if err != nil {
			t.Fatal(err)
		}
		if got.Facts[security.Accounts]["Guest Enabled"] != "no" || got.Unread[security.Accounts] != nil {
			t.Error(got.Facts[security.Accounts], got.Unread)
		}
		if _, have := got.Facts[security.Volumes]; have || got.Unread[security.Volumes] != nil {
			t.Error("volumes are told:", got.Facts[security.Volumes], got.Unread[security.Volumes])
		}
		for _, family := range []string{security.Passwords, security.Rights, security.Defender, security.DeviceGuard} {
			if _, have := got.Facts[family]; have || got.Unread[family]["*"] == "" {
				t.Errorf("%s: facts %v, unread %q", family, got.Facts[family], got.Unread[family])
			}
		}
		if got.Unread[security.Rights]["*"] != "permission denied" || len(warnings) != 4 {
			t.Error(got.Unread[security.Rights], warnings)
		}
	})
}

// TestWindowsSettings: settings reach the report with what set them, and with what could not be read.
func TestWindowsSettings(t *testing.T) {
	const lsa = `HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Lsa`
	registry := windowstest.Load(t, "testdata/windows11.reg")
	registry.Add(lsa + "\n    RunAsPPL    REG_DWORD    0x2\n")
	registry.Broken[`HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\LDAP`] = fs.ErrPermission
	got, warnings := collectRecorded(t, registry, "")
	if got.Facts["lsa"]["RunAsPPL"] != "2" || got.Origins["lsa"]["RunAsPPL"] != lsa+`\RunAsPPL` || len(got.Origins) != 1 {
		t.Errorf("facts %v of %v", got.Facts["lsa"], got.Origins)
	}
	if got.Unread["lsa"]["LDAPClientIntegrity"] == "" || len(got.Unread["lsa"]) != 1 || len(warnings) != 1 {
		t.Errorf("unread %v, warnings %v", got.Unread, warnings)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

// TestWindowsRegistryThatCannotBeRead: what a key contains is absent if it could not be read, and keeps its earlier
// state. A machine without such a key has an empty list: judging tells the two apart.
func TestWindowsRegistryThatCannotBeRead(t *testing.T) {
	empty, _ := collectRecorded(t, windowstest.Load(t), "h")
	want := &inventory.Report{Source: Source, Collector: inventory.Collector{Name: "muster"},
		Device: inventory.Device{Name: "h"}, Software: []inventory.Software{}, Hotfixes: []string{}}
	if diff := cmp.Diff(want, empty); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for path, missing := range map[string]string{
		servicing: "hotfixes",
		`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`: "software, hotfixes",
		sqlServer: "software",
		`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion`: "facts",
	} {
		registry := windowstest.Load(t, "testdata/windows11.reg")
		registry.Broken[path] = errors.New("access is denied")
		got, warnings := collectRecorded(t, registry, "")
		var absent []string
		if got.Software == nil {
			absent = append(absent, "software")
		}
		if got.Hotfixes == nil {
			absent = append(absent, "hotfixes")
		}
		if got.Facts == nil {
			absent = append(absent, "facts")
		}
		if strings.Join(absent, ", ") != missing || len(warnings) == 0 {
			t.Errorf("%s: absent %q, want %q; warnings %v", path, absent, missing, warnings)
		}
	}
}

// TestWindowsSystems: the build says which release, the product type whether it is a server. Builds and revisions are
// published (PowerShell/PowerShell#2995, microsoft/sfs-client#185, pruggitorg/detect-windows-version#23), the rest of
// each key is made up.
func TestWindowsSystems(t *testing.T) {
	const ten = "    CurrentMajorVersionNumber    REG_DWORD    0xa\n    CurrentMinorVersionNumber    REG_DWORD    0x0\n" +
		"    CurrentVersion    REG_SZ    6.3\n"
	for _, test := range []struct{ version, product, platform, build string }{
		{ten + "    CurrentBuildNumber    REG_SZ    14393\n    UBR    REG_DWORD    577\n    InstallationType    REG_SZ    Client",
			"WinNT", "Windows10", "10.0.14393.577"},
		{ten + "    CurrentBuildNumber    REG_SZ    22631\n    UBR    REG_DWORD    3296", "WinNT", "Windows11", "10.0.22631.3296"},
		{ten + "    CurrentBuildNumber    REG_SZ    17763\n    UBR    REG_DWORD    4737\n    InstallationType    REG_SZ    Server",
			"ServerNT", "WindowsServer2019", "10.0.17763.4737"},
		{ten + "    CurrentBuildNumber    REG_SZ    17763\n    UBR    REG_DWORD    4737", "LanmanNT", "WindowsServer2019", "10.0.17763.4737"},
		{ten + "    CurrentBuildNumber    REG_SZ    17763\n    UBR    REG_DWORD    4737", "WinNT", "Windows10", "10.0.17763.4737"},
		{ten + "    CurrentBuildNumber    REG_SZ    20348\n    InstallationType    REG_SZ    Server Core", "", "WindowsServer2022", "10.0.20348"},
		{ten + "    CurrentBuildNumber    REG_SZ    14393\n    InstallationType    REG_SZ    Nano Server", "", "WindowsServer2016", "10.0.14393"},
		{"    CurrentVersion    REG_SZ    6.3\n    CurrentBuild    REG_SZ    9600\n    InstallationType    REG_SZ    Server",
			"ServerNT", "WindowsServer2012R2", "6.3.9600"},
	} {
		registry := windowstest.Load(t)
		registry.Add("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\n" + test.version + "\n")
		if test.product != "" {
			registry.Add(fmt.Sprintf("HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions\n"+
				"    ProductType    REG_SZ    %s\n", test.product))
		}
		got, _ := collectRecorded(t, registry, "h")
		if got.Device.OSPlatform != test.platform || got.Device.OSVersion != test.build ||
			got.Facts["windows"]["ProductType"] != test.product {
			t.Errorf("%q %s is %q %q %v, want %q %q", test.version, test.product, got.Device.OSPlatform, got.Device.OSVersion,
				got.Facts, test.platform, test.build)
		}
	}
	_, _, err := collectWindows(context.Background(), Config{Time: DefaultTime}, windowstest.Load(t), nil, nil)
	if !errors.Is(err, ErrNoName) {
		t.Errorf("without a name: %v", err)
	}
}

// TestEverySourceOfWindows: what each source has reaches the report.
func TestEverySourceOfWindows(t *testing.T) {
	files := []string{"testdata/windows11.reg"}
	for _, name := range []string{"servicing", "framework", "runtimes", "store", "sql", "office"} {
		files = append(files, "windows/testdata/"+name+".reg")
	}
	got, warnings := collectRecorded(t, windowstest.Load(t, files...), "")
	if len(warnings) > 0 {
		t.Error(warnings)
	}
	for _, name := range []string{"Zoom Workplace", "Rocket", "Microsoft .NET SDK 8.0.303 (x86)", "Microsoft SQL Server 2025"} {
		if !slices.ContainsFunc(got.Software, func(s inventory.Software) bool { return s.Name == name }) {
			t.Errorf("no %s", name)
		}
	}
	for _, family := range []string{"windows", "office", "dotnet", "sqlserver"} {
		if len(got.Facts[family]) == 0 {
			t.Errorf("no facts %s", family)
		}
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}
