package facts

import "strings"

// Joiner puts lines together of which each but the last ends in a backslash.
type Joiner struct {
	From int  // the number of the first line
	Open bool // the last line goes on
	text strings.Builder
}

// Join takes a line. It returns the whole text when it is complete; between stands in the place of a backslash.
func (j *Joiner) Join(line string, number int, between string) (text string, complete bool) {
	if !j.Open {
		j.From = number
	}
	before, goesOn := strings.CutSuffix(line, `\`)
	if j.Open = goesOn; goesOn {
		j.text.WriteString(before + between)
		return "", false
	}
	if j.text.Len() > 0 {
		j.text.WriteString(line)
		line = j.text.String()
		j.text.Reset()
	}
	return line, true
}
