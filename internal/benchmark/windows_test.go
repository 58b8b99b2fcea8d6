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
	"github.com/muster-project/muster/internal/inventory/collect/windows/windowstest"
)

var regAdd = regexp.MustCompile(`^reg add "HKLM\\([^"]+)" /v (\S+) /t (REG_\w+) /d (\S+) /f$`)

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
	families := windows.SettingFamilies()
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
