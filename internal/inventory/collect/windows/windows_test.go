package windows_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

const user = `HKEY_USERS\S-1-5-21-1004336348-1177238915-682003330-1001`

// reader reads a recorded registry and must not warn.
func reader(t *testing.T, files ...string) *windows.Reader {
	t.Helper()
	return windows.NewReader(context.Background(), windowstest.Load(t, files...), func(what string, err error) {
		t.Errorf("warning: %s: %v", what, err)
	})
}

// lines writes software for comparison.
func lines(list []inventory.Software) (all []string) {
	for _, s := range list {
		all = append(all, fmt.Sprintf("%s|%s|%s|%s|%s|%s", s.Vendor, s.Name, s.Version, s.BundleID,
			strings.Join(s.DiskPaths, " "), strings.Join(s.RegistryPaths, " ")))
	}
	return all
}

func TestHotfixes(t *testing.T) {
	want := []string{"KB2461484", "KB5002138", "KB5054156", "KB5120708"}
	if got := windows.Hotfixes(reader(t, "testdata/servicing.reg")); !slices.Equal(got, want) {
		t.Errorf("hotfixes %q, want %q", got, want)
	}
	if got := windows.Hotfixes(reader(t)); got == nil || len(got) != 0 {
		t.Errorf("without updates: %#v, want an empty list", got)
	}
}

func TestFrameworks(t *testing.T) {
	const ndp = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\NET Framework Setup\NDP\`
	const dotnet = `\dotnet\Setup\InstalledVersions\`
	got, facts := windows.Frameworks(reader(t, "testdata/framework.reg", "testdata/runtimes.reg"))
	want := []string{
		`Microsoft Corporation|Microsoft .NET Framework 4.8||||` + ndp + `v4\Full`,
		`Microsoft Corporation|Microsoft .NET Framework 3.5 SP1||||` + ndp + `v3.5`,
		`Microsoft Corporation|Microsoft .NET Framework 3.0 SP2||||` + ndp + `v3.0`,
		`Microsoft Corporation|Microsoft .NET Framework 2.0 SP2||||` + ndp + `v2.0.50727`,
	}
	for _, runtime := range []string{
		`Runtime - 3.1.2 (x64)|3.1.2|||HKEY_LOCAL_MACHINE\SOFTWARE` + dotnet + `x64\sharedfx\Microsoft.NETCore.App`,
		`Runtime - 8.0.11 (x64)|8.0.11|||` + node + dotnet + `x64\sharedfx\Microsoft.NETCore.App`,
		`Runtime - 9.0.0-preview.7.24405.7 (x64)|9.0.0-preview.7.24405.7|||` + node + dotnet + `x64\sharedfx\Microsoft.NETCore.App`,
	} {
		want = append(want, "Microsoft Corporation|Microsoft .NET "+runtime)
	}
	want = append(want,
		`Microsoft Corporation|Microsoft Windows Desktop Runtime - 8.0.11 (x64)|8.0.11|||`+node+dotnet+`x64\sharedfx\Microsoft.WindowsDesktop.App`,
		`Microsoft Corporation|Microsoft ASP.NET Core 8.0.11 - Shared Framework (x64)|8.0.11|||`+node+dotnet+`x64\sharedfx\Microsoft.AspNetCore.App`,
		`Microsoft Corporation|Microsoft .NET SDK 8.0.303 (x86)|8.0.303|||`+node+dotnet+`x86\sdk`)
	if diff := cmp.Diff(want, lines(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"Release": "528209", "Version": "4.8.03921"}, facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

const node = `HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node`

// The release numbers are those of Microsoft's table, each on one version of Windows.
func TestFrameworkReleases(t *testing.T) {
	for number, release := range map[int]string{
		0: "4", 378389: "4.5", 378758: "4.5.1", 379893: "4.5.2", 393297: "4.6", 394271: "4.6.1", 394806: "4.6.2", 460805: "4.7",
		461310: "4.7.1", 461814: "4.7.2", 528049: "4.8", 528372: "4.8", 528449: "4.8", 533325: "4.8.1", 533509: "4.8.1",
	} {
		registry := windowstest.Load(t)
		registry.Add(fmt.Sprintf("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full\n"+
			"    Install    REG_DWORD    1\n    Release    REG_DWORD    %d\n", number))
		got, _ := windows.Frameworks(windows.NewReader(context.Background(), registry, nil))
		if len(got) != 1 || got[0].Name != "Microsoft .NET Framework "+release {
			t.Errorf("release %d: %v, want %s", number, lines(got), release)
		}
	}
}

func TestStorePackages(t *testing.T) {
	const packages = user + `\Software\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages\`
	const all = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore\`
	entry := func(vendor, name, version, family, place, full, folder string) string {
		return strings.Join([]string{vendor, name, version, family, folder, place + full}, "|")
	}
	const rocket, paint = "AcmeCorporation.Rocket_2.699.877.0_x64__9w0rk8h2q4b6t", "Microsoft.MSPaint_6.2410.13017.0_x64__8wekyb3d8bbwe"
	const teams, apps = "MSTeams_24295.605.3225.8804_x64__8wekyb3d8bbwe", `C:\Program Files\WindowsApps\`
	want := []string{
		entry("", "Rocket", "2.699.877.0", "AcmeCorporation.Rocket_9w0rk8h2q4b6t", packages, rocket, apps+rocket),
		entry("Microsoft Corporation", "Microsoft.MSPaint", "6.2410.13017.0", "Microsoft.MSPaint_8wekyb3d8bbwe", packages, paint,
			apps+paint),
		entry("Microsoft Corporation", "Microsoft.VCLibs.140.00", "14.0.25426.0", "Microsoft.VCLibs.140.00_8wekyb3d8bbwe", packages,
			"Microsoft.VCLibs.140.00_14.0.25426.0_x64__8wekyb3d8bbwe", ""),
		entry("Microsoft Corporation", "MSTeams", "24295.605.3225.8804", "MSTeams_8wekyb3d8bbwe", all+`Applications\`, teams, apps+teams),
		entry("Microsoft Corporation", "NcsiUwpApp", "1000.19041.423.0", "NcsiUwpApp_8wekyb3d8bbwe", all+`InboxApplications\`,
			"NcsiUwpApp_1000.19041.423.0_neutral_neutral_8wekyb3d8bbwe", ""),
	}
	if diff := cmp.Diff(want, lines(windows.StorePackages(reader(t, "testdata/store.reg")))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The ids of publishers are the hash of their certificate's subject: the first eight bytes of SHA-256 of UTF-16, in
// Crockford's base 32.
func TestPublishers(t *testing.T) {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	for subject, want := range map[string]string{
		"CN=Microsoft Corporation, O=Microsoft Corporation, L=Redmond, S=Washington, C=US": "8wekyb3d8bbwe",
		"CN=Microsoft Windows, O=Microsoft Corporation, L=Redmond, S=Washington, C=US":     "cw5n1h2txyewy",
	} {
		var text []byte
		for _, unit := range utf16.Encode([]rune(subject)) {
			text = binary.LittleEndian.AppendUint16(text, unit)
		}
		sum := sha256.Sum256(text)
		bits := binary.BigEndian.Uint64(sum[:8])
		id := ""
		for i := range 12 {
			id += digits[bits>>(59-5*i)&31:][:1]
		}
		id += digits[bits<<1&31:][:1] // 64 bits and a zero
		if id != want {
			t.Errorf("%s: %s, want %s", subject, id, want)
		}
		registry := windowstest.Load(t)
		registry.Add(`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore\Applications\A_1.0_x64__` + id)
		if got := windows.StorePackages(windows.NewReader(context.Background(), registry, nil)); got[0].Vendor != "Microsoft Corporation" {
			t.Errorf("the maker of %s is %q", id, got[0].Vendor)
		}
	}
}

func TestSQLServers(t *testing.T) {
	const key = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft SQL Server\`
	got, facts := windows.SQLServers(reader(t, "testdata/sql.reg"))
	want := []string{
		`Microsoft Corporation|Microsoft SQL Server 2025|17.0.5005.3||` +
			`C:\Program Files\Microsoft SQL Server\MSSQL17.MSSQLSERVER\MSSQL\Binn|` + key + `MSSQL17.MSSQLSERVER\Setup`,
		`Microsoft Corporation|Microsoft SQL Server 2016|13.0.5149.0|||` + key + `MSSQL13.OLD\Setup`,
	}
	if diff := cmp.Diff(want, lines(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"MSSQLSERVER": "17.0.5005.3 Enterprise Edition",
		"OLD": "13.0.5149.0 Enterprise Edition"}, facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if list, facts := windows.SQLServers(reader(t)); list == nil || facts != nil {
		t.Errorf("without SQL Server: %v, %v", list, facts)
	}
}

// Made up, after Microsoft's table of builds: service packs count in the second number.
func TestSQLBuilds(t *testing.T) {
	for version, want := range map[string]string{
		"10.53.6000.34": "2008 R2 10.50.6000.34", "10.4.6000.29": "2008 10.0.6000.29", "11.4.7001.0": "2012 11.0.7001.0",
		"12.3.6433.1": "2014 12.0.6433.1", "15.0.4415.2": "2019 15.0.4415.2", "8.00.194": "", "16": "", "x.0.1": "",
	} {
		registry := windowstest.Load(t)
		registry.Add("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft SQL Server\\Instance Names\\SQL\n    A    REG_SZ    I\n" +
			"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft SQL Server\\I\\Setup\n    Version    REG_SZ    " + version + "\n")
		list, _ := windows.SQLServers(windows.NewReader(context.Background(), registry, nil))
		got := ""
		for _, s := range list {
			got = strings.TrimPrefix(s.Name, "Microsoft SQL Server ") + " " + s.Version
		}
		if got != want {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
	}
}

func TestOffice(t *testing.T) {
	want := map[string]string{
		"Channel": "Monthly Enterprise Channel", "ProductReleaseIds": "O365ProPlusRetail,VisioProRetail",
		"VersionToReport": "16.0.17928.20114", "Platform": "x64", "UpdatesEnabled": "True",
		"CDNBaseUrl":    "http://officecdn.microsoft.com/pr/7ffbc6bf-bc32-4f92-8982-f9dd17fd3114",
		"UpdateChannel": "http://officecdn.microsoft.com/pr/55336b82-a18d-4dd6-b5f6-9e5095c314a6",
	}
	if diff := cmp.Diff(want, windows.Office(reader(t, "testdata/office.reg"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := windows.Office(reader(t)); got != nil {
		t.Errorf("without Office: %v", got)
	}
}

func TestExchange(t *testing.T) {
	want := map[string]string{"Release": "2019", "CumulativeUpdateBuild": "15.2.1118.7",
		"MsiInstallPath": `C:\Program Files\Microsoft\Exchange Server\V15\`}
	if diff := cmp.Diff(want, windows.Exchange(reader(t, "testdata/exchange.reg"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := windows.Exchange(reader(t)); got != nil {
		t.Errorf("without Exchange: %v", got)
	}
}

// TestUnreadableKeys: a source is complete only if every key that exists was read.
func TestUnreadableKeys(t *testing.T) {
	const packages = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages`
	denied := errors.New("access is denied")
	for _, path := range []string{packages, packages + `\Package_for_KB5054156~31bf3856ad364e35~amd64~~26100.1.1.0`} {
		registry := windowstest.Load(t, "testdata/servicing.reg")
		registry.Broken[path] = denied
		var warned []string
		r := windows.NewReader(context.Background(), registry, func(what string, err error) {
			if !errors.Is(err, denied) {
				t.Error(err)
			}
			warned = append(warned, what)
		})
		if windows.Hotfixes(r); r.IsComplete() || !slices.Equal(warned, []string{path}) {
			t.Errorf("%s: complete %v, warned of %q", path, r.IsComplete(), warned)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	r := windows.NewReader(ended, windowstest.Load(t, "testdata/servicing.reg"), func(string, error) {})
	if windows.Programs(r); r.IsComplete() {
		t.Error("complete although the time was over")
	}
}

func TestPeople(t *testing.T) {
	for sid, want := range map[string]bool{
		"S-1-5-21-1004336348-1177238915-682003330-1001": true, "S-1-12-1-1778064242-1251273316-772277320-2482684374": true,
		"S-1-5-21-1004336348-1177238915-682003330-1001_Classes": false, "S-1-5-18": false, ".DEFAULT": false, "S-1-5-80-1": false,
	} {
		if windows.IsPerson(sid) != want {
			t.Errorf("%s: want %v", sid, want)
		}
	}
}

// FuzzRegistry: no registry makes a source fail, and no software is without a name.
func FuzzRegistry(f *testing.F) {
	for _, name := range []string{"servicing", "framework", "runtimes", "store", "sql", "office", "exchange"} {
		text, err := os.ReadFile("testdata/" + name + ".reg")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		registry := windowstest.Load(t)
		registry.Add(text)
		r := windows.NewReader(context.Background(), registry, func(string, error) {})
		list := append(windows.Programs(r), windows.StorePackages(r)...)
		frameworks, _ := windows.Frameworks(r)
		servers, _ := windows.SQLServers(r)
		for _, s := range slices.Concat(list, frameworks, servers) {
			if s.Name == "" || len(s.RegistryPaths) == 0 {
				t.Fatalf("%+v", s)
			}
		}
		windows.ReadSystem(r)
		windows.Office(r)
		windows.Exchange(r)
		windows.Hotfixes(r)
	})
}
