package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// enoughWords is how much of a sentence the name of a test has to quote; of a
// shorter sentence it quotes all.
const enoughWords = 4

// noRequirement are the sentences of the contract that ask for nothing of us,
// by how they begin, with what they are instead.
var noRequirement = map[string]string{
	"- Microsoft's own token is":              "what another server does",
	"Microsoft's service had such rows":       "what another server did",
	"- A row of a finding has about 1 KB":     "what benchmarks are sized by",
	"One real organization had 454,000 rows,": "what benchmarks are sized by",
}

// TestContractIsQuoted holds the tests to doc/contract.md: each of its sentences,
// list items and table rows has a subtest that is named by it, or by a part of
// it; "…" in a name leaves words out.
func TestContractIsQuoted(t *testing.T) {
	t.Chdir(top)
	contract, err := os.ReadFile("doc/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	all := passages(string(contract))
	if sentences := unquoted(all, nil); len(sentences) < 150 {
		t.Errorf("the contract has %d sentences only: it is read wrongly", len(sentences))
	}
	missing := unquoted(all, subtests(sources(t)))
	for begin, what := range noRequirement {
		rest := slices.DeleteFunc(slices.Clone(missing), func(s string) bool { return strings.HasPrefix(s, begin) })
		if len(rest) == len(missing) {
			t.Errorf("no sentence without a test begins with %q (%s)", begin, what)
		}
		missing = rest
	}
	for _, sentence := range missing {
		t.Errorf("no subtest is named by: %s", sentence)
	}
}

// TestQuoting says what a quote is.
func TestQuoting(t *testing.T) {
	t.Chdir(top)
	const contract = `Introductions ask for nothing.
## 1. Things
A thing is **round**; it is also [C]
green, and big. It rolls.
- One item. [D]

| name | rule |
|---|---|
| size | from 1 to 9 |
` + "```json\n{\"a\": 1}\n```"
	round, green, rolls, item, row, code := "A thing is **round**", "it is also green, and big", "It rolls", "- One item",
		"| size | from 1 to 9 |", "```json {\"a\": 1}"
	all := []string{round, green, rolls, item, row, code}
	for _, test := range []struct {
		names []string
		quote []string
	}{
		{nil, nil},
		{[]string{"a thing is ROUND", "It rolls!"}, []string{round, rolls}},
		{[]string{"is also green and"}, []string{green}},
		{[]string{"also green, and"}, nil},                            // too little
		{[]string{"it is also red and big", "is it also green"}, nil}, // other words, another order
		{[]string{"a thing is round; it is also green"}, []string{round, green}},
		{[]string{"it is … and big"}, []string{green}},
		{[]string{"it is … and small"}, nil},
		{[]string{"One item", "size: from 1 to 9", `{"a":1}`}, []string{item, row, code}},
		{[]string{"Introductions ask for nothing", "name, rule", "Things", ""}, nil},
	} {
		var want []string
		for _, sentence := range all {
			if !slices.Contains(test.quote, sentence) {
				want = append(want, sentence)
			}
		}
		if diff := cmp.Diff(want, unquoted(passages(contract), test.names)); diff != "" {
			t.Errorf("%q leave (-want +got):\n%s", test.names, diff)
		}
	}
}

// TestSubtests says which names are found in a test file.
func TestSubtests(t *testing.T) {
	t.Chdir(top)
	const file = `package p
var outside = []string{"no name"}
func TestA(t *testing.T) {
	t.Chdir(top)
	_ = []string{"no table either"}
	t.Run("one " + ` + "`of them`" + `, nil)
}
func TestB(t *testing.T) {
	t.Chdir(top)
	for _, c := range []struct{ name, other string }{{"two", "three"}, {name: "four"}} {
		t.Run(c.name, nil)
	}
	for name := range map[string]bool{"five": true} {
		t.Run(name, nil)
	}
}`
	syntax, err := parser.ParseFile(token.NewFileSet(), "", file, 0)
	if err != nil {
		t.Fatal(err)
	}
	files := []*source{{name: "a_test.go", syntax: syntax}}
	if diff := cmp.Diff([]string{"five", "four", "one of them", "three", "two"}, subtests(files)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A passage is a paragraph, list item, table row or block of code.
type passage struct {
	sentences []string
	words     []string
	// of tells for each word whose it is.
	of []int
}

var (
	// marks say where the contract knows something from.
	marks = regexp.MustCompile(`\[[DWC]\]`)
	// sentenceEnd is also what parts the clauses of a long sentence.
	sentenceEnd = regexp.MustCompile(`[.;]\s+`)
	tableRule   = regexp.MustCompile(`^\|[-|]+\|$`)
)

// passages takes the numbered sections of the contract apart. Headings, those
// of tables too, are left out.
func passages(contract string) []passage {
	var found []passage
	var text string
	end := func() {
		if p := newPassage(text); len(p.words) > 0 {
			found = append(found, p)
		}
		text = ""
	}
	_, contract, _ = strings.Cut(contract, "\n## ")
	for line := range strings.Lines("## " + contract) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "#"), tableRule.MatchString(line):
			text = "" // the row before a rule is its table's heading
			continue
		case line == "", line[0] == '|', strings.HasPrefix(line, "- "), strings.HasPrefix(line, "```"):
			end()
		}
		text += line + "\n"
	}
	end()
	return found
}

// newPassage takes a text apart.
func newPassage(text string) passage {
	var p passage
	for _, sentence := range sentenceEnd.Split(marks.ReplaceAllString(text, ""), -1) {
		words := wordsOf(strings.TrimPrefix(sentence, "```json"))
		if len(words) == 0 {
			continue
		}
		for range words {
			p.of = append(p.of, len(p.sentences))
		}
		p.sentences = append(p.sentences, strings.Join(strings.Fields(sentence), " "))
		p.words = append(p.words, words...)
	}
	return p
}

// wordsOf returns the words of a text without their marks and in lower case, as
// quotes are compared.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text),
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// quotedBy counts how many words of each sentence a name quotes; none where the
// name has other words.
func (p *passage) quotedBy(name string) []int {
	counts := make([]int, len(p.sentences))
	at := 0
	for piece := range strings.SplitSeq(name, "…") {
		words := wordsOf(piece)
		for ; ; at++ {
			if at+len(words) > len(p.words) {
				return make([]int, len(p.sentences))
			}
			if slices.Equal(p.words[at:at+len(words)], words) {
				break
			}
		}
		for range words {
			counts[p.of[at]]++
			at++
		}
	}
	return counts
}

// unquoted lists the sentences that none of the names quotes.
func unquoted(all []passage, names []string) (missing []string) {
	for _, p := range all {
		long := make([]int, len(p.sentences))
		for _, sentence := range p.of {
			long[sentence]++
		}
		quoted := make([]int, len(p.sentences))
		for _, name := range names {
			for i, n := range p.quotedBy(name) {
				quoted[i] = max(quoted[i], n)
			}
		}
		for i, sentence := range p.sentences {
			if quoted[i] < min(enoughWords, long[i]) {
				missing = append(missing, sentence)
			}
		}
	}
	return missing
}

// subtests returns the names of all subtests in some files. Where a name is no
// constant it is one of a table's: then all texts of tables in that function
// count.
func subtests(files []*source) []string {
	names := map[string]bool{}
	for _, f := range files {
		if !f.isTest() {
			continue
		}
		for _, d := range f.syntax.Decls {
			collectNames(d, names)
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// collectNames adds the names of the subtests in one function.
func collectNames(in ast.Node, names map[string]bool) {
	var tables []string
	computed := false
	ast.Inspect(in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Run" || len(n.Args) != 2 {
				break
			}
			if name, ok := constantText(n.Args[0]); ok {
				names[name] = true
			} else {
				computed = true
			}
		case *ast.CompositeLit:
			tables = appendTexts(tables, n.Elts...)
		case *ast.KeyValueExpr:
			tables = appendTexts(tables, n.Key, n.Value)
		}
		return true
	})
	if computed {
		for _, text := range tables {
			names[text] = true
		}
	}
}

// appendTexts appends the values of those that are constant texts.
func appendTexts(to []string, from ...ast.Expr) []string {
	for _, e := range from {
		if text, ok := constantText(e); ok {
			to = append(to, text)
		}
	}
	return to
}

// constantText returns the value of a text, which may be written in pieces.
func constantText(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, okLeft := constantText(e.X)
		right, okRight := constantText(e.Y)
		return left + right, okLeft && okRight
	}
	return "", false
}
