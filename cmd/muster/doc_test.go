package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/consoletest"
)

// documents are the documents for users.
var documents = []string{"README.md", "SECURITY.md", "doc/agent.md", "doc/api.md", "doc/config.md",
	"doc/checks.md", "doc/coverage.md", "doc/dashboard.md", "doc/feeds.md", "doc/notices.md", "doc/operations.md",
	"doc/scan.md", "doc/sign-in.md", "doc/sources.md"}

func readDocument(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// commandLines finds the command lines of muster in a document: those in code
// blocks, also behind a pipe, and those between backquotes.
func commandLines(text string) []string {
	inBlock := regexp.MustCompile(`(?m)(?:^|\| )(?:ExecStart=/usr/local/bin/)?muster ([a-z][^|#\n]*)`)
	inProse := regexp.MustCompile("`muster ([a-z][^`]*)`")
	return consoletest.Lines(text, inBlock, inProse)
}

// Every command line in the documents is one that the program takes.
func TestDocumentedCommands(t *testing.T) {
	found := 0
	for _, name := range documents {
		for _, line := range commandLines(readDocument(t, name)) {
			if err := parses(line); err != nil {
				t.Errorf("%s: muster %s: %v", name, line, err)
			}
			found++
		}
	}
	if found < 20 {
		t.Errorf("%d command lines found", found)
	}
}

// parses tells why a command line is none. One that is cut off, as those in
// prose are, may lack what is required.
func parses(line string) error {
	parser, err := newProgram().Parser(io.Discard, io.Discard)
	if err != nil {
		return err
	}
	_, err = parser.Parse(strings.Fields(line))
	if err == nil || errors.Is(err, console.ErrHelp) {
		return nil
	}
	for _, cutOff := range []string{"missing flags", "expected one of", `expected "<`} {
		if strings.Contains(err.Error(), cutOff) {
			return nil
		}
	}
	return err
}

func TestParses(t *testing.T) {
	for line, want := range map[string]bool{
		"serve": true, "feed refresh osv Debian:12 --data d": true, "feed": true,
		"serve --dta d": false, "feed import rumours x": false, "publish now": false,
	} {
		if err := parses(line); (err == nil) != want {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// Links between documents lead somewhere, and every export call is described.
func TestDocuments(t *testing.T) {
	links := regexp.MustCompile(`\]\(([a-zA-Z/_-]+\.md)\)`)
	for _, name := range documents {
		for _, match := range links.FindAllStringSubmatch(readDocument(t, name), -1) {
			if _, err := os.Stat(filepath.Join("..", "..", filepath.Dir(name), match[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	described := readDocument(t, "doc/api.md")
	for _, call := range defender.Calls() {
		if !strings.Contains(described, "`"+call.Name+"`") {
			t.Errorf("doc/api.md does not describe %s", call.Name)
		}
	}
}
