package console

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/muster-project/muster/internal/plain"
)

// Column is a column of a table that fits its terminal.
type Column struct {
	Name string
	// Rank says how soon the column is left out where the table is too wide: the highest first, 0 never.
	Rank int
	// Cut: a text that is too long is cut, which … marks. The column keeps Least characters: the first ones,
	// or with Tail the last ones, where texts begin alike and end differently.
	Cut, Tail bool
	Least     int
	// Right aligns numbers.
	Right bool
}

// Width is the number of characters of a line: of the terminal, else of COLUMNS; 0 if there is no limit, as
// for a file.
func (t *Terminal) Width() int {
	if file, ok := t.raw.out.(*os.File); ok && t.shows {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return 0
}

// gap is between two columns.
const gap = 2

// Fit prints a table that is no wider than the terminal: columns are left out, then texts are cut.
func (t *Terminal) Fit(columns []Column, rows [][]string) error {
	return t.print(fit(columns, rows, t.Width()))
}

// fit returns the lines of a table.
func fit(columns []Column, rows [][]string, limit int) []string {
	cells := make([][]string, 0, len(rows)+1)
	heading := make([]string, len(columns))
	for i, c := range columns {
		heading[i] = c.Name
	}
	for _, row := range append([][]string{heading}, rows...) {
		inline := make([]string, len(columns))
		for i := range inline {
			inline[i] = plain.Inline(row[i])
		}
		cells = append(cells, inline)
	}
	widths := make([]int, len(columns))
	for _, row := range cells {
		for i, text := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	shown := make([]int, 0, len(columns))
	for i := range columns {
		shown = append(shown, i)
	}
	if limit > 0 {
		shown = leaveOut(columns, widths, shown, limit)
		shrink(columns, widths, shown, limit)
	}
	lines := make([]string, len(cells))
	for n, row := range cells {
		lines[n] = line(columns, widths, shown, row)
	}
	return lines
}

// total is the width of the shown columns at least, or as they are.
func total(columns []Column, widths, shown []int, least bool) (sum int) {
	for _, i := range shown {
		width := widths[i]
		if least && columns[i].Cut {
			width = min(width, max(columns[i].Least, 1))
		}
		sum += width + gap
	}
	return sum - gap
}

// leaveOut drops columns, the highest rank first, until what is left can be cut to fit.
func leaveOut(columns []Column, widths, shown []int, limit int) []int {
	for total(columns, widths, shown, true) > limit {
		worst := -1
		for n, i := range shown {
			if columns[i].Rank > 0 && (worst < 0 || columns[i].Rank >= columns[shown[worst]].Rank) {
				worst = n
			}
		}
		if worst < 0 {
			break
		}
		shown = slices.Delete(shown, worst, worst+1)
	}
	return shown
}

// shrink narrows the widest column that may be cut, until the table fits.
func shrink(columns []Column, widths, shown []int, limit int) {
	for total(columns, widths, shown, false) > limit {
		widest := -1
		for _, i := range shown {
			if columns[i].Cut && widths[i] > max(columns[i].Least, 1) && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// line joins the shown cells of a row.
func line(columns []Column, widths, shown []int, row []string) string {
	var b strings.Builder
	for _, i := range shown {
		text := row[i]
		length := utf8.RuneCountInString(text)
		if length > widths[i] {
			text, length = cutTo(text, widths[i], columns[i].Tail), widths[i]
		}
		pad := strings.Repeat(" ", widths[i]-length)
		if columns[i].Right {
			text = pad + text
		} else {
			text += pad
		}
		b.WriteString(text + strings.Repeat(" ", gap))
	}
	return strings.TrimRight(b.String(), " ")
}

// cutTo keeps the first or the last characters of a text that has more than width.
func cutTo(text string, width int, tail bool) string {
	all := []rune(text)
	if tail {
		return "…" + string(all[len(all)-width+1:])
	}
	return string(all[:width-1]) + "…"
}

// Lines prints lines of text. On a terminal one that is too long goes on in the next line, indented, and a
// command at its end stays whole, for pasting.
func (t *Terminal) Lines(lines []string) error {
	if !t.shows {
		return t.print(lines)
	}
	var wrapped []string
	for _, one := range lines {
		wrapped = append(wrapped, wrap(one, t.Width())...)
	}
	return t.print(wrapped)
}

// Whole prints lines as they are, however long: commands, for pasting.
func (t *Terminal) Whole(lines []string) error { return t.print(lines) }

// print prints lines as they are.
func (t *Terminal) print(lines []string) error {
	for _, one := range lines {
		if _, err := fmt.Fprintln(t.Out, one); err != nil {
			return err
		}
	}
	return nil
}

// wrap breaks a line at its spaces, so that each part has at most limit characters, or one word; 0 is no limit. Parts
// after the first are below the text that follows a word and two spaces, as in a column, if there is room.
func wrap(line string, limit int) (parts []string) {
	if limit <= 0 || utf8.RuneCountInString(line) <= limit {
		return []string{line}
	}
	const command = ": muster "
	indent := strings.Repeat(" ", indentOf(line, limit))
	words := strings.Split(line, " ")
	if before, after, found := strings.Cut(line, command); found {
		words = append(strings.Split(before+":", " "), strings.TrimPrefix(command, ": ")+after)
	}
	part := words[0]
	for _, word := range words[1:] {
		if utf8.RuneCountInString(part)+1+utf8.RuneCountInString(word) > limit {
			parts = append(parts, strings.TrimRight(part, " "))
			if part = indent + word; utf8.RuneCountInString(part) > limit {
				part = "  " + word
			}
			continue
		}
		part += " " + word
	}
	return append(parts, part)
}

// indentOf returns by how much the further parts of a line are indented.
func indentOf(line string, limit int) int {
	const least = 2
	text := strings.TrimLeft(line, " ")
	begins := len(line) - len(text)
	word, rest, _ := strings.Cut(text, "  ")
	column := begins + utf8.RuneCountInString(word) + 2 + len(rest) - len(strings.TrimLeft(rest, " "))
	if strings.Count(word, " ") > 1 || rest == "" || column > limit/2 {
		return begins + least
	}
	return column
}
