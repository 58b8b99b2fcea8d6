package api

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
)

const docFile = "../../doc/api.md"

func readDoc(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wholeTable lists every route.
func wholeTable(t *testing.T) []edge.Route {
	t.Helper()
	c := Config{Store: &store.Store{DB: new(database.DB)}, Publisher: new(generation.Publisher)}.withDefaults()
	s, err := edge.New(edge.Config{Registry: c.Registry})
	if err != nil {
		t.Fatal(err)
	}
	table, err := newTable(c, s)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Every route has a heading in doc/api.md, and every heading has a route. Those of /api/v1.0/ are
// named once, together.
func TestDocRoutes(t *testing.T) {
	text := readDoc(t)
	const versioned = "/api/v1.0/machines/"
	if !strings.Contains(text, versioned) {
		t.Errorf("%s does not name %s", docFile, versioned)
	}
	var want, got []string
	for _, rt := range wholeTable(t) {
		path, ok := strings.CutPrefix(rt.Pattern, "/api/machines/")
		switch {
		case strings.HasPrefix(rt.Pattern, versioned), strings.HasPrefix(rt.Pattern, "/api/v1.0/") && rt.Documented != "":
			continue
		case rt.Documented != "" && !strings.EqualFold(rt.Documented, rt.Pattern):
			t.Errorf("the pattern %q is documented as %q", rt.Pattern, rt.Documented)
		case rt.Documented != "":
			rt.Pattern = rt.Documented
		case ok && !strings.EqualFold(path, rt.Name):
			t.Errorf("the pattern %q of %s is not its name", rt.Pattern, rt.Name)
		case ok:
			rt.Pattern = "/api/machines/" + rt.Name
		}
		for method := range rt.Methods {
			want = append(want, method+" "+strings.TrimSuffix(rt.Pattern, "{$}"))
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^#+ ([A-Z]+ /\S*)$`).FindAllStringSubmatch(text, -1) {
		got = append(got, heading[1])
	}
	equalSets(t, "routes", want, got)
}

// Every status with every code that the package may reply with is a row of the
// table of errors, and every row is one of them.
func TestDocErrors(t *testing.T) {
	_, table, _ := strings.Cut(readDoc(t), "<!-- errors -->\n")
	table, _, ok := strings.Cut(table, "<!-- end of errors -->\n")
	if !ok {
		t.Fatalf("%s has no table of errors", docFile)
	}
	var got []string
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `(\\w+)` \\|").FindAllStringSubmatch(table, -1) {
		got = append(got, row[1]+" "+row[2])
	}
	equalSets(t, "errors", sourceErrors(t), got)
}

// Every parameter that an operation declares is in doc/api.md, and so is every
// media type of reports.
func TestDocParameters(t *testing.T) {
	text := readDoc(t)
	var wanted []string
	for _, rt := range wholeTable(t) {
		for _, op := range rt.Methods {
			for _, p := range op.Description.Query {
				wanted = append(wanted, p.Name)
			}
		}
	}
	for f := inventory.FormatReport; f.MediaType() != inventory.FormatUnknown.MediaType(); f++ {
		wanted = append(wanted, f.MediaType())
	}
	for _, name := range wanted {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("%s does not name %q", docFile, name)
		}
	}
}

// equalSets compares the source with the document, in any order.
func equalSets(t *testing.T, what string, source, document []string) {
	t.Helper()
	slices.Sort(source)
	slices.Sort(document)
	if diff := cmp.Diff(slices.Compact(source), document); diff != "" {
		t.Errorf("%s (-source +%s):\n%s", what, docFile, diff)
	}
}

// inspectSource visits every node of the packages that answer requests, except their tests.
func inspectSource(t *testing.T, visit func(ast.Node)) {
	t.Helper()
	var files []string
	for _, room := range []string{".", "access", "assets", "../edge", "../edge/intake", "../export"} {
		some, err := filepath.Glob(filepath.Join(room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil {
				visit(n)
			}
			return true
		})
	}
}

// sourceErrors lists status and code of every failure that these packages make with constants:
// those of Refuse and Busy, and of literals.
func sourceErrors(t *testing.T) []string {
	var found []string
	add := func(status, code ast.Expr) {
		if constant(status) == "" {
			return // a parameter of Refuse or Busy, whose callers are visited
		}
		name := strings.TrimPrefix(constant(status), "Status")
		number := statuses()[name]
		if number == 0 {
			t.Fatalf("no status is called %q", name)
		}
		if said := strings.TrimPrefix(constant(code), "Code"); said != "" {
			name = said
		}
		found = append(found, fmt.Sprint(number, " ", name))
	}
	inspectSource(t, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			if name := called(n); len(n.Args) > 1 && (name == "Refuse" || name == "Busy") {
				add(n.Args[0], n.Args[1])
			}
		case *ast.CompositeLit:
			if fields := keyed(n); fields["Status"] != nil && fields["code"] != nil {
				add(fields["Status"], fields["code"])
			}
		}
	})
	return found
}

// called returns the name of the called function or method.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// constant returns the name of another package's constant, "" for anything else.
func constant(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return s.Sel.Name
	}
	return ""
}

// keyed returns the values of a literal's fields by their names.
func keyed(l *ast.CompositeLit) map[string]ast.Expr {
	fields := map[string]ast.Expr{}
	for _, element := range l.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if name, ok := pair.Key.(*ast.Ident); ok {
				fields[name.Name] = pair.Value
			}
		}
	}
	return fields
}

// statuses returns the number of an error status for the name of its constant in net/http, which
// is its text without spaces.
func statuses() map[string]int {
	all := map[string]int{}
	for n := http.StatusBadRequest; n < 600; n++ {
		all[strings.ReplaceAll(http.StatusText(n), " ", "")] = n
	}
	return all
}

// The comparison with Microsoft's service has the limits of the code.
func TestDocLimits(t *testing.T) {
	theirs, ours, c := MicrosoftLimits(), GenerousLimits(), Config{}.withDefaults()
	p := message.NewPrinter(language.English)
	want := p.Sprintf("| %d pages a minute and %d an hour, files %d and %d | %d pages a minute and files %d, or as set by `--limits`; "+
		"%d pages and %d downloads at once |", theirs.Pages.Minute, theirs.Pages.Hour,
		theirs.Files.Minute, theirs.Files.Hour,
		ours.Pages.Minute, ours.Files.Minute, c.MaxExports, 4*c.MaxExports)
	if !strings.Contains(readDoc(t), want) {
		t.Errorf("%s does not have %s", docFile, want)
	}
}
