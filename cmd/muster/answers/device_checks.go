package answers

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/console"
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

// part is what is told of a check, after a word that says what it is. A whole text is not wrapped: it is pasted.
type part struct {
	word, text string
	whole      bool
}

// printParts prints parts in a column. An empty text is left out.
func printParts(t *console.Terminal, parts []part) error {
	const indent = 12
	for _, one := range parts {
		word, print := one.word, t.Lines
		if one.whole {
			print = t.Whole
		}
		for _, line := range inLines(one.text) {
			if err := print([]string{fmt.Sprintf("%-*s ", indent, word) + line}); err != nil {
				return err
			}
			word = ""
		}
	}
	return nil
}

// printCheck tells of a check what it wants, what it measured, and what to do.
func printCheck(t *console.Terminal, c *control.DeviceCheck) error {
	if err := t.Lines([]string{fmt.Sprintf("%s (impact %s, %s)", plain.Inline(c.Name), scoreOf(c.Impact), plain.Inline(c.ID))}); err != nil {
		return err
	}
	parts := []part{{"  judged by:", printed(c.Source), false}}
	for i := range c.Measured[:min(len(c.Measured), printedFacts)] {
		parts = append(parts, part{"  measured:", factLine(&c.Measured[i]), false})
	}
	if more := len(c.Measured) + c.MeasuredCut - printedFacts; more > 0 {
		parts = append(parts, part{"  measured:", fmt.Sprintf("and %d more", more), false})
	}
	return printParts(t, append(parts, part{"  applies:", oneLine(c.Applies), false}, part{"  expected:", oneLine(c.Expected), false},
		part{"  remedy:", c.Remediation, false}, part{"  command:", c.Command, true},
		part{"  see:", strings.Join(c.References, "; "), false}))
}

// inLines returns the lines of a text, of which each is one line on a terminal: a command is pasted from there.
func inLines(text string) (lines []string) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		lines = append(lines, plain.Inline(strings.TrimRight(line, "\r\n")))
	}
	return lines
}

// oneLine is an expression on a line: what YAML broke and indented is joined.
func oneLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, " ")
}

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
