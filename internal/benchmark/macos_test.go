package benchmark_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
)

var (
	defaultsWrite    = regexp.MustCompile(`^/usr/bin/defaults write "?(/Library/(?:Application Support/)?[^" ]+)"? (\w+) -(bool|int|string) "?([^"]+)"?$`)
	launchctlDisable = regexp.MustCompile(`(?m)^/bin/launchctl (disable|enable) system/(\S+)$`)
)

// TestCommandsForMacs: a Mac on which the command of a check was run is compliant. `defaults` and `launchctl` are done
// here, as property lists that they would leave.
func TestCommandsForMacs(t *testing.T) {
	b, tried := load(t), 0
	for _, d := range b.Definitions() {
		if d.Platforms[0] != inventory.MacOS {
			continue
		}
		files := map[string]string{}
		if parts := defaultsWrite.FindStringSubmatch(d.Command); parts != nil {
			value := map[string]string{"bool": "<" + parts[4] + "/>", "int": "<integer>" + parts[4] + "</integer>",
				"string": "<string>" + parts[4] + "</string>"}[parts[3]]
			files[parts[1]+".plist"] = "<key>" + parts[2] + "</key>" + value
		}
		for _, parts := range launchctlDisable.FindAllStringSubmatch(d.Command, -1) {
			files["/private/var/db/com.apple.xpc.launchd/disabled.plist"] += fmt.Sprintf("<key>%s</key><%t/>", parts[2], parts[1] == "disable")
			files["/System/Library/LaunchDaemons/"+parts[2]+".plist"] = "<key>Label</key><string>" + parts[2] + "</string>"
		}
		if len(files) == 0 {
			continue
		}
		facts, origins := collectMac(t, d.Cases.Compliant[0]["device"]["osVersion"], files)
		r := &inventory.Report{Device: inventory.Device{Name: "mac", OSPlatform: inventory.MacOS, OSVersion: "15.1"}, Facts: facts}
		for _, family := range d.Facts { // what else makes the check applicable
			for key, value := range d.Cases.Compliant[0][family] {
				if r.Facts[family] == nil {
					r.Facts[family] = map[string]string{}
				}
				if _, set := origins[family][key]; !set {
					r.Facts[family][key] = value
				}
			}
		}
		results, err := b.Evaluate(r)
		if got := said(results, d.ID); got != "compliant" || err != nil {
			t.Errorf("%s after %s: %s, %v", d.ID, d.Command, got, err)
		}
		if set := origins[d.Facts[0]]; len(set) == 0 {
			t.Errorf("%s: no fact that it reads is set by %s", d.ID, d.Command)
		}
		tried++
	}
	if tried < 25 {
		t.Errorf("only %d commands were tried", tried)
	}
}

// collectMac collects a Mac with property lists.
func collectMac(t *testing.T, version string, files map[string]string) (facts, origins inventory.Facts) {
	t.Helper()
	root := t.TempDir()
	if version == "" {
		version = "15.1"
	}
	for _, folder := range []string{"Library/Preferences", "private/var/db"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files["/System/Library/CoreServices/SystemVersion.plist"] = "<key>ProductVersion</key><string>" + version + "</string>"
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("<plist><dict>"+text+"</dict></plist>"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, _, err := collect.Collect(t.Context(), collect.Config{Root: root, Name: "mac", Mac: collect.MacDisks()})
	if err != nil {
		t.Fatal(err)
	}
	return r.Facts, r.Origins
}

// TestChecksOfMacsReadFacts: every fact of a case is one that the collector can send. doc/facts.md has them: a test of
// package macos/settings compares it with the code.
func TestChecksOfMacsReadFacts(t *testing.T) {
	text, err := os.ReadFile("../../doc/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Settings of macOS\n")
	known := map[string]string{"sshd": "", "sudo": ""} // those of Linux, of which a test has every key
	for line := range strings.Lines(section) {
		if family, facts, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | "); ok {
			known[family] = facts
		}
	}
	checks := map[string]bool{}
	for _, c := range cases(t) {
		if c.Device["osPlatform"] != inventory.MacOS {
			continue
		}
		checks[c.ID] = true
		for family, values := range c.Facts {
			facts, ok := known[family]
			if !ok {
				t.Errorf("%s: the collector does not send %s", c.ID, family)
			}
			for fact := range values {
				if facts != "" && !strings.Contains(facts, "`"+fact+"`") {
					t.Errorf("%s: the collector does not send %q of %s", c.ID, fact, family)
				}
			}
		}
	}
	if len(checks) < 45 {
		t.Errorf("macOS has %d checks", len(checks))
	}
}
