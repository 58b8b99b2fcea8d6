package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
)

// needed are arguments that a command needs before it looks at the file that a flag names.
var needed = map[string][]string{
	"client add":    {"x", "--permission", "Software.Read.All"},
	"client change": {"x", "--name", "y"},
	"client rotate": {"x"}, "client remove": {"x"},
	"collect":       {"--name", "x"},
	"enroll create": {"x"}, "enroll remove": {"x"}, "enroll reset": {"x"}, "enroll allow": {"x"},
	"export":      {"software", "-"},
	"feed remove": {"kev", "kev"},
	"key rotate":  {"token"},
	"device show": {"x"}, "device accept": {"x"}, "device remove": {"x"}, "enroll accept": {"x"},
	"group set": {"-"}, "group remove": {"x"}, "organization add": {"x"},
	"feed import":        {"x"},
	"feed bundle create": {"x", "--sign-with", "bundle.key"}, "feed bundle distrust": {"x"},
	"feed bundle trust":  {"muster-bundle:" + strings.Repeat("A", 43) + "="},
	"feed bundle import": {"bundle"}, "benchmark import": {"checks"},
	"exception add": {"CVE-2024-1234", "--reason", "x"}, "exception remove": {"x"}, "exception import": {"-"},
	"title confirm": {"x", "x", "none"}, "title remove": {"x", "x"},
	"man":        {"pages"},
	"move":       {"--data", "data"},
	"notify set": {"rule.json"}, "notify remove": {"x"}, "notify test": {"x"}, "notify preview": {"x"},
	"report": {"-"},
	"scan":   {"-"}, "session end": {"--all"},
	"why": {"CVE-2024-1234", "x"},
}

// elsewhere are flags whose file or folder a command makes, or does not need.
var elsewhere = []string{"output", "audit", "cache", "state", "data", "administrator"}

// leaves returns the commands that have no commands below them.
func leaves(t *testing.T) []*kong.Node {
	t.Helper()
	parser, err := newProgram().Parser(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model.Leaves(true)
}

// said runs a command line and returns its status and its error.
func said(t *testing.T, line []string) (status int, complaint string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	status = run(ctx, line, strings.NewReader(""), &out, &errs)
	return status, errs.String()
}

var opened = regexp.MustCompile(`^(?:open|stat|read) |"`)

// checkOnce makes sure that no part of an error is said twice.
func checkOnce(t *testing.T, line []string, complaint string) {
	t.Helper()
	for text := range strings.Lines(complaint) {
		var parts []string
		for part := range strings.SplitSeq(strings.TrimSpace(text), ": ") {
			part = opened.ReplaceAllString(part, "")
			if slices.Contains(parts, part) && part != "muster" {
				t.Errorf("muster %s says %q twice: %s", strings.Join(line, " "), part, text)
			}
			parts = append(parts, part)
		}
	}
}

// A file or folder that is absent has one exit status, whatever command and flag name it, and the
// error names it once. Only a data folder has a status of its own.
func TestAbsentFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	nowhere, seen := filepath.Join(t.TempDir(), "nowhere"), 0
	made := newSite(t)
	made.muster("organization", "add", "x")
	if status, complaint := said(t, []string{"feed", "bundle", "key", "bundle.key"}); status != 0 {
		t.Fatal(complaint)
	}
	for name, text := range map[string]string{"bundle": "x", "checks/a.yaml": "version: 1\n",
		"rule.json": `{"name":"x","events":["finding"]}`} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(line ...string) {
		seen++
		status, complaint := said(t, line)
		if status != console.StatusInput || !strings.Contains(complaint, nowhere) {
			t.Errorf("muster %s: status %d, want %d: %s", strings.Join(line, " "), status, console.StatusInput, complaint)
		}
		checkOnce(t, line, complaint)
	}
	for _, leaf := range leaves(t) {
		command := strings.Fields(leaf.FullPath())[1:]
		base := append(slices.Clone(command), needed[strings.Join(command, " ")]...)
		for _, flag := range slices.Concat(leaf.AllFlags(true)...) {
			line := append(slices.Clone(base), "--"+flag.Name, nowhere)
			switch {
			case !slices.Contains([]string{"FILE", "DIR", "PATH"}, flag.PlaceHolder) || slices.Contains(elsewhere, flag.Name):
				continue
			case flag.Name == "ca-file" && (command[0] == "serve" || command[0] == "scan" || line[0] == "feed" && line[1] == "import" || line[0] == "login"):
				continue // it is read when something is fetched or asked
			case flag.Name == "ca-file":
				line = append(line, "--server", "https://127.0.0.1:1")
			case strings.HasPrefix(flag.Name, "tls-"):
				line = append(line, "--data", "data", "--tls-cert", nowhere, "--tls-key", nowhere)
			case flag.Name == "key" && line[0] == "feed" && line[1] == "import":
				continue // it looks at its input first
			case flag.Name == "key":
				line = append(line, "--database", "postgres://muster@127.0.0.1:1/muster", "--files", "file://"+made.data)
			case flag.Name == "from": // for a folder that exists
				line = append(line, "--data", made.data)
			case command[0] == "serve" || leaf.Name == "add" || leaf.Name == "rotate" || flag.Name == "list":
				line = append(line, "--data", "data")
			case command[0] == "scan":
				line = []string{"scan", "--" + flag.Name, nowhere}
			}
			check(line...)
		}
	}
	for _, line := range []string{"report %", "feed import %", "feed import kev %", "group set %", "login % --server http://127.0.0.1:1",
		"scan %"} {
		line := strings.Fields(strings.ReplaceAll(line, "%", nowhere))
		if line[0] != "login" && line[0] != "scan" {
			line = append(line, "--data", "data")
		}
		check(line...)
	}
	if seen < 50 {
		t.Errorf("%d command lines tried", seen)
	}
}

// A wrong flag, a wrong value and an absent folder are said once, by every command.
func TestNothingIsSaidTwice(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for i, leaf := range leaves(t) {
		command := strings.Fields(leaf.FullPath())[1:]
		base := append(slices.Clone(command), needed[strings.Join(command, " ")]...)
		lines := [][]string{append(slices.Clone(base), "--colour")}
		for _, flag := range slices.Concat(leaf.AllFlags(true)...) {
			switch {
			case flag.Name == "data" && command[0] != "serve" && command[0] != "demo":
				lines = append(lines, append(slices.Clone(base), "--data", fmt.Sprint("nowhere", i)))
			case flag.Name == "server":
				lines = append(lines, append(slices.Clone(base), "--server", "http://127.0.0.1:1"),
					append(slices.Clone(base), "--server", "nowhere"))
			case !flag.IsBool() && flag.Target.Kind() != reflect.String && !flag.IsSlice():
				lines = append(lines, append(slices.Clone(base), "--"+flag.Name+"=few"))
			}
		}
		for _, line := range lines {
			status, complaint := said(t, line)
			if status == console.StatusDone && !slices.Contains(line, "--data") { // a few commands make the folder
				t.Errorf("muster %s: done", strings.Join(line, " "))
			}
			checkOnce(t, line, complaint)
		}
	}
}
