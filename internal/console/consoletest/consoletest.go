// Package consoletest helps to test command lines: scripts that run them, and
// documents that show them.
package consoletest

import (
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// Exits is a command of scripts that runs a program, which must end with a
// status: exits 3 muster publish.
func Exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with status %d, want %d", args[1], got, want)
	}
}

// Lines finds command lines in a Markdown document, without the program's name:
// those in code blocks and those outside, by patterns whose first group they are.
func Lines(text string, inBlock, inProse *regexp.Regexp) (lines []string) {
	for i, part := range strings.Split(text, "```") {
		find := inProse
		if i%2 == 1 {
			find = inBlock
		}
		for _, match := range find.FindAllStringSubmatch(part, -1) {
			lines = append(lines, strings.TrimSpace(match[1]))
		}
	}
	return lines
}
