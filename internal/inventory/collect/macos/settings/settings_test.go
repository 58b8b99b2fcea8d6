package settings_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/macos/settings"
)

const hostID = "9C1B6A3E-0D1F-5B7A-8E44-2F6D1C9B0A11"

// dict is a property list in XML with keys and elements.
func dict(members ...string) string {
	text := "<plist version=\"1.0\"><dict>"
	for i := 0; i < len(members); i += 2 {
		text += "<key>" + members[i] + "</key>" + members[i+1]
	}
	return text + "</dict></plist>"
}

// read reads a family of the Mac in a folder.
func read(t testing.TB, root, family string, change func(*settings.Machine)) *facts.Found {
	t.Helper()
	opened, err := disk.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	m := &settings.Machine{Major: 14, Machine: &facts.Machine{
		Tree: disk.NewTree(context.Background(), opened, settings.MaxFiles, false), Warn: func(error) {}}}
	if change != nil {
		change(m)
	}
	i := slices.IndexFunc(settings.Families(), func(f settings.Family) bool { return f.Name == family })
	found, err := settings.Families()[i].Read(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Check(); err != nil {
		t.Fatal(err)
	}
	return found
}

// lay makes a Mac's folder with files, and with the folders that every Mac has.
func lay(t testing.TB, files map[string]string) string {
	t.Helper()
	all := map[string]string{}
	maps.Copy(all, files)
	for _, folder := range []string{"Library/Preferences", "private/var/db", "private/etc", "Users"} {
		all[folder+"/.localized"] = ""
	}
	return collecttest.LayMachine(t, all)
}

// have reads a family of a Mac that has files.
func have(t testing.TB, family string, files map[string]string) *facts.Found {
	t.Helper()
	return read(t, lay(t, files), family, nil)
}

// TestVolumes: of a copy without a folder that every Mac has, what is in there was not asked.
func TestVolumes(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"System/Library/LaunchDaemons/ssh.plist": dict("Label",
		"<string>com.openssh.sshd</string>")})
	for _, f := range settings.Families() {
		if found := read(t, root, f.Name, nil); found != nil {
			t.Errorf("%s of the system's volume: %v, unread %v", f.Name, found.Values, found.Unread)
		}
	}
}

// want compares the values of a family.
func want(t *testing.T, found *facts.Found, values map[string]string) {
	t.Helper()
	if diff := cmp.Diff(facts.Values(values), found.Values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEffectiveOrder: whichever places set a fact, the first one in macOS's order has it: a profile before what
// administrators and users set, and of these the one for this machine alone before that for any.
func TestEffectiveOrder(t *testing.T) {
	type order struct {
		family, fact, key string
		files             []string
	}
	orders := []order{
		{"update_macos", "AutomaticDownload", "AutomaticDownload", []string{
			"Library/Managed Preferences/com.apple.SoftwareUpdate.plist", "Library/Preferences/com.apple.SoftwareUpdate.plist"}},
		{"screensaver", "idleTime", "idleTime", []string{"Library/Managed Preferences/ann/com.apple.screensaver.plist",
			"Library/Managed Preferences/com.apple.screensaver.plist",
			"Users/ann/Library/Preferences/ByHost/com.apple.screensaver." + hostID + ".plist",
			"Users/ann/Library/Preferences/com.apple.screensaver.plist"}},
		{"login_macos", "RetriesUntilHint", "RetriesUntilHint", []string{
			"Library/Managed Preferences/com.apple.loginwindow.plist", "Library/Preferences/com.apple.loginwindow.plist"}},
		{"apps_macos", "Terminal SecureKeyboardEntry", "SecureKeyboardEntry", []string{
			"Library/Managed Preferences/ann/com.apple.Terminal.plist", "Library/Managed Preferences/com.apple.Terminal.plist",
			"Users/ann/Library/Preferences/com.apple.Terminal.plist"}},
	}
	top := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		o := rapid.SampledFrom(orders).Draw(r, "fact")
		root, err := os.MkdirTemp(top, "")
		if err != nil {
			t.Fatal(err)
		}
		wanted := ""
		for _, folder := range []string{"Users/ann", "Library/Preferences"} {
			if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for i, file := range o.files {
			if !rapid.Bool().Draw(r, file) {
				continue
			}
			value := fmt.Sprint(10 + i)
			if wanted == "" {
				wanted = value
			}
			file = filepath.Join(root, file)
			text := dict("Other", "<true/>", o.key, "<integer>"+value+"</integer>")
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		found := read(t, root, o.family, nil)
		if got, have := found.Values[o.fact]; got != wanted || have != (wanted != "") {
			r.Fatalf("%s is %q, want %q", o.fact, got, wanted)
		}
		if origin := found.Origins[o.fact]; (origin != "") != (wanted != "") || strings.Contains(origin, "ann") {
			r.Fatalf("the origin is %q", origin)
		}
	})
}

// TestUsers: users who differ are all told, and one for whom nothing is set.
func TestUsers(t *testing.T) {
	const saver = "/Library/Preferences/ByHost/com.apple.screensaver." + hostID + ".plist"
	files := map[string]string{"Users/ann" + saver: dict("idleTime", "<integer>300</integer>"), "Users/bob/x": "", "Users/cid/x": "",
		"Users/Shared/x": "", "Users/.localized": "", "Users/Guest/x": ""}
	want(t, have(t, "screensaver", files), map[string]string{"idleTime": "- 300"})
	files["Library/Managed Preferences/com.apple.screensaver.plist"] = dict("idleTime", "<integer>600</integer>", "askForPassword", "<true/>")
	want(t, have(t, "screensaver", files), map[string]string{"idleTime": "600", "askForPassword": "1"})
	files["Library/Managed Preferences/bob/com.apple.screensaver.plist"] = dict("idleTime", "<integer>0</integer>")
	want(t, have(t, "screensaver", files), map[string]string{"idleTime": "0 600", "askForPassword": "1"})
	alone := map[string]string{"Library/Managed Preferences/com.apple.screensaver.plist": dict("idleTime", "<integer>600</integer>")}
	want(t, have(t, "screensaver", alone), map[string]string{"idleTime": "600"})
}

// TestHosts: settings of another machine, which a user brought along, are not this one's.
func TestHosts(t *testing.T) {
	folder := "Users/ann/Library/Preferences/ByHost/com.apple.screensaver."
	root := lay(t, map[string]string{folder + hostID + ".plist": dict("idleTime", "<integer>300</integer>"),
		folder + strings.Replace(hostID, "9C", "00", 1) + ".plist": dict("idleTime", "<integer>900</integer>")})
	want(t, read(t, root, "screensaver", func(m *settings.Machine) { m.Host = hostID }), map[string]string{"idleTime": "300"})
	found := read(t, root, "screensaver", nil)
	if found.Values["idleTime"] != "" || !strings.Contains(found.Unread["idleTime"], "several machines") {
		t.Errorf("without the machine's id: %v, unread %v", found.Values, found.Unread)
	}
}

// TestValues: truth in any kind of value, values that count as texts, inverted ones, lists, files.
func TestValues(t *testing.T) {
	want(t, have(t, "login_macos", map[string]string{
		"Library/Preferences/com.apple.loginwindow.plist": dict("GuestEnabled", "<string>YES</string>", "autoLoginUser",
			"<string>ann</string>", "LoginwindowText", "<string> </string>", "SHOWFULLNAME", "<integer>1</integer>"),
		"Library/Security/PolicyBanner.rtf": "",
	}), map[string]string{"GuestEnabled": "1", "autoLoginUser": "1", "SHOWFULLNAME": "1", "PolicyBanner": "1"})
	managed := map[string]string{"Library/Managed Preferences/com.apple.MCX.plist": dict("DisableGuestAccount", "<true/>"),
		"Library/Preferences/com.apple.loginwindow.plist": dict("GuestEnabled", "<true/>")}
	want(t, have(t, "login_macos", managed), map[string]string{"GuestEnabled": "0"})
	managed["Library/Managed Preferences/com.apple.MCX.plist"] = dict("DisableGuestAccount", "<false/>", "EnableGuestAccount", "<true/>")
	want(t, have(t, "login_macos", managed), map[string]string{"GuestEnabled": "1"})
	state := func(text string) string {
		return "<dict><key>LastKnownEncryptionState</key><string>" + text + "</string></dict>"
	}
	want(t, have(t, "backup_macos", map[string]string{"Library/Preferences/com.apple.TimeMachine.plist": dict("Destinations",
		"<array>"+state("NotEncrypted")+state("Encrypted")+state("Encrypted")+"</array>")}),
		map[string]string{"LastKnownEncryptionState": "Encrypted NotEncrypted"})
	want(t, have(t, "sharing_macos", map[string]string{
		"Library/Preferences/SystemConfiguration/com.apple.nat.plist": dict("NAT", "<dict><key>Enabled</key><integer>1</integer></dict>")}),
		map[string]string{"NAT Enabled": "1"})
	want(t, have(t, "gatekeeper", map[string]string{"private/var/db/SystemPolicy-prefs.plist": dict("enabled", "<string>no</string>")}),
		map[string]string{"EnableAssessment": "0"})
}

// TestUnread: a place that cannot be read costs the facts that no place before it sets.
func TestUnread(t *testing.T) {
	found := have(t, "update_macos", map[string]string{
		"Library/Managed Preferences/com.apple.SoftwareUpdate.plist": dict("AutomaticDownload", "<true/>"),
		"Library/Preferences/com.apple.SoftwareUpdate.plist":         "text"})
	want(t, found, map[string]string{"AutomaticDownload": "1"})
	for fact, unread := range map[string]bool{"AutomaticDownload": false, "ConfigDataInstall": true, "AutomaticallyInstallAppUpdates": false} {
		if (found.Unread[fact] != "") != unread {
			t.Errorf("%s is unread because of %q", fact, found.Unread[fact])
		}
	}
	if found := have(t, "update_macos", map[string]string{"x": ""}); len(found.Values)+len(found.Unread) > 0 {
		t.Errorf("without any file: %v, unread %v", found.Values, found.Unread)
	}
}

// TestFirewall: a profile is one on every release; from macOS 15 on the file that is left says nothing.
func TestFirewall(t *testing.T) {
	files := map[string]string{"Library/Preferences/com.apple.alf.plist": dict("globalstate", "<integer>2</integer>",
		"stealthenabled", "<integer>0</integer>", "loggingenabled", "<integer>1</integer>"),
		"Library/Managed Preferences/com.apple.security.firewall.plist": dict("EnableStealthMode", "<true/>")}
	root := lay(t, files)
	want(t, read(t, root, "firewall_macos", nil),
		map[string]string{"EnableFirewall": "1", "BlockAllIncoming": "1", "EnableStealthMode": "1", "EnableLogging": "1"})
	for _, major := range []int{0, 15, 26} {
		found := read(t, root, "firewall_macos", func(m *settings.Machine) { m.Major = major })
		want(t, found, map[string]string{"EnableStealthMode": "1"})
		if found.Unread["EnableFirewall"] == "" || found.Unread["EnableStealthMode"] != "" {
			t.Errorf("macOS %d: unread %v", major, found.Unread)
		}
	}
	files["Library/Preferences/com.apple.alf.plist"] = dict("globalstate", "<integer>0</integer>")
	want(t, have(t, "firewall_macos", files), map[string]string{"EnableFirewall": "0", "BlockAllIncoming": "0", "EnableStealthMode": "1"})
}

// TestLaunchd: what an administrator has disabled or enabled, else what the job says. Without the system's volume only
// the former is known.
func TestLaunchd(t *testing.T) {
	const daemons = "System/Library/LaunchDaemons/"
	files := map[string]string{
		"private/var/db/com.apple.xpc.launchd/disabled.plist": dict("com.openssh.sshd", "<false/>", "com.apple.smbd", "<true/>", "com.example", "<true/>"),
	}
	found := have(t, "launchd", files)
	want(t, found, map[string]string{"com.openssh.sshd": "enabled", "com.apple.smbd": "disabled"})
	if found.Unread[facts.Any] == "" {
		t.Error("without the system's volume everything else is known")
	}
	files[daemons+"ssh.plist"] = dict("Label", "<string>com.openssh.sshd</string>", "Disabled", "<true/>")
	files[daemons+"com.apple.smbd.plist"] = dict("Label", "<string>com.apple.smbd</string>")
	files[daemons+"com.apple.eppc.plist"] = dict("Label", "<string>com.apple.AEServer</string>", "Disabled", "<true/>")
	files[daemons+"com.apple.timed.plist"] = dict("Label", "<string>com.apple.timed</string>")
	found = have(t, "launchd", files)
	want(t, found, map[string]string{"com.openssh.sshd": "enabled", "com.apple.smbd": "disabled", "com.apple.AEServer": "disabled",
		"com.apple.timed": "enabled"})
	if len(found.Unread) > 0 {
		t.Error("unread:", found.Unread)
	}
	files["private/var/db/com.apple.xpc.launchd/disabled.plist"] = "text"
	if found = have(t, "launchd", files); len(found.Values) > 0 || found.Unread[facts.Any] == "" {
		t.Error("overrides that cannot be read:", found.Values, found.Unread)
	}
}

// TestAccounts: states and names, and nothing that a password or hint says.
func TestAccounts(t *testing.T) {
	const users = "private/var/db/dslocal/nodes/Default/users/"
	one := func(text string) string { return "<array><string>" + text + "</string></array>" }
	files := map[string]string{
		users + "root.plist": dict("uid", one("0"), "passwd", one("*")),
		users + "ann.plist": dict("uid", one("501"), "hint", one("the dog"), "authentication_authority",
			one(";ShadowHash;HASHLIST:&lt;SALTED-SHA512-PBKDF2&gt;")),
		users + "bob.plist": dict("uid", one("0"), "hint", one("")),
		"private/var/db/dslocal/nodes/Default/groups/admin.plist": dict("users", "<array><string>root</string><string>ann</string></array>"),
	}
	found := have(t, "accounts_macos", files)
	want(t, found, map[string]string{"uid0": "bob root", "hints": "ann", "root": "disabled", "admins": "root ann"})
	files[users+"root.plist"] = dict("uid", one("0"), "authentication_authority", one(";ShadowHash;"))
	if got := have(t, "accounts_macos", files).Values["root"]; got != "enabled" {
		t.Error("with a password root is", got)
	}
	files[users+"root.plist"] = dict("uid", one("0"), "authentication_authority", "<array><string>;ShadowHash;</string><string>;DisabledUser;</string></array>")
	if got := have(t, "accounts_macos", files).Values["root"]; got != "disabled" {
		t.Error("a disabled root is", got)
	}
	files[users+"bob.plist"] = "text"
	if found := have(t, "accounts_macos", files); len(found.Values) > 0 || found.Unread[facts.Any] == "" {
		t.Error("an account that cannot be read:", found.Values, found.Unread)
	}
	if found := have(t, "accounts_macos", map[string]string{"x": ""}); found != nil {
		t.Error("without a directory:", found)
	}
}

// TestHomes: folders of users that others may list, and that of the guest.
func TestHomes(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"Users/ann/x": "", "Users/bob/x": "", "Users/cid/x": "", "Users/Guest/x": "",
		"Users/Shared/x": ""})
	for name, mode := range map[string]os.FileMode{"ann": 0o700, "bob": 0o711, "cid": 0o750, "Shared": 0o777} {
		if err := os.Chmod(filepath.Join(root, "Users", name), mode); err != nil {
			t.Fatal(err)
		}
	}
	want(t, read(t, root, "homes", nil), map[string]string{"open": "cid", "guest": "yes"})
}

// TestAudit: the file is that of Apple's manual page audit_control(5); without it nothing is set.
func TestAudit(t *testing.T) {
	const file = "private/etc/security/audit_control"
	found := have(t, "audit_control", map[string]string{file: "#\n# $P4: audit_control $\n#\ndir:/var/audit\nflags:lo,aa\nminfree:5\n" +
		"naflags:lo,aa\npolicy:cnt,argv\nfilesz:2M\nexpire-after:10M\nsuperuser-set-sflags-mask:has_authenticated\n"})
	want(t, found, map[string]string{"dir": "/var/audit", "flags": "lo,aa", "minfree": "5", "naflags": "lo,aa", "policy": "cnt,argv",
		"filesz": "2M", "expire-after": "10M"})
	if found.Origins["flags"] != "/"+file+":5" {
		t.Error("origin", found.Origins["flags"])
	}
	if found := have(t, "audit_control", map[string]string{"x": ""}); found == nil || len(found.Values)+len(found.Unread) > 0 {
		t.Error("without the file:", found)
	}
}

// TestShared: sshd and sudo are read as on Linux, through macOS's link to /private/etc.
func TestShared(t *testing.T) {
	files := map[string]string{"etc": "-> private/etc", "private/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*\n",
		"private/etc/ssh/sshd_config.d/100-macos.conf": "UsePAM yes\nPermitRootLogin no\n",
		"private/etc/sudoers":                          "Defaults timestamp_timeout=0, !tty_tickets\nDefaults log_allowed\n%admin ALL = (ALL) ALL\n"}
	want(t, have(t, "sshd", files), map[string]string{"UsePAM": "yes", "PermitRootLogin": "no"})
	want(t, have(t, "sudo", files), map[string]string{"timestamp_timeout": "0", "timestamp_type": "global", "log_allowed": "yes",
		"nopasswd": "", "noauthenticate": ""})
}

// TestDescribed: doc/facts.md has every family of a Mac with its facts, and no others.
func TestDescribed(t *testing.T) {
	text, err := os.ReadFile("../../../../../doc/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Settings of macOS\n")
	section, _, _ = strings.Cut(section, "\n## ")
	described, told := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(section) {
		family, names, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | ")
		for name := range strings.SplitSeq(strings.Trim(names, "` |\n"), "`, `") {
			if ok {
				described[fmt.Sprintf("%s %q", family, name)] = true
			}
		}
	}
	names := settings.Names()
	for family, all := range names {
		for _, name := range all {
			told[fmt.Sprintf("%s %q", family, name)] = true
		}
	}
	if diff := cmp.Diff(told, described); diff != "" {
		t.Errorf("doc/facts.md (-code +doc):\n%s", diff)
	}
	for _, f := range settings.Families() {
		if names[f.Name] == nil && f.Name != "sshd" && f.Name != "sudo" {
			t.Errorf("the facts of %q are not known here", f.Name)
		}
	}
}
