package house

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// design is the text of doc/design.md.
func design(t *testing.T) string { return document(t, "doc/design.md") }

// document is the text of a file.
func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every dependency is a decision (CONTRIBUTING.md): the design says why it is
// there, and of none that is not.
func TestDependenciesAreExplained(t *testing.T) {
	t.Chdir(top)
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
	t.Chdir(top)
	const mod = "module m\n\ngo 1.26\n\nrequire b.org/one v1.0.0\nrequire b.org/two v1.0.0 // indirect\n\n" +
		"require (\n\ta.org/x v1.2.3\n\tc.org/y v0.1.0 // indirect\n)\n\nreplace a.org/x => ../x\n"
	if got, want := directRequirements(mod), []string{"a.org/x", "b.org/one"}; !slices.Equal(got, want) {
		t.Errorf("directRequirements: %q, want %q", got, want)
	}
}

// A law is as good as the tests that hold it: those that the design names are
// there, and those that hold the sections of doc/matching.md.
func TestNamedTestsExist(t *testing.T) {
	t.Chdir(top)
	functions := map[string]map[string]bool{} // by file
	for _, s := range sources(t) {
		functions[s.name] = map[string]bool{}
		for _, declaration := range s.syntax.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil {
				functions[s.name][f.Name.Name] = true
			}
		}
	}
	if namedTests(t, "doc/design.md", design(t), functions) == 0 {
		t.Error("doc/design.md names no tests")
	}
	const matching = "doc/matching.md"
	for _, section := range regexp.MustCompile(`(?m)^##+ `).Split(document(t, matching), -1)[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		if strings.TrimSpace(body) != "" && namedTests(t, matching, body, functions) == 0 {
			t.Errorf("%s: no test holds section %q", matching, heading)
		}
	}
}

// namedTests looks for the tests that a text names, each behind its file, and
// returns how many there are.
func namedTests(t *testing.T, document, text string, functions map[string]map[string]bool) (tests int) {
	t.Helper()
	file := ""
	for _, word := range regexp.MustCompile("`([\\w/]+_test\\.go|(?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(text, -1) {
		name := word[1]
		switch {
		case strings.HasSuffix(name, ".go"):
			file = name
			if functions[file] == nil {
				t.Errorf("%s: there is no %s", document, file)
			}
		case !functions[file][name]:
			t.Errorf("%s: %s has no %s", document, file, name)
		default:
			tests++
		}
	}
	return tests
}

// The table of limits has the numbers of the code.
func TestLimitsAreThoseOfTheCode(t *testing.T) {
	t.Chdir(top)
	constants := map[string]constant.Value{}
	for folder, files := range packages(t) {
		for _, s := range files {
			maps.Copy(constants, constantsOf(s.syntax, path.Base(folder)+"."))
		}
	}
	rows := regexp.MustCompile("(?m)^\\|.*\\| (`\\w+\\.\\w+`(?:[,;] `\\w+\\.\\w+`)*) \\| (.+) \\|$").FindAllStringSubmatch(design(t), -1)
	if len(rows) == 0 {
		t.Error("doc/design.md has no table of limits")
	}
	for _, row := range rows {
		names, numbers := separator.Split(row[1], -1), separator.Split(row[2], -1)
		if len(numbers) == 1 {
			numbers = slices.Repeat(numbers, len(names)) // they have it in common
		}
		if len(numbers) != len(names) {
			t.Errorf("%s are not as many as the numbers %s", row[1], row[2])
			continue
		}
		for i, name := range names {
			name = strings.Trim(name, "`")
			want, ok := quantity(numbers[i])
			if !ok {
				t.Errorf("%s: %q is no number", name, numbers[i])
			} else if got := constants[name]; got == nil {
				t.Errorf("there is no constant %s", name)
			} else if !constant.Compare(constant.ToInt(got), token.EQL, constant.MakeInt64(want)) {
				t.Errorf("%s is %s, doc/design.md says %s", name, got, numbers[i])
			}
		}
	}
}

// separator stands between constants, and between numbers, of one row.
var separator = regexp.MustCompile(`[,;] `)

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
// own package and below it by their names, others with a folder. Documents name
// files of any package.
func TestNamedFilesExist(t *testing.T) {
	t.Chdir(top)
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
	for _, file := range documents(t) {
		for _, name := range namedFile.FindAllString(document(t, file), -1) {
			if !there(".", name) {
				t.Errorf("%s names %q, which is not there", file, name)
			}
		}
	}
}

// TestOrderIsTold holds the tour and the design to the order of packages, and the
// layout to the folders that there are.
func TestOrderIsTold(t *testing.T) {
	t.Chdir(top)
	tour := ""
	for _, s := range sources(t) {
		if s.name == "doc.go" {
			tour = s.syntax.Doc.Text()
		}
	}
	list := strings.Join(order, " ")
	for where, text := range map[string]string{"doc.go": tour, "doc/design.md": design(t)} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), list) {
			t.Errorf("%s does not tell the order %s", where, list)
		}
	}
	_, layout, _ := strings.Cut(design(t), "## 3. Layout")
	layout, _, _ = strings.Cut(layout, "**Import rule:**")
	for folder := range packages(t) {
		told := regexp.MustCompile(`(?:^|[\s/])` + regexp.QuoteMeta(path.Base(folder)) + `/`)
		if folder != "." && !told.MatchString(layout) {
			t.Errorf("the layout in doc/design.md has no %s", folder)
		}
	}
}

// Ids say nothing, and can neither be foreseen nor collide with those of a backup
// (decision 0016), but for receipts, which are looked up in the order of time.
func TestIDsAreRandomButThoseOfReceipts(t *testing.T) {
	t.Chdir(top)
	const receipts = "internal/store/reports/save.go"
	makers := []string{"NewV7", "NewV6", "NewUUID"}
	var ordered []string
	for _, s := range sources(t) {
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if f, ok := n.(*ast.SelectorExpr); ok && root(f.X) == "uuid" && slices.Contains(makers, f.Sel.Name) {
				ordered = append(ordered, s.name)
			}
			return true
		})
	}
	if !slices.Equal(ordered, []string{receipts}) {
		t.Errorf("ids in order of time are made in %q, not in %s alone", ordered, receipts)
	}
}

// TestTestsSleepToAskAgain holds tests to CONTRIBUTING.md: they sleep in the bubble
// of synctest, where no time passes, or in a loop that asks again. The program's
// own tests, and those listed here, have processes or clients that take time.
func TestTestsSleepToAskAgain(t *testing.T) {
	t.Chdir(top)
	slow := map[string]bool{"internal/api/health_test.go": true} // a client that is slow
	for _, s := range sources(t) {
		bubble := slices.ContainsFunc(s.syntax.Imports, func(i *ast.ImportSpec) bool {
			return i.Path.Value == `"testing/synctest"`
		})
		if bubble || strings.HasPrefix(s.name, "cmd/") || !s.isTest() {
			continue
		}
		if n := sleeps(s.syntax); n > 0 && !slow[s.name] {
			t.Errorf("%s sleeps %d times outside of a loop", s.name, n)
		} else if n == 0 && slow[s.name] {
			t.Errorf("%s sleeps in loops alone: it needs no exception", s.name)
		}
	}
}

// sleeps counts the calls of time.Sleep that are in no loop.
func sleeps(in ast.Node) (n int) {
	ast.Inspect(in, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return false
		case *ast.SelectorExpr:
			if root(node.X) == "time" && node.Sel.Name == "Sleep" {
				n++
			}
		}
		return true
	})
	return n
}

// TestCitedDocumentsExist holds comments and documents to the documents that they
// cite: to their sections ("doc/contract.md, section 4"), to the laws, and to the
// records of decisions.
func TestCitedDocumentsExist(t *testing.T) {
	t.Chdir(top)
	cited := citations{documents: map[string]map[string]bool{}, count: map[string]int{}}
	for _, s := range sources(t) {
		for _, group := range s.syntax.Comments {
			cited.check(t, s.name, group.Text())
		}
	}
	for _, name := range documents(t) {
		cited.check(t, name, document(t, name))
	}
	for name, least := range map[string]int{"doc/contract.md": 80, "doc/matching.md": 30, "doc/design.md": 20} {
		if cited.count[name] < least {
			t.Errorf("%s is cited %d times only: citations are read wrongly", name, cited.count[name])
		}
	}
}

// documents are the Markdown files of the repository, those of testdata aside.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "doc/*.md", "doc/decision/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

// citations remembers the documents that were looked at.
type citations struct {
	// documents has what may be cited of each: "section 4.1", "law 7".
	documents map[string]map[string]bool
	count     map[string]int
}

var (
	namedDocument = regexp.MustCompile(`(?:[\w-]+/)*[\w-]+\.md\b`)
	// citation is a document with sections, or laws, behind it: "contract.md, sections
	// 1, 3 and 8", "contract.md section 2", "matching.md, 3.3".
	citation = regexp.MustCompile(`((?:[\w-]+/)*[\w-]+\.md),? (?:sections? |(laws?) |)` +
		`(\d[\d.]*(?:(?:, | and | to )\d[\d.]*)*)`)
	citedNumber    = regexp.MustCompile(`\d+(?:\.\d+)*`)
	citedDecision  = regexp.MustCompile(`\bdecisions? (\d+)\b|\bdecision/(\d{4})\b`)
	sectionHeading = regexp.MustCompile(`(?m)^##+ (\d+(?:\.\d+)*)\.? `)
	lawHeading     = regexp.MustCompile(`(?m)^(\d+)\. \*\*`)
)

// check reports what a text cites and is not there.
func (c *citations) check(t *testing.T, where, text string) {
	t.Helper()
	text = strings.Join(strings.Fields(text), " ")
	for _, name := range namedDocument.FindAllString(text, -1) {
		if c.find(name, path.Dir(where)) == "" && name != "NNNN-title.md" {
			t.Errorf("%s names %q, which is not there", where, name)
		}
	}
	for _, found := range citation.FindAllStringSubmatch(text, -1) {
		name, kind := c.find(found[1], path.Dir(where)), "section "
		if found[2] != "" {
			kind = "law "
		}
		c.count[name]++
		for _, number := range citedNumber.FindAllString(found[3], -1) {
			if name != "" && !c.documents[name][kind+number] {
				t.Errorf("%s cites %s%s of %s, which has none", where, kind, number, name)
			}
		}
	}
	for _, found := range citedDecision.FindAllStringSubmatch(text, -1) {
		number, _ := strconv.Atoi(found[1] + found[2])
		if records, _ := filepath.Glob(fmt.Sprintf("doc/decision/%04d-*.md", number)); len(records) != 1 {
			t.Errorf("%s cites decision %d, of which there are %d records", where, number, len(records))
		}
	}
}

// find returns the path of a document that is named by it, or by its name in doc,
// or by its path from where it is named; empty where there is none.
func (c *citations) find(name, from string) string {
	for _, file := range []string{name, path.Join("doc", name), path.Join(from, name)} {
		if c.documents[file] != nil {
			return file
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		parts := map[string]bool{}
		for _, heading := range sectionHeading.FindAllStringSubmatch(string(text), -1) {
			parts["section "+heading[1]] = true
		}
		for _, law := range lawHeading.FindAllStringSubmatch(string(text), -1) {
			parts["law "+law[1]] = true
		}
		c.documents[file] = parts
		return file
	}
	return ""
}

// docLink is a link of a comment to something of the package, "[Merge]" or
// "[Catalog.Verdict]", or of another one of ours, "[inventory.Report]".
var docLink = regexp.MustCompile(`\[\*?((?:[a-z]\w*\.)?[A-Z]\w+(?:\.[A-Z]\w*)?)\]`)

// TestDocLinksLead holds comments to what they link to.
func TestDocLinksLead(t *testing.T) {
	t.Chdir(top)
	declared := map[string]bool{} // by package, as it is named, and name
	for folder, files := range packages(t) {
		for _, s := range files {
			for _, name := range declarations(s.syntax) {
				declared[path.Base(folder)+"."+name] = true
			}
		}
	}
	ours := map[string]bool{}
	for folder := range packages(t) {
		ours[path.Base(folder)] = true
	}
	for folder, files := range packages(t) {
		for _, s := range files {
			for _, group := range s.syntax.Comments {
				for _, link := range docLink.FindAllStringSubmatch(group.Text(), -1) {
					name := link[1]
					if unicode.IsUpper(rune(name[0])) {
						name = path.Base(folder) + "." + name
					}
					if of, _, _ := strings.Cut(name, "."); ours[of] && !declared[name] {
						t.Errorf("%s: a comment links to %s, which is not there", s.name, name)
					}
				}
			}
		}
	}
}

// declarations are the names that a file declares, methods with their types.
func declarations(file *ast.File) (names []string) {
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = root(d.Recv.List[0].Type) + "." + name
			}
			names = append(names, name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}
