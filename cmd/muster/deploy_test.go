package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/testneed"
)

// TestServersUnit: systemd finds nothing wrong with the unit of the server and little that could be
// taken from it, and the program accepts its command line and settings.
func TestServersUnit(t *testing.T) {
	const folder = "../../deploy/systemd/"
	text, err := os.ReadFile(folder + "muster.service")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(folder + "server.env")
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range regexp.MustCompile(`(?m)^#?(MUSTER_\w+)=(.*)$`).FindAllStringSubmatch(string(settings), -1) {
		t.Setenv(setting[1], setting[2])
	}
	started := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/muster (.*)$`).FindStringSubmatch(string(text))
	if started == nil {
		t.Fatal("the unit does not start muster")
	}
	parser, err := newProgram().Parser(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(strings.Fields(started[1]))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for _, flag := range parsed.Flags() {
		values[flag.Name] = parsed.FlagValue(flag)
	}
	if values["listen"] != ":8443" || values["tls-key"] != "/etc/muster/key.pem" {
		t.Errorf("settings: %v", values)
	}

	analyze, place := testneed.Command(t, "systemd-analyze"), t.TempDir()
	program, unit := filepath.Join(place, "muster"), filepath.Join(place, "muster.service")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	placed := strings.NewReplacer("/usr/local/bin/muster", program, "/bin/kill", program).Replace(string(text))
	if err := os.WriteFile(unit, []byte(placed), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", unit).CombinedOutput()
	if err != nil || len(said) > 0 {
		t.Errorf("systemd-analyze verify: %v: %s", err, said)
	}
	// The threshold is in tenths of the exposure.
	said, err = exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=15", unit).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v: %s", err, said)
	}
}
