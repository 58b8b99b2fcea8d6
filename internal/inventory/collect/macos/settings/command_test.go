package settings_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/macos/settings"
)

// recording is what a tool printed, with where that was published (testdata/README.md).
type recording struct {
	Tool   string            `json:"tool"`
	Output string            `json:"output"`
	Facts  map[string]string `json:"facts"`
	Source string            `json:"source"`
}

func recordings(t testing.TB) (all []recording) {
	t.Helper()
	data, err := os.ReadFile("testdata/tools.json")
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestTools: what tools printed gives these facts, and each tool has a recording.
func TestTools(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range recordings(t) {
		seen[r.Tool] = true
		got := settings.Tell(r.Tool, r.Output)
		delete(got, "") // that an answer was understood
		if diff := cmp.Diff(r.Facts, got); diff != "" {
			t.Errorf("%s: %q (-want +got):\n%s", r.Tool, r.Output, diff)
		}
		if r.Source == "" {
			t.Errorf("%s: %q has no source", r.Tool, r.Output)
		}
	}
	for _, line := range settings.Lines() {
		if !seen[line] {
			t.Errorf("%s has no recording", line)
		}
	}
}

// ask reads a family of a machine whose tools print something.
func ask(t *testing.T, family string, answers map[string]string, failed error) *facts.Found {
	t.Helper()
	return read(t, lay(t, nil), family, func(m *settings.Machine) {
		m.Run = func(program string, arguments ...string) (string, error) {
			answer, known := answers[strings.Join(arguments, " ")]
			if !known {
				return "", failed
			}
			return answer, failed
		}
	})
}

// TestToolsThatTellNothing: a tool that is missing, fails, refuses or prints something new costs its own facts; one
// that fails and answers has answered.
func TestToolsThatTellNothing(t *testing.T) {
	failed := errors.New("exit status 1")
	found := ask(t, "protection_running", map[string]string{"status": "FileVault is Off.\n",
		"boot-args": "nvram: Error getting variable - 'boot-args': (iokit/common) data was not found\n"}, failed)
	want(t, found, map[string]string{"FileVault": "off", "MobileFileIntegrity": "enabled"})
	if got := found.Unread["AuthenticatedRoot"]; got != "csrutil authenticated-root status: exit status 1" {
		t.Errorf("unread: %q", got)
	}
	found = ask(t, "network_time", map[string]string{
		"-getusingnetworktime": "You need administrator access to run this tool... exiting!\n"}, nil)
	if got := found.Unread["UsingNetworkTime"]; got != "systemsetup -getusingnetworktime: permission denied" {
		t.Errorf("unread: %q", got)
	}
	if got := found.Unread["NetworkTimeServer"]; !strings.Contains(got, "not understood") {
		t.Errorf("unread: %q", got)
	}
	for _, family := range []string{"power_macos", "passwords_macos"} {
		if found = ask(t, family, nil, failed); found.Unread[facts.Any] == "" || len(found.Values) > 0 {
			t.Errorf("%s: %v, unread %v", family, found.Values, found.Unread)
		}
	}
	found = ask(t, "passwords_macos", map[string]string{"-getaccountpolicies": "Getting global account policies\n"}, nil)
	if len(found.Values)+len(found.Unread) > 0 {
		t.Error("without policies:", found.Values, found.Unread)
	}
}

// TestCopiesAreNotAsked: no tool is run on a copy, so its families are not in the report.
func TestCopiesAreNotAsked(t *testing.T) {
	root := lay(t, nil)
	for _, family := range []string{"protection_running", "gatekeeper_running", "firewall_macos_running", "network_time", "power_macos",
		"enrollment", "passwords_macos"} {
		if found := read(t, root, family, nil); found != nil {
			t.Errorf("%s of a copy: %v", family, found)
		}
	}
}

// FuzzTools: whatever a tool prints, it tells nothing but its facts, and those are short.
func FuzzTools(f *testing.F) {
	for _, r := range recordings(f) {
		f.Add(r.Output)
	}
	known := map[string]bool{"": true}
	for _, names := range settings.Names() {
		for _, name := range names {
			known[name] = true
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, line := range settings.Lines() {
			for key, value := range settings.Tell(line, text) {
				if !known[key] || len(value) > 1024 {
					t.Errorf("%s tells %q: %.100q", line, key, value)
				}
			}
		}
	})
}

// FuzzFiles: whatever stands in a file, reading it ends with facts within their limits.
func FuzzFiles(f *testing.F) {
	f.Add("flags:lo,aa\n")
	f.Add(dict("com.openssh.sshd", "<true/>", "uid", "<array><string>0</string></array>", "Label", "<string>com.apple.smbd</string>"))
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "-> ") {
			t.Skip("it is a link for the helper")
		}
		root := lay(t, map[string]string{"private/etc/security/audit_control": text,
			"private/var/db/com.apple.xpc.launchd/disabled.plist":   text,
			"System/Library/LaunchDaemons/ssh.plist":                text,
			"private/var/db/dslocal/nodes/Default/users/root.plist": text,
			"Library/Preferences/com.apple.loginwindow.plist":       text})
		for _, family := range []string{"audit_control", "launchd", "accounts_macos", "login_macos"} {
			read(t, root, family, nil)
		}
	})
}
