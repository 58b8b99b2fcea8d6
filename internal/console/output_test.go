package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
)

// failing is a stream that takes some bytes, then fails.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, f.err
	}
	return len(p), nil
}

// printing is a command that looks at the errors of printing, or does not.
type printing struct {
	Print struct {
		Careless bool
		Fails    bool
	} `cmd:""`
	GlobalFlags
}

func (p *printing) Run(t *Terminal) error {
	for n := range 100 {
		if _, err := fmt.Fprintf(t.Out, "line %d\n", n); err != nil && !p.Print.Careless {
			return fmt.Errorf("printing: %w", err)
		}
	}
	if p.Print.Fails {
		return errors.New("something else")
	}
	return nil
}

// A closed pipe ends quietly, with a status of its own; a full disk is an error, also of commands that
// do not look. The error of the command counts more than that of its output.
func TestOutputThatFails(t *testing.T) {
	closed, full := fmt.Errorf("write: %w", syscall.EPIPE), errors.New("no space left on device")
	for _, test := range []struct {
		args   string
		err    error
		left   int
		status int
		stderr string
	}{
		{"print", nil, 1 << 20, StatusDone, ""},
		{"print", closed, 100, StatusPipe, ""},
		{"print --careless", closed, 100, StatusPipe, ""},
		{"print", closed, 0, StatusPipe, ""},
		{"--help", closed, 0, StatusPipe, ""},
		{"print --careless --fails", closed, 100, StatusFailed, "error: something else"},
		{"print", full, 100, StatusFailed, "error: printing: no space left on device"},
		{"print --careless", full, 100, StatusFailed, "error: writing the output: no space left on device"},
		{"--version", full, 0, StatusFailed, "error: writing the output: no space left on device"},
	} {
		line := &printing{}
		program := &Program{Name: "muster", Version: "v1", Line: line}
		var stderr bytes.Buffer
		status := program.Run(context.Background(), strings.Fields(test.args), strings.NewReader(""),
			&failing{test.left, test.err}, io.Writer(&stderr))
		if status != test.status || !strings.Contains(stderr.String(), test.stderr) || test.stderr == "" && stderr.Len() > 0 {
			t.Errorf("%s, %v: status %d, %q", test.args, test.err, status, &stderr)
		}
	}
}
