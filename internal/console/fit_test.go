package console

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// A table is never wider than the limit, if its columns can be cut or left out; what is cut is marked, what is
// not stays, and without a limit everything is shown.
func TestTablesFit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		columns := []Column{{Name: "name", Cut: true, Least: 8, Tail: rapid.Bool().Draw(r, "tail")}, {Name: "n", Right: true},
			{Name: "about", Cut: true, Least: 5, Rank: 1},
			{Name: "more", Rank: 2}}
		text := rapid.StringMatching(`[a-zäé日 ]{0,40}`)
		var rows [][]string
		for range rapid.IntRange(0, 5).Draw(r, "rows") {
			rows = append(rows, []string{text.Draw(r, "name"), rapid.StringMatching(`[0-9]{1,6}`).Draw(r, "n"),
				text.Draw(r, "about"), text.Draw(r, "more")})
		}
		limit := rapid.IntRange(16, 120).Draw(r, "limit")
		for i, line := range fit(columns, rows, limit) {
			if n := utf8.RuneCountInString(line); n > limit {
				r.Fatalf("%d characters, limit %d: %q", n, limit, line)
			}
			if i == 0 {
				continue
			}
			name := strings.TrimRight(rows[i-1][0], " ")
			if !strings.HasPrefix(line, name) && !strings.Contains(line, "…") {
				r.Fatalf("%q is cut without a mark in %q", name, line)
			}
			if !slices.Contains(strings.Fields(line), rows[i-1][1]) {
				r.Fatalf("the number %s is not in %q", rows[i-1][1], line)
			}
		}
		for i, line := range fit(columns, rows, 0) {
			if i > 0 && !strings.Contains(line, strings.TrimRight(rows[i-1][3], " ")) {
				r.Fatalf("%q is not in %q", rows[i-1][3], line)
			}
		}
	})
}

// Texts that begin alike are told apart by their ends.
func TestTheTailIsKept(t *testing.T) {
	columns := []Column{{Name: "software", Cut: true, Least: 8, Tail: true}}
	rows := [][]string{{"microsoft/windows_11"}, {"microsoft/windows_server_2016"}}
	want := []string{"software", "…t/windows_11", "…_server_2016"}
	if got := fit(columns, rows, 13); !slices.Equal(got, want) {
		t.Errorf("the table is %q, want %q", got, want)
	}
}

// A wrapped line has the same words, no part is wider than the limit if its words are not, and a command at
// its end is in one part.
func TestLinesAreWrapped(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-zäé日:]{1,12}`), 1, 30).Draw(r, "words")
		line := rapid.SampledFrom([]string{"", "  remedy:     ", "see  "}).Draw(r, "label") + strings.Join(words, " ")
		command := rapid.SampledFrom([]string{"", "muster feed refresh osv Ubuntu:22.04:LTS"}).Draw(r, "command")
		if command != "" {
			line += ": " + command
		}
		limit := rapid.IntRange(44, 90).Draw(r, "limit")
		parts := wrap(line, limit)
		for _, part := range parts {
			if n := utf8.RuneCountInString(part); n > limit {
				r.Fatalf("%q has %d characters, limit %d", part, n, limit)
			}
		}
		whole := strings.Join(parts, "\n")
		if got := strings.Fields(whole); !slices.Equal(got, strings.Fields(line)) {
			r.Fatalf("%q became %q", line, got)
		}
		if !strings.Contains(whole, command) {
			r.Fatalf("the command is broken in %q", whole)
		}
	})
}

// What is wrapped stays in the column of its text.
func TestWrappedTextStaysInItsColumn(t *testing.T) {
	for line, want := range map[string][]string{
		"  remedy:     one two three four": {"  remedy:     one two three", "              four"},
		"  one two three four five":        {"  one two three four", "    five"},
		"one two three four five":          {"one two three four", "  five"},
		"one two three  four five six":     {"one two three  four", "  five six"},
		"one two three four  (five)":       {"one two three four", "  (five)"},
	} {
		limit := 20
		if strings.HasPrefix(line, "  remedy") {
			limit = 30
		}
		if got := wrap(line, limit); !slices.Equal(got, want) {
			t.Errorf("%q became %q, want %q", line, got, want)
		}
	}
}
