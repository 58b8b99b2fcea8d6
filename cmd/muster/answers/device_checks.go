package answers

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// Bounds of what is printed of a check: the rest is in the JSON.
const (
	printedFacts  = 5
	printedRunes  = 120
	printedReason = 5
)

// silences says why checks are silent.
func silences(all []control.CheckSilence) (lines []string) {
	for i, s := range all {
		if i == printedReason {
			return append(lines, fmt.Sprintf("  silent for %d other reasons", len(all)-i))
		}
		lines = append(lines, fmt.Sprintf("  silent: %d, %s", s.Count, printed(s.Reason)))
	}
	return lines
}

// checkLines tells of a check what it wants, what it measured, and what to do.
func checkLines(c *control.DeviceCheck) []string {
	lines := []string{fmt.Sprintf("%s (impact %s, %s)", plain.Inline(c.Name), scoreOf(c.Impact), plain.Inline(c.ID))}
	if c.Source != "" {
		lines = append(lines, "  judged by: "+printed(c.Source))
	}
	for i := range c.Measured[:min(len(c.Measured), printedFacts)] {
		lines = append(lines, "  measured:  "+factLine(&c.Measured[i]))
	}
	if more := len(c.Measured) + c.MeasuredCut - printedFacts; more > 0 {
		lines = append(lines, fmt.Sprintf("  measured:  and %d more", more))
	}
	for _, part := range []struct{ word, text string }{{"applies:", oneLine(c.Applies)},
		{"expected:", oneLine(c.Expected)}, {"remedy:", c.Remediation}, {"command:", c.Command},
		{"see:", strings.Join(c.References, "; ")}} {
		word := part.word
		for _, line := range inLines(part.text) {
			lines, word = append(lines, fmt.Sprintf("  %-10s ", word)+line), ""
		}
	}
	return lines
}

// inLines returns the lines of a text, of which each is one line on a terminal: a command is pasted from there.
func inLines(text string) (lines []string) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		lines = append(lines, plain.Inline(strings.TrimRight(line, "\r\n")))
	}
	return lines
}

// oneLine is an expression on a line.
func oneLine(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", " ") }

// factLine says what a fact is, and where it was set.
func factLine(m *control.MeasuredFact) string {
	text := printed(m.Family+" "+m.Name) + " "
	switch {
	case m.Value != nil:
		text += "= " + cmp.Or(printed(*m.Value), `""`)
	case m.Unread != "":
		text += "could not be read: " + printed(m.Unread)
	default:
		text += "is not set"
	}
	if m.Origin != "" {
		text += "  (" + printed(m.Origin) + ")"
	}
	return text
}

// printed is a text on a line, of which the end may be left out.
func printed(text string) string {
	runes := []rune(plain.Inline(text))
	if len(runes) <= printedRunes {
		return string(runes)
	}
	return string(runes[:printedRunes]) + "…"
}
