package benchmark_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/security"
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

var (
	regAdd   = regexp.MustCompile(`^reg add "HKLM\\([^"]+)" /v (\S+) /t (REG_\w+) /d (\S+) /f$`)
	auditpol = regexp.MustCompile(`^auditpol /set /subcategory:"\{(0CCE92[0-9A-F]{2}-69AE-11D9-BED3-505054503030)\}"((?: /(?:success|failure):enable)+)$`)
	account  = regexp.MustCompile(`^net accounts /(\w+):(\d+)$`)
)

// TestCommandsForWindows: a machine on which the command of a check was run is compliant, on a machine that the check
// applies to. The keys are made up of those commands.
func TestCommandsForWindows(t *testing.T) {
	b, tried := load(t), 0
	for _, d := range b.Definitions() {
		parts := regAdd.FindStringSubmatch(d.Command)
		if !strings.HasPrefix(d.Platforms[0], "Windows") || parts == nil {
			continue
		}
		registry := windowstest.Load(t)
		registry.Add(fmt.Sprintf("HKEY_LOCAL_MACHINE\\%s\n    %s    %s    %s\n", parts[1], parts[2], parts[3], parts[4]))
		r := machineOf(d.Cases.Compliant[0], registry)
		r.Device = inventory.Device{Name: "pc", OSPlatform: d.Platforms[0], OSVersion: "10.0.17763.1"}
		results, err := b.Evaluate(r)
		if got := said(results, d.ID); got != "compliant" || err != nil {
			t.Errorf("%s after %s: %s, %v", d.ID, d.Command, got, err)
		}
		tried++
	}
	if tried < 40 {
		t.Errorf("only %d commands were tried", tried)
	}
}

// TestCommandsForPolicies: so is one on which a command for the policy of accounts or the audit policy was run. GUIDs
// are checked against the names of Microsoft's "Auditing Constants", the options of net accounts against its help.
func TestCommandsForPolicies(t *testing.T) {
	options := map[string]string{"uniquepw": "PasswordHistorySize", "maxpwage": "MaximumPasswordAge", "minpwage": "MinimumPasswordAge",
		"minpwlen": "MinimumPasswordLength", "lockoutduration": "LockoutDuration", "lockoutthreshold": "LockoutBadCount",
		"lockoutwindow": "ResetLockoutCount"}
	b, tried, guids := load(t), 0, map[string]string{}
	for _, d := range b.Definitions() {
		facts := inventory.Facts{}
		if parts := account.FindStringSubmatch(d.Command); parts != nil {
			facts["password_policy"] = map[string]string{options[parts[1]]: parts[2]}
		} else if parts := auditpol.FindStringSubmatch(d.Command); parts != nil {
			subcategory, _, _ := strings.Cut(strings.TrimPrefix(d.Name, "Audit "), ":")
			words := strings.Fields(strings.NewReplacer("/", "", ":enable", "").Replace(parts[2]))
			facts["audit_policy"] = map[string]string{subcategory: strings.Join(words, " ")}
			guids[parts[1][6:8]] = subcategory
		} else {
			continue
		}
		results, err := b.Evaluate(&inventory.Report{Facts: facts,
			Device: inventory.Device{Name: "pc", OSPlatform: d.Platforms[0], OSVersion: "10.0.17763.1"}})
		if got := said(results, d.ID); got != "compliant" || err != nil {
			t.Errorf("%s after %s: %s, %v", d.ID, d.Command, got, err)
		}
		tried++
	}
	if tried != 7+27 {
		t.Errorf("%d commands were tried", tried)
	}
	for number, subcategory := range map[string]string{"3F": "Credential Validation", "39": "Application Group Management",
		"17": "Account Lockout", "1B": "Special Logon", "44": "Detailed File Share", "45": "Removable Storage", "49": "Group Membership",
		"48": "PNP Activity", "28": "Sensitive Privilege Use", "32": "MPSSVC Rule-Level Policy Change"} {
		if guids[number] != subcategory {
			t.Errorf("0CCE92%s is %q, want %q", number, guids[number], subcategory)
		}
	}
}

// machineOf returns the report of a machine with the settings of a registry. Facts that say that a check applies
// come from its case.
func machineOf(facts inventory.Facts, registry *windowstest.Registry) *inventory.Report {
	r := &inventory.Report{Facts: inventory.Facts{"windows": facts["windows"]}}
	reader := windows.NewReader(context.Background(), registry, func(string, error) {})
	for family, settings := range windows.ReadSettings(reader) {
		r.Facts[family] = settings.Values
		if on := facts[family]["fDenyTSConnections"]; on != "" {
			settings.Values["fDenyTSConnections"] = on
		}
	}
	return r
}

// TestChecksOfWindowsReadSettings: every fact of a case is one that the collector can send. doc/facts.md has them: a
// test of package windows compares it with the table.
func TestChecksOfWindowsReadSettings(t *testing.T) {
	text, err := os.ReadFile("../../doc/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if family, facts, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | "); ok {
			known[family] = facts
		}
	}
	families := append(windows.SettingFamilies(), security.Passwords, security.Accounts, security.Audit, security.Rights,
		security.Services, security.Defender, security.DeviceGuard)
	for _, c := range cases(t) {
		for family, values := range c.Facts {
			for fact := range values {
				if slices.Contains(families, family) && !strings.Contains(known[family], "`"+fact+"`") {
					t.Errorf("%s: the collector does not send %q of %s", c.ID, fact, family)
				}
			}
		}
	}
}
