package windows_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

const (
	policies = `HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft`
	mdm      = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\PolicyManager\current\device`
	local    = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft`
	realtime = `\Windows Defender\Real-Time Protection`
	asrRules = `\Windows Defender\Windows Defender Exploit Guard\ASR\Rules`
	block    = "be9ba2d9-53ea-4cdc-84e5-9b1eeee46550"
)

func settingsOf(registry *windowstest.Registry) map[string]windows.Settings {
	return windows.ReadSettings(windows.NewReader(context.Background(), registry, func(string, error) {}))
}

// TestSettingsByEffectiveOrder: policy before MDM before local, in any spelling and kind. The keys are those of
// Microsoft's documentation, their values are made up.
func TestSettingsByEffectiveOrder(t *testing.T) {
	registry := windowstest.Load(t)
	value := func() (string, string) {
		found := settingsOf(registry)["defender"]
		return found.Values["DisableRealtimeMonitoring"], found.Origins["DisableRealtimeMonitoring"]
	}
	for _, step := range []struct{ text, value, origin string }{
		{"", "", ""},
		{local + realtime + "\n    disablerealtimemonitoring    REG_SZ     1 \n", "1", local + realtime + `\DisableRealtimeMonitoring`},
		{mdm + `\Defender` + "\n    AllowRealtimeMonitoring    REG_DWORD    0x1\n", "0", mdm + `\Defender\AllowRealtimeMonitoring`},
		{mdm + `\Defender` + "\n    AllowRealtimeMonitoring    REG_DWORD    0x0\n", "1", mdm + `\Defender\AllowRealtimeMonitoring`},
		{policies + realtime + "\n    DisableRealtimeMonitoring    REG_DWORD    0x1\n", "1",
			policies + realtime + `\DisableRealtimeMonitoring`},
	} {
		registry.Add(step.text)
		if got, origin := value(); got != step.value || origin != step.origin {
			t.Errorf("after %q: %q of %q, want %q of %q", step.text, got, origin, step.value, step.origin)
		}
	}
}

// TestRulesOfMDM: MDM has all rules in one text (the form is that of Microsoft's documentation of the policy
// AttackSurfaceReductionRules; the states are made up).
func TestRulesOfMDM(t *testing.T) {
	registry := windowstest.Load(t)
	registry.Add(mdm + "\\Defender\n    AttackSurfaceReductionRules    REG_SZ    75668c1f-73b5-4cf0-bb93-3ecf5cb7cc84=2|{" +
		strings.ToUpper(block) + "}=1\n")
	registry.Add(local + asrRules + "\n    " + block + "    REG_DWORD    0x0\n    56a863a9-875e-4185-98a7-b882c64b5ce5    REG_DWORD    0x6\n")
	want := map[string]string{"75668c1f-73b5-4cf0-bb93-3ecf5cb7cc84": "2", block: "1", "56a863a9-875e-4185-98a7-b882c64b5ce5": "6"}
	if diff := cmp.Diff(want, settingsOf(registry)["asr"].Values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSettingsThatCannotBeRead: such a key costs the facts that no place before it sets.
func TestSettingsThatCannotBeRead(t *testing.T) {
	registry := windowstest.Load(t)
	registry.Add(policies + realtime + "\n    DisableRealtimeMonitoring    REG_DWORD    0x1\n")
	registry.Add(local + realtime + "\n    DisableIOAVProtection    REG_DWORD    0x1\n")
	registry.Broken[mdm+`\Defender`] = fs.ErrPermission
	found := settingsOf(registry)["defender"]
	if diff := cmp.Diff(map[string]string{"DisableRealtimeMonitoring": "1"}, found.Values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := found.Unread["DisableIOAVProtection"]; got != mdm+`\Defender: permission denied` {
		t.Errorf("unread: %q", got)
	}
	if _, unread := found.Unread["DisableAntiSpyware"]; unread || found.Unread["DisableRealtimeMonitoring"] != "" {
		t.Error("more is unread than depends on the key:", found.Unread)
	}
	registry.Broken[policies+realtime] = errors.New(strings.Repeat("long ", 1000))
	if got := settingsOf(registry)["defender"].Unread["DisableRealtimeMonitoring"]; got == "" || len(got) > 500 {
		t.Errorf("unread: %q", got)
	}
}

// TestSettingsAreDescribed: doc/facts.md has every family of settings with its facts, and no others.
func TestSettingsAreDescribed(t *testing.T) {
	text, err := os.ReadFile("../../../../doc/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Settings of Windows\n")
	section, _, _ = strings.Cut(section, "\n## ")
	described := map[string]bool{}
	for line := range strings.Lines(section) {
		family, facts, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | ")
		for fact := range strings.SplitSeq(strings.Trim(facts, "` |\n"), "`, `") {
			if ok {
				described[fmt.Sprintf("%s %q", family, fact)] = true
			}
		}
	}
	told := map[string]bool{}
	for _, name := range windows.SettingNames() {
		told[name] = true
	}
	if diff := cmp.Diff(told, described); diff != "" {
		t.Errorf("doc/facts.md (-table +doc):\n%s", diff)
	}
}
