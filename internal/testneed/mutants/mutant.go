package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// mutant is one change of one place.
type mutant struct {
	// number is what the environment names it by; 0 for one that is a text.
	number int
	file   string
	line   int
	in     string // the function
	was    string // the expression
	is     string // what it is instead
	// text is the whole file, of one that is a text.
	text []byte
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: in %s: %s → %s", m.file, m.line, m.in, m.was, m.is)
}

// key names a mutant wherever its line has gone.
func (m mutant) key() string { return fmt.Sprintf("%s: %s: %s → %s", m.file, m.in, m.was, m.is) }

// mutated are mutants that are compiled together, and the files with all of them.
type mutated struct {
	mutants []mutant
	files   map[string][]byte
}

// overlay is what the calls call.
const overlay = `package %s

import (
	"os"
	"strconv"
)

var mutantActive, _ = strconv.Atoi(os.Getenv("MUSTER_MUTANT"))

func mutantBool(whenTrue, whenFalse int, value bool) bool {
	switch mutantActive {
	case 0:
	case whenTrue:
		return true
	case whenFalse:
		return false
	}
	return value
}

func mutantCase[T ~int](number int, value T) T {
	if mutantActive == number {
		return -99
	}
	return value
}

func mutantFlag[T ~uint](number int, value T) T {
	if mutantActive == number {
		return 0
	}
	return value
}
`

// textMutants are conditions that stand in SQL, or decide by a value.
func textMutants() (all []mutant) {
	for _, r := range replacements() {
		text, err := os.ReadFile(r.file)
		if err == nil && bytes.Count(text, []byte(r.was)) != 1 {
			err = errors.New("the text is not there, or more than once")
		}
		m := mutant{file: r.file, in: "text", was: r.was, is: r.is}
		if err != nil {
			m.is = err.Error() // nobody notices it
		} else {
			at := bytes.Index(text, []byte(r.was))
			m.line = 1 + bytes.Count(text[:at], []byte("\n"))
			m.text = bytes.Replace(text, []byte(r.was), []byte(r.is), 1)
		}
		all = append(all, m)
	}
	return all
}
