package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/consoletest"
)

// commandLines finds the command lines of muster-agent in a document: those in code
// blocks, and those between backquotes.
func commandLines(text string) []string {
	inBlock := regexp.MustCompile(`(?m)(?:^|\| )muster-agent (-[^|#\n]*)`)
	inProse := regexp.MustCompile("`muster-agent (-[^`]*)`")
	return consoletest.Lines(text, inBlock, inProse)
}

// parses tells why a command line is none.
func parses(line string) error {
	parser, err := agent.Program(version).Parser(io.Discard, io.Discard)
	if err != nil {
		return err
	}
	_, err = parser.Parse(strings.Fields(line))
	if errors.Is(err, console.ErrHelp) {
		return nil
	}
	return err
}

// Every command line in the documents is one that the agent takes.
func TestDocumentedCommands(t *testing.T) {
	found := 0
	for _, name := range []string{"README.md", "SECURITY.md", "doc/agent.md", "doc/api.md", "doc/operations.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commandLines(string(text)) {
			if err := parses(line); err != nil {
				t.Errorf("%s: muster-agent %s: %v", name, line, err)
			}
			found++
		}
	}
	if found < 6 {
		t.Errorf("%d command lines found", found)
	}
	if parses("--sever URL") == nil || parses("collect") == nil || parses("--help") != nil {
		t.Error("what parses is not told from what does not")
	}
}
