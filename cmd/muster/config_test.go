package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/console"
)

const configDoc = "../../doc/config.md"

// The table of settings in doc/config.md matches the command line; -update writes it.
func TestConfigDoc(t *testing.T) {
	text, err := os.ReadFile(configDoc)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- settings -->\n", "<!-- end of settings -->\n"
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("no table between %q and %q", begin, end)
	}
	want := settingsTable(t)
	if *update {
		if err := os.WriteFile(configDoc, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got), go test -update writes it:\n%s", configDoc, diff)
	}
}

// setting is a row of the table: a flag with a variable, of some commands.
type setting struct {
	flag     *kong.Flag
	commands []string
}

func settingsTable(t *testing.T) string {
	all := map[string]*setting{}
	var names []string
	for _, leaf := range commandLine(t).Leaves(true) {
		for _, group := range leaf.AllFlags(true) {
			for _, flag := range group {
				if !console.IsSetting(flag) {
					continue
				}
				if all[flag.Name] == nil {
					all[flag.Name] = &setting{flag: flag}
					names = append(names, flag.Name)
				}
				all[flag.Name].commands = append(all[flag.Name].commands, strings.TrimPrefix(leaf.Path(), "muster "))
			}
		}
	}
	slices.Sort(names)
	table := "| flag | variable | default | commands | meaning |\n|---|---|---|---|---|\n"
	for _, name := range names {
		table += all[name].row()
	}
	return table
}

func (s *setting) row() string {
	value := "none"
	if s.flag.HasDefault {
		value = "`" + s.flag.Default + "`"
	}
	commands := strings.Join(s.commands, ", ")
	if len(s.commands) > 3 {
		commands = "all that need the state"
		if slices.Contains(s.commands, "serve") {
			commands += ", serve"
		}
	}
	return fmt.Sprintf("| `--%s` | `%s` | %s | %s | %s |\n", s.flag.Name, s.flag.Envs[0], value, commands, s.flag.Help)
}

func commandLine(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := newProgram().Parser(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// A variable is named after its flag, and a flag means the same everywhere.
func TestSettingNames(t *testing.T) {
	seen := map[string]string{}
	for _, leaf := range commandLine(t).Leaves(true) {
		for _, group := range leaf.AllFlags(true) {
			for _, flag := range group {
				if len(flag.Envs) == 0 {
					continue
				}
				want := []string{"MUSTER_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))}
				if diff := cmp.Diff(want, flag.Envs); diff != "" {
					t.Errorf("variables of --%s (-want +got):\n%s", flag.Name, diff)
				}
				if other, ok := seen[flag.Name]; ok && other != flag.Default {
					t.Errorf("--%s has the defaults %q and %q", flag.Name, other, flag.Default)
				}
				seen[flag.Name] = flag.Default
			}
		}
	}
	if len(seen) == 0 {
		t.Error("no settings found")
	}
}

// Every command says what it does, shows an example and its exit statuses.
func TestHelpSuffices(t *testing.T) {
	for _, leaf := range commandLine(t).Leaves(true) {
		for _, part := range []string{"Examples:\n\n    muster ", "Exit statuses: 0 "} {
			if !strings.Contains(leaf.Detail, part) {
				t.Errorf("the help of %s lacks %q", leaf.Path(), part)
			}
		}
		for _, group := range leaf.AllFlags(true) {
			for _, flag := range group {
				if flag.Help == "" {
					t.Errorf("%s: --%s has no help", leaf.Path(), flag.Name)
				}
			}
		}
	}
}
