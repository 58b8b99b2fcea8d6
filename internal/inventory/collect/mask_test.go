package collect

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

func TestMaskPath(t *testing.T) {
	for path, want := range map[string]string{
		`C:\Users\ann\AppData\Local\Programs\Python\`: `C:\Users\*\AppData\Local\Programs\Python\`,
		`d:/users/Ann O'Neil/x`:                       `d:/users/*/x`,
		`C:\Documents and Settings\ann\x`:             `C:\Documents and Settings\*\x`,
		`\\?\C:\Users\ANNAMU~1\x`:                     `\\?\C:\Users\*\x`,
		`\\files\users$\ann\x`:                        `\\files\users$\*\x`,
		`C:\Users\ann`:                                `C:\Users\*`,
		`/Users/ann/Applications/Zoom.app`:            `/Users/*/Applications/Zoom.app`,
		`/System/Volumes/Data/Users/ann/x`:            `/System/Volumes/Data/Users/*/x`,
		`/Volumes/Backup/Users/ann/x`:                 `/Volumes/Backup/Users/*/x`,
		`/home/ann/.local/bin/x`:                      `/home/*/.local/bin/x`,
		`/var/home/ann/x`:                             `/var/home/*/x`,
		`HKEY_USERS\S-1-5-21-1004336348-1177238915-682003330-1001\SOFTWARE\x`:                   `HKEY_USERS\*\SOFTWARE\x`,
		`HKEY_USERS\S-1-12-1-1778064242-1251273316-772277320-2482684374_Classes\Local Settings`: `HKEY_USERS\*_Classes\Local Settings`,
		`HKEY_LOCAL_MACHINE\x\AppxAllUserStore\s-1-5-21-1-2-3-500\y`:                            `HKEY_LOCAL_MACHINE\x\AppxAllUserStore\*\y`,

		// These name nobody.
		`C:\Users\Public\x`: `C:\Users\Public\x`, `/Users/Shared/x`: `/Users/Shared/x`, `C:\Users`: `C:\Users`, ``: ``,
		`C:\Program Files\Tool\Users\x`:                                          `C:\Program Files\Tool\Users\x`,
		`/Library/Java/JavaVirtualMachines/jdk-17.jdk/Contents/Home/bin`:         `/Library/Java/JavaVirtualMachines/jdk-17.jdk/Contents/Home/bin`,
		`HKEY_USERS\S-1-5-18\SOFTWARE\x`:                                         `HKEY_USERS\S-1-5-18\SOFTWARE\x`,
		`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`: `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`,
	} {
		if got := MaskPath(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

// TestMaskLaw: whoever the user is, his name is gone, what leads to his folder and what is below it stays, and masking
// again changes nothing.
func TestMaskLaw(t *testing.T) {
	homes := rapid.SampledFrom([]string{`C:\Users\`, `D:/Users/`, `E:\Documents and Settings\`, `\\?\C:\Users\`, "/Users/",
		"/home/", "/var/home/", "/System/Volumes/Data/Users/", `\\server\home\`, `HKEY_USERS\`})
	rapid.Check(t, func(t *rapid.T) {
		home := homes.Draw(t, "home")
		name := rapid.StringMatching(`[\pL\pN .'_~$-]{1,20}`).Filter(func(s string) bool { return !isShared(s) }).Draw(t, "name")
		if strings.HasPrefix(home, "HKEY_") {
			name = rapid.StringMatching(`[Ss]-1-(5-21-[0-9]{1,10}-[0-9]{1,10}-[0-9]{1,10}-[0-9]{1,6}|12-1-[0-9]{1,10})`).Draw(t, "sid")
		}
		rest := rapid.StringMatching(`([\\/][a-z. ]{1,8}){0,4}[\\/]?`).Draw(t, "rest")
		got := MaskPath(home + name + rest)
		if want := home + "*" + rest; got != want {
			t.Fatalf("%q is %q, want %q", home+name+rest, got, want)
		}
		if again := MaskPath(got); again != got {
			t.Fatalf("masked again %q is %q", got, again)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-C]:(\\[A-Za-z]{1,6}){0,5}`)).Draw(t, "path")
		got := MaskPath(path)
		if MaskPath(got) != got {
			t.Fatalf("%q is %q, then %q", path, got, MaskPath(got))
		}
		if !strings.Contains(strings.ToLower(path), "user") && !strings.Contains(strings.ToLower(path), "home") &&
			!strings.Contains(strings.ToLower(path), "settings") && !strings.Contains(strings.ToLower(path), "s-1-") && got != path {
			t.Fatalf("%q is %q", path, got)
		}
	})
}

// TestUsersOfReports: a report has no user's name or identifier in its paths, unless it is asked for.
func TestUsersOfReports(t *testing.T) {
	const sid = "S-1-5-21-1004336348-1177238915-682003330-1001"
	for _, asked := range []bool{false, true} {
		registry := windowstest.Load(t, "testdata/windows11.reg", "windows/testdata/store.reg")
		registry.Add(`HKEY_USERS\` + sid + `\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Own` + "\n" +
			"    DisplayName    REG_SZ    Own\n    InstallLocation    REG_SZ    C:\\Users\\ann\\Own\n")
		report, _, err := collectWith(context.Background(), Config{UserNames: asked, Root: "/"},
			func(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
				return collectWindows(ctx, config, registry, nil, nil)
			})
		if err != nil {
			t.Fatal(err)
		}
		named := 0
		for _, s := range report.Software {
			if paths := strings.Join(append(s.DiskPaths, s.RegistryPaths...), " "); strings.Contains(paths, sid) ||
				strings.Contains(paths, `\ann\`) {
				named++
			}
		}
		if asked != (named > 0) {
			t.Errorf("asked for: %v, but %d entries name a user", asked, named)
		}
	}
}
