package alias

import (
	"fmt"
	"regexp/syntax"
	"unicode"
)

// The limits of a pattern.
const (
	// minLetters is how many letters and digits each title that it matches must have by the pattern's own words.
	minLetters = 2
	// maxSteps bounds what it is compiled to: matching a title costs its length times this at most.
	maxSteps = 1000
)

// weighPattern refuses a pattern that matches nearly everything, or that costs too much.
func weighPattern(text string) error {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return err
	}
	if letters(parsed) < minLetters {
		return fmt.Errorf("pattern %q is too broad: each title that it matches must have %d letters or digits of its own words",
			text, minLetters)
	}
	if n := steps(parsed); n > maxSteps {
		return fmt.Errorf("pattern %q has %d steps when its repetitions are written out, at most %d", text, n, maxSteps)
	}
	return nil
}

// letters counts the letters and digits that a pattern asks for.
func letters(re *syntax.Regexp) (n int) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				n++
			}
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			n += letters(sub)
		}
	case syntax.OpAlternate:
		n = letters(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			n = min(n, letters(sub))
		}
	case syntax.OpCapture, syntax.OpPlus:
		n = letters(re.Sub[0])
	case syntax.OpRepeat:
		n = min(re.Min, minLetters) * letters(re.Sub[0])
	}
	return n
}

// steps counts the parts of a pattern when its repetitions are written out.
func steps(re *syntax.Regexp) (n int) {
	n = max(1, len(re.Rune))
	for _, sub := range re.Sub {
		n += steps(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n
}
