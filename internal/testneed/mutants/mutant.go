package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// mutant is one change at one place.
type mutant struct {
	// number selects the mutant in the environment. It is 0 for a changed text.
	number int
	file   string
	line   int
	in     string // the function
	was    string // the expression
	is     string // the expression of the mutant
	// text is the whole changed file of a text mutant.
	text []byte
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: in %s: %s → %s", m.file, m.line, m.in, m.was, m.is)
}

// key names a mutant independently of its line.
func (m mutant) key() string { return fmt.Sprintf("%s: %s: %s → %s", m.file, m.in, m.was, m.is) }

// mutated holds mutants that are compiled together, and the files with all of them.
type mutated struct {
	mutants []mutant
	files   map[string][]byte
}

// overlay defines the functions that the inserted calls call.
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

// textMutants are conditions in SQL, and values that decide.
func textMutants() (all []mutant) {
	for _, r := range replacements() {
		text, err := os.ReadFile(r.file)
		if err == nil && bytes.Count(text, []byte(r.was)) != 1 {
			err = errors.New("the text does not exist exactly once")
		}
		m := mutant{file: r.file, in: "text", was: r.was, is: r.is}
		if err != nil {
			m.is = err.Error() // no test notices it
		} else {
			at := bytes.Index(text, []byte(r.was))
			m.line = 1 + bytes.Count(text[:at], []byte("\n"))
			m.text = bytes.Replace(text, []byte(r.was), []byte(r.is), 1)
		}
		all = append(all, m)
	}
	return all
}
