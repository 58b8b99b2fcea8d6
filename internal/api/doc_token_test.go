package api

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every refusal of the token call is a row of the table of its errors in
// doc/api.md, and every row is one of them.
func TestDocTokenErrors(t *testing.T) {
	_, table, _ := strings.Cut(readDoc(t), "<!-- token errors -->\n")
	table, _, ok := strings.Cut(table, "<!-- end of token errors -->\n")
	if !ok {
		t.Fatalf("%s has no table of the token call's errors", docFile)
	}
	var got []string
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `(\\w+)` \\| (\\d+) \\|").FindAllStringSubmatch(table,
		-1) {
		got = append(got, strings.Join(row[1:], " "))
	}
	equalSets(t, "errors of the token call", refusals(t), got)
}

// refusals lists status, name and number of every refusal that package auth
// makes, and of the one that this package does.
func refusals(t *testing.T) []string {
	t.Helper()
	found := []string{fmt.Sprint(429, " ", "temporarily_unavailable", " ", 90055)}
	files, err := filepath.Glob("../auth/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				switch called(call) {
				case "badRequest":
					found = append(found, fmt.Sprint(400, " ", literal(call.Args[0]), " ", literal(call.Args[1])))
				case "badClient":
					found = append(found, fmt.Sprint(401, " invalid_client ", literal(call.Args[0])))
				}
			}
			return true
		})
	}
	return found
}

// literal is the text of a literal, without quotes.
func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok {
		return strings.Trim(l.Value, `"`)
	}
	return ""
}
