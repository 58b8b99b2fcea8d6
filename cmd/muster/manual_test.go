package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/testneed"
)

// words is what may come next after a command: commands or values of the first argument, and flags.
type words struct {
	node  *kong.Node
	path  []string
	names []string
	flags []string
}

// everyCommand reads the model of the program by itself, as a shell's completion must know it.
func everyCommand(t *testing.T) (all []words) {
	t.Helper()
	parser, err := newProgram().Parser(&bytes.Buffer{}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	var visit func(n *kong.Node, path []string)
	visit = func(n *kong.Node, path []string) {
		one := words{node: n, path: path}
		for _, group := range n.AllFlags(false) {
			for _, f := range group {
				one.flags = append(one.flags, "--"+f.Name)
			}
		}
		if len(n.Positional) > 0 && n.Positional[0].Enum != "" {
			one.names = slices.DeleteFunc(n.Positional[0].EnumSlice(), func(v string) bool { return v == "" })
		}
		for _, child := range n.Children {
			one.names = append(one.names, child.Name)
			visit(child, append(slices.Clone(path), child.Name))
		}
		slices.Sort(one.flags)
		slices.Sort(one.names)
		all = append(all, one)
	}
	visit(parser.Model.Node, nil)
	if len(all) < 40 {
		t.Fatalf("%d commands", len(all))
	}
	return all
}

// asker asks a shell, which has read the script in a file, for the completions of lines, the last
// word of which is unfinished. Each line of the reply has those of one line.
type asker struct {
	command []string
	// script reads the file, and then completes each line of standard input.
	script string
}

// The drivers call completion as the shells do: with the words of the line and the place of the
// cursor. zsh's own functions that show candidates are replaced by ones that keep them, and of those
// the ones that begin as the word does are printed.
var shells = map[string]asker{
	"bash": {[]string{"bash", "--norc", "-c"}, `source "$1"
		while IFS= read -r line; do
			line=${line//=/ = }
			read -ra COMP_WORDS <<<"$line"
			[[ $line == *" " ]] && COMP_WORDS+=("")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
			_muster
			echo "${COMPREPLY[*]}"
		done`},
	"zsh": {[]string{"zsh", "-f", "-c"}, `compdef() { :; }
		_describe() { local list=$@[-1]; local one; for one in ${(P)list}; do found+=(${one%%:*}); done; }
		compadd() { shift; found+=($@); }
		_files() { found+=($PREFIX*(N)); }
		source "$1"
		while IFS= read -r line; do
			words=(${=line}); [[ $line == *" " ]] && words+=("")
			CURRENT=$#words; PREFIX=$words[-1]; found=()
			_muster
			print -r -- ${(M)found:#$PREFIX*}
		done`},
	"fish": {[]string{"fish", "--no-config", "-c"}, `source $argv[1]
		while read -l line
			echo (complete -C "$line" | string replace -r '\t.*' '')
		end`},
}

func (a asker) ask(t *testing.T, script string, lines []string) [][]string {
	t.Helper()
	args := append(slices.Clone(a.command[1:]), a.script)
	if a.command[0] != "fish" {
		args = append(args, a.command[0])
	}
	command := exec.Command(a.command[0], append(args, script)...)
	command.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(command.Dir, "zz-report.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	command.Env = append(os.Environ(), "HOME="+command.Dir)
	command.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("%v: %s", err, &complaints)
	}
	var replies [][]string
	for line := range strings.Lines(string(out)) {
		found := strings.Fields(line)
		slices.Sort(found)
		replies = append(replies, found)
	}
	if len(replies) != len(lines) {
		t.Fatalf("%d replies to %d lines", len(replies), len(lines))
	}
	return replies
}

// Shells complete every command, flag and value, also behind flags with values, and nothing else.
func TestCompletion(t *testing.T) {
	commands := everyCommand(t)
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			testneed.Command(t, name)
			status, text, stderr := muster(t, "completion", name)
			if status != 0 {
				t.Fatal(stderr)
			}
			script := filepath.Join(t.TempDir(), "muster.sh")
			if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var lines []string
			var want [][]string
			add := func(line string, found []string) { lines, want = append(lines, line), append(want, found) }
			for _, c := range commands {
				line := strings.Join(append([]string{"muster"}, c.path...), " ") + " "
				if len(c.names) > 0 {
					add(line, c.names)
					add(line+"--config serve ", c.names) // the file's name is no command
				}
				add(line+"--", c.flags)
			}
			add("muster serve --log-format ", []string{"json", "text"})
			add("muster serve --memory 3 --log-level w", []string{"warn"})
			add("muster report zz", []string{"zz-report.json"})
			add("muster report --ca-file zz", []string{"zz-report.json"})
			add("muster nonsense --js", []string{})
			if name == "bash" {
				lines, want = withEquals(lines, want)
			}
			for i, found := range shell.ask(t, script, lines) {
				if name == "bash" && strings.HasSuffix(lines[i], "report zz") {
					continue // complete -o default
				}
				if !slices.Equal(found, want[i]) && len(found)+len(want[i]) > 0 {
					t.Errorf("%q: %q, want %q", lines[i], found, want[i])
				}
			}
		})
	}
}

// withEquals adds lines with --flag=value, which bash cuts at the sign.
func withEquals(lines []string, want [][]string) ([]string, [][]string) {
	return append(lines, "muster serve --log-format=", "muster serve --log-format=j", "muster --config=serve client r"),
		append(want, []string{"json", "text"}, []string{"json"}, []string{"remove", "rotate"})
}

// Scripts contain the names without quotes.
func TestNamesNeedNoQuotes(t *testing.T) {
	name := regexp.MustCompile(`^[a-zA-Z0-9.:-]+$`)
	for _, c := range everyCommand(t) {
		for _, word := range slices.Concat(c.names, c.flags, c.path) {
			if !name.MatchString(word) {
				t.Errorf("%q of %v", word, c.path)
			}
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if status, text, stderr := muster(t, "completion", shell); status != 0 || !strings.Contains(text, "/client/rotate") {
			t.Errorf("%s: status %d, %s", shell, status, stderr)
		}
	}
}

// There is a page for each command, with every flag, its help and its variables; groff has nothing
// to complain about.
func TestManualPages(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "man1")
	if status, _, stderr := muster(t, "man", folder); status != 0 {
		t.Fatal(stderr)
	}
	commands := everyCommand(t)
	pages, err := os.ReadDir(folder)
	if err != nil || len(pages) != len(commands) {
		t.Fatalf("%d pages of %d commands, %v", len(pages), len(commands), err)
	}
	_, err = exec.LookPath("groff")
	hasGroff := err == nil
	for _, c := range commands {
		name := strings.Join(append([]string{"muster"}, c.path...), "-")
		path := filepath.Join(folder, name+".1")
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range append([]string{".SH NAME\n", ".SH SYNOPSIS\n", ".SH DESCRIPTION\n", ".SH OPTIONS\n"}, c.flags...) {
			if !bytes.Contains(page, []byte(strings.ReplaceAll(want, "-", `\-`))) {
				t.Errorf("%s has no %s", name, want)
			}
		}
		if len(c.node.Children) == 0 && !bytes.Contains(page, []byte(".SH EXIT STATUS\n")) {
			t.Errorf("%s tells no exit statuses", name)
		}
		if hasGroff {
			if out, err := exec.Command("groff", "-man", "-Tutf8", "-ww", "-z", path).CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s: %v, %s", name, err, out)
			}
		}
	}
}
