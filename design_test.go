package muster

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// design is the text of doc/design.md.
func design(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("doc/design.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every dependency is a decision (CONTRIBUTING.md): the design says why it is
// there, and of none that is not.
func TestDependenciesAreExplained(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	required := directRequirements(string(text))
	var explained []string
	for _, item := range regexp.MustCompile("(?m)^- `([^`]+)`: \\S").FindAllStringSubmatch(design(t), -1) {
		explained = append(explained, item[1])
	}
	slices.Sort(explained)
	if !slices.Equal(explained, required) {
		t.Errorf("doc/design.md explains\n%q\ngo.mod requires\n%q", explained, required)
	}
}

// directRequirements lists the modules that a go.mod requires for its own
// packages, in order of path.
func directRequirements(mod string) []string {
	var paths []string
	block := false
	for line := range strings.Lines(mod) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasSuffix(line, "// indirect\n"):
		case fields[0] == ")":
			block = false
		case fields[0] == "require" && len(fields) == 2:
			block = true
		case fields[0] == "require":
			paths = append(paths, fields[1])
		case block:
			paths = append(paths, fields[0])
		}
	}
	slices.Sort(paths)
	return paths
}

func TestDirectRequirements(t *testing.T) {
	const mod = "module m\n\ngo 1.26\n\nrequire b.org/one v1.0.0\nrequire b.org/two v1.0.0 // indirect\n\n" +
		"require (\n\ta.org/x v1.2.3\n\tc.org/y v0.1.0 // indirect\n)\n\nreplace a.org/x => ../x\n"
	if got, want := directRequirements(mod), []string{"a.org/x", "b.org/one"}; !slices.Equal(got, want) {
		t.Errorf("directRequirements: %q, want %q", got, want)
	}
}

// A law is as good as the tests that hold it: those that the design names are
// there.
func TestNamedTestsExist(t *testing.T) {
	functions := map[string]map[string]bool{} // by file
	for _, s := range sources(t) {
		functions[s.name] = map[string]bool{}
		for _, declaration := range s.syntax.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil {
				functions[s.name][f.Name.Name] = true
			}
		}
	}
	file, tests := "", 0
	for _, word := range regexp.MustCompile("`([\\w/]+_test\\.go|(?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(design(t), -1) {
		name := word[1]
		switch {
		case strings.HasSuffix(name, ".go"):
			file = name
			if functions[file] == nil {
				t.Errorf("there is no %s", file)
			}
		case !functions[file][name]:
			t.Errorf("%s has no %s", file, name)
		default:
			tests++
		}
	}
	if tests == 0 {
		t.Error("doc/design.md names no tests")
	}
}

// The table of limits has the numbers of the code.
func TestLimitsAreThoseOfTheCode(t *testing.T) {
	constants := map[string]constant.Value{}
	for folder, files := range packages(t) {
		for _, s := range files {
			maps.Copy(constants, constantsOf(s.syntax, path.Base(folder)+"."))
		}
	}
	rows := regexp.MustCompile("(?m)^\\|.*\\| `(\\w+\\.\\w+)` \\| (.+) \\|$").FindAllStringSubmatch(design(t), -1)
	if len(rows) == 0 {
		t.Error("doc/design.md has no table of limits")
	}
	for _, row := range rows {
		want, ok := quantity(row[2])
		if !ok {
			t.Errorf("%s: %q is no number", row[1], row[2])
		} else if got := constants[row[1]]; got == nil {
			t.Errorf("there is no constant %s", row[1])
		} else if !constant.Compare(constant.ToInt(got), token.EQL, constant.MakeInt64(want)) {
			t.Errorf("%s is %s, doc/design.md says %s", row[1], got, row[2])
		}
	}
}

// constantsOf evaluates the constants of a file that are made of literals,
// units of time and each other.
func constantsOf(file *ast.File, prefix string) map[string]constant.Value {
	found, scope := map[string]constant.Value{}, types.NewPackage(file.Name.Name, file.Name.Name)
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			s := spec.(*ast.ValueSpec)
			for i := range min(len(s.Names), len(s.Values)) {
				text := unitsOfTime.Replace(types.ExprString(s.Values[i]))
				value, err := types.Eval(token.NewFileSet(), scope, token.NoPos, text)
				if err != nil || value.Value == nil {
					continue // made of something else
				}
				scope.Scope().Insert(types.NewConst(token.NoPos, scope, s.Names[i].Name, value.Type, value.Value))
				found[prefix+s.Names[i].Name] = value.Value
			}
		}
	}
	return found
}

var unitsOfTime = strings.NewReplacer("time.Millisecond", "1000000", "time.Second", "1000000000",
	"time.Minute", "60000000000", "time.Hour", "3600000000000")

// quantity reads a number as the design writes it: 4,096 or 16 MiB or 2 m.
func quantity(text string) (n int64, ok bool) {
	number, unit, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(strings.ReplaceAll(number, ",", ""), 10, 64)
	factor, known := map[string]int64{"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
		"s": int64(time.Second), "m": int64(time.Minute), "h": int64(time.Hour)}[unit]
	return n * factor, err == nil && known
}

// namedFile is the name of a source file in a comment, with folders or without.
var namedFile = regexp.MustCompile(`(?:[a-z0-9_]+/)*[a-z0-9_]*[a-z0-9]\.go\b`)

// TestNamedFilesExist holds comments to the files that they name: those of their
// own package and below it by their names, others with a folder.
func TestNamedFilesExist(t *testing.T) {
	all := sources(t)
	there := func(folder, name string) bool {
		return slices.ContainsFunc(all, func(s *source) bool {
			if !strings.HasSuffix("/"+s.name, "/"+name) {
				return false
			}
			return strings.Contains(name, "/") || folder == "." || strings.HasPrefix(s.name, folder+"/")
		})
	}
	for _, s := range all {
		for _, group := range s.syntax.Comments {
			for _, name := range namedFile.FindAllString(group.Text(), -1) {
				if !there(s.folder(), name) {
					t.Errorf("%s: a comment names %q, which is not there", s.name, name)
				}
			}
		}
	}
}
