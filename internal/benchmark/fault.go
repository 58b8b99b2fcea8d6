package benchmark

import (
	"errors"
	"fmt"
	"strings"
)

// maxFaults limits the faults that are told at once.
const maxFaults = 1000

// Fault is something wrong in a file of checks.
type Fault struct {
	File string `json:"file"`
	// Line is where it is, 0 for the whole file.
	Line int `json:"line,omitempty"`
	// Check is the id of the check that has it, if there is one.
	Check string `json:"check,omitempty"`
	// Text says what is wrong.
	Text string `json:"text"`
}

func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	if f.Check != "" {
		fmt.Fprintf(&b, ": %s", f.Check)
	}
	return b.String() + ": " + f.Text
}

// Faults returns the faults that err consists of; nil if it is another error.
func Faults(err error) []Fault {
	var f faults
	errors.As(err, &f)
	return f
}

// faults is what is wrong with files of checks, in the order of the files and lines.
type faults []Fault

func (f faults) Error() string {
	texts := make([]string, len(f))
	for i := range f {
		texts[i] = f[i].Error()
	}
	return strings.Join(texts, "\n")
}

// err returns nil if there is no fault.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}
