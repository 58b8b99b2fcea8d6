package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path that our own imports begin with.
const module = "github.com/muster-project/muster/"

// top is the module's folder, seen from here: each test works there. (go test remembers results
// by the files that tests open, and takes a change of folder in TestMain for none.)
const top = "../.."

// order is the import rule (doc/design.md section 3): a package imports only
// its own stage and earlier ones. A folder below a stage belongs to it, unless
// it is a stage of its own.
var order = []string{
	"version", "odata", "defender", "counts", "score", "client", "inventory", "plain", "vdr", "benchmark", "intel", "except", "notice", "row",
	"assess", "gzipjoin", "fair",
	"durable", "control", "console", "agent", "scan", "blob",
	"store/database", "store/chore", "store/clock", "store/intelligence", "store/organization", "store/access",
	"store/reports", "store/enrollment", "store/exception",
	"store/counted", "store/notified", "store/publication", "store", "watch", "receive", "intel/library", "snapshot",
	"snapshot/proof", "answer", "crew", "generation", "damage", "notify",
	"auth", "edge", "export", "api", "web", "node", "demo", "cmd",
}

// testOnly are packages that only tests import, beside the stages.
var testOnly = []string{
	"internal/house", "internal/testneed", "internal/testneed/mutants", "internal/clienttest", "internal/quality", "internal/release", "internal/plain/plaintest",
	"internal/console/consoletest", "internal/control/controltest",
	"internal/node/nodetest", "internal/web/webtest", "internal/web/browsertest", "internal/blob/blobtest", "internal/store/storetest", "internal/store/databasetest",
	"internal/intel/inteltest",
	"internal/intel/sample/sampletest",
	"internal/inventory/trust/trusttest", "internal/inventory/inventorytest", "internal/inventory/collect/collecttest",
	"internal/inventory/collect/windows/windowstest",
}

// independent are packages that import nothing of this module: models, which
// are worth something as long as they share no thought with what they judge.
var independent = []string{"internal/inventory/trust/trusttest"}

// pure packages touch no network, files or database, and take the time and all
// that is random as arguments. The list is exact: inventory/collect is none.
var pure = []string{
	"internal/version", "internal/odata", "defender", "internal/counts", "internal/counts/trend", "internal/counts/why", "internal/score",
	"internal/inventory",
	"internal/inventory/parse", "internal/inventory/markup", "internal/inventory/sbom", "internal/inventory/xccdf",
	"internal/inventory/hosts", "internal/inventory/table", "internal/inventory/stored",
	"internal/inventory/rbac", "internal/inventory/trust", "internal/benchmark", "internal/row", "internal/assess",
	"internal/except/written", "internal/except", "internal/except/vex", "internal/notice", "internal/notice/render",
	"internal/gzipjoin", "internal/fair", "internal/intel/ecosystem", "internal/web/chart",
}

// impure are the imports that pure packages do without, and what lies below them.
var impure = []string{
	"net", "os", "syscall", "database/sql", "io/ioutil", "math/rand", "crypto/rand", "golang.org/x/sys", "log",
}

// harmless are below an impure import and yet compute only.
var harmless = []string{"net/url", "net/netip", "net/mail", "net/textproto"}

// confined are imports, with what lies below them, that belong to one stage.
var confined = map[string]string{
	"github.com/ncruces/go-sqlite3":                    "store/database",
	"modernc.org/sqlite":                               "store/database",
	"github.com/mattn/go-sqlite3":                      "store/database",
	"github.com/jackc/pgx":                             "store/database",
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity": "blob",
	"github.com/aws/aws-sdk-go-v2":                     "blob",
	"html/template":                                    "web",
}

// vague are names that say nothing of what a package holds.
var vague = []string{
	"common", "handlers", "helper", "helpers", "interfaces", "lib", "misc", "model", "models", "services",
	"types", "util", "utils",
}

// stage is the place in order of a package, by its folder: that of the longest
// name which it lies below. ok is false for one that has none.
func stage(folder string) (place int, ok bool) {
	folder = strings.TrimPrefix(folder, "internal/")
	place = -1
	for i, name := range order {
		if below(name, folder) && (place < 0 || len(name) > len(order[place])) {
			place = i
		}
	}
	return place, place >= 0
}

// below reports whether name is root or lies below it.
func below(root, name string) bool {
	return name == root || strings.HasPrefix(name, root+"/")
}

// checkImport reports why the package in folder may not import a path. Tests
// are not asked.
func checkImport(folder, imported string) error {
	own, inModule := strings.CutPrefix(imported, module)
	switch {
	case inModule && slices.Contains(independent, folder):
		return fmt.Errorf("a model imports nothing of ours")
	case inModule && slices.Contains(testOnly, own) && !slices.Contains(testOnly, folder):
		return fmt.Errorf("%s is for tests", own)
	case imported == "testing" && !strings.HasSuffix(folder, "test") && !slices.Contains(testOnly, folder):
		return fmt.Errorf("testing is for tests")
	case inModule:
		return checkOrder(folder, own)
	}
	for root, owner := range confined {
		if place, ok := stage(folder); below(root, imported) && !(ok && order[place] == owner) {
			return fmt.Errorf("%s is for %s alone", imported, owner)
		}
	}
	if slices.Contains(pure, folder) && isImpure(imported) {
		return fmt.Errorf("%s is no import of a pure package", imported)
	}
	return nil
}

// checkOrder holds imports within the module to the rule.
func checkOrder(folder, own string) error {
	if slices.Contains(testOnly, folder) {
		return nil
	}
	from, ok := stage(folder)
	if !ok {
		return fmt.Errorf("%s is no stage of the design", folder)
	}
	to, ok := stage(own)
	switch {
	case !ok:
		return fmt.Errorf("%s is no stage of the design", own)
	case to > from:
		return fmt.Errorf("%s comes after %s", order[to], order[from])
	case order[from] == "client" && order[to] != "client" && order[to] != "defender":
		return fmt.Errorf("client imports defender alone, not %s", own)
	}
	return nil
}

func isImpure(imported string) bool {
	under := func(root string) bool { return below(root, imported) }
	return slices.ContainsFunc(impure, under) && !slices.ContainsFunc(harmless, under)
}

// source is one Go file of the repository.
type source struct {
	name   string // with slashes, from the root
	lines  int
	syntax *ast.File
	set    *token.FileSet // of all files
}

func (s *source) folder() string { return path.Dir(s.name) }
func (s *source) isTest() bool   { return strings.HasSuffix(s.name, "_test.go") }

// sources are all Go files but those in testdata and hidden folders.
func sources(t *testing.T) []*source {
	t.Helper()
	var all []*source
	set := token.NewFileSet() // one for all, so that positions tell files apart
	root := os.DirFS(".")
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (hidden || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		data, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(set, name, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, &source{name, strings.Count(string(data), "\n"), syntax, set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// packages groups the files that are no tests by their folders.
func packages(t *testing.T) map[string][]*source {
	t.Helper()
	folders := map[string][]*source{}
	for _, s := range sources(t) {
		if !s.isTest() {
			folders[s.folder()] = append(folders[s.folder()], s)
		}
	}
	return folders
}

func TestImports(t *testing.T) {
	t.Chdir(top)
	for folder, files := range packages(t) {
		for _, s := range files {
			for _, spec := range s.syntax.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if err := checkImport(folder, imported); err != nil {
					t.Errorf("%s: %v", s.name, err)
				}
			}
		}
	}
}

func TestCheckImport(t *testing.T) {
	t.Chdir(top)
	for _, test := range []struct {
		folder, imported string
		want             string // in the error; "" for none
	}{
		{"internal/assess", module + "internal/benchmark", ""},
		{"internal/benchmark", module + "internal/assess", "assess comes after benchmark"},
		{"internal/intel/nvd", module + "internal/intel", ""},
		{"internal/intel/nvd", module + "internal/intel/inteltest", "internal/intel/inteltest is for tests"},
		{"internal/intel/inteltest", module + "internal/testneed", ""},
		{"internal/intel", module + "internal/intel/catalog", ""},
		{"internal/intel/library", module + "internal/store", ""},
		{"internal/intel/catalog", module + "internal/intel/library", "intel/library comes after intel"},
		{"internal/intel/catalog", module + "internal/version", ""},
		{"internal/intel/catalog", module + "internal/store", "store comes after intel"},
		{"internal/inventory/collect", "os", ""},
		{"internal/inventory", "os", "no import of a pure package"},
		{"internal/inventory", "os/exec", "no import of a pure package"},
		{"defender", "net/http", "no import of a pure package"},
		{"defender", "net/url", ""},
		{"internal/assess", "math/rand/v2", "no import of a pure package"},
		{"internal/gzipjoin", "osmosis", ""},
		{"internal/generation", "modernc.org/sqlite", "modernc.org/sqlite is for store/database alone"},
		{"internal/store/database", "github.com/ncruces/go-sqlite3/driver", ""},
		{"internal/store/reports", "github.com/ncruces/go-sqlite3/driver", "for store/database alone"},
		{"internal/store/access", module + "internal/store/reports", "store/reports comes after store/access"},
		{"internal/assess", "database/sql", "no import of a pure package"},
		{"internal/inventory/collect", "github.com/ncruces/go-sqlite3/driver", "for store/database alone"},
		{"internal/api", "html/template", "html/template is for web alone"},
		{"internal/web", "html/template", ""},
		{"client", module + "defender", ""},
		{"client", module + "internal/version", "client imports defender alone"},
		{"cmd/muster", module + "client", ""},
		{"cmd/muster", module + "internal/testneed", "for tests"},
		{"internal/api", module + "internal/store/storetest", "for tests"},
		{"internal/store/storetest", module + "internal/store", ""},
		{"internal/store/storetest", "testing", ""},
		{"internal/inventory/trust/trusttest", module + "internal/inventory/trust", "a model imports nothing"},
		{"internal/inventory/trust/trusttest", "slices", ""},
		{"internal/store", "testing", "testing is for tests"},
		{"internal/misc", module + "internal/version", "internal/misc is no stage"},
		{"internal/api", module + "internal/misc", "internal/misc is no stage"},
	} {
		err := checkImport(test.folder, test.imported)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s imports %s: %v, want %q", test.folder, test.imported, err, test.want)
		}
	}
}

func TestPureTakesTimeAsArgument(t *testing.T) {
	t.Chdir(top)
	clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	for folder, files := range packages(t) {
		if !slices.Contains(pure, folder) {
			continue
		}
		for _, s := range files {
			ast.Inspect(s.syntax, func(node ast.Node) bool {
				selector, ok := node.(*ast.SelectorExpr)
				if ok && root(selector.X) == "time" && slices.Contains(clock, selector.Sel.Name) {
					t.Errorf("%s calls time.%s", s.name, selector.Sel.Name)
				}
				return true
			})
		}
	}
}

func TestPackages(t *testing.T) {
	t.Chdir(top)
	for folder, files := range packages(t) {
		if _, ok := stage(folder); !ok && folder != "." && !slices.Contains(testOnly, folder) {
			t.Errorf("%s is no stage of the design", folder)
		}
		if name := files[0].syntax.Name.Name; slices.Contains(vague, name) {
			t.Errorf("%s: the name %q says nothing", folder, name)
		}
		if !slices.ContainsFunc(files, func(s *source) bool { return s.syntax.Doc != nil }) {
			t.Errorf("%s has no package comment", folder)
		}
	}
}

// Nine in ten files have fewer than 500 lines.
func TestFileLengths(t *testing.T) {
	t.Chdir(top)
	const most = 500
	all := sources(t)
	var long []string
	for _, s := range all {
		if s.lines >= most {
			long = append(long, fmt.Sprintf("%s (%d)", s.name, s.lines))
		}
	}
	if len(long)*10 > len(all) {
		t.Errorf("%d of %d files have %d lines or more: %s", len(long), len(all), most, strings.Join(long, ", "))
	}
}

func TestNoHiddenState(t *testing.T) {
	t.Chdir(top)
	for _, files := range packages(t) {
		variables := packageVariables(files)
		for _, s := range files {
			for _, declaration := range s.syntax.Decls {
				f, ok := declaration.(*ast.FuncDecl)
				if !ok {
					continue
				}
				if f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s has an init function", s.name)
				}
				for _, name := range slices.Sorted(maps.Keys(assigned(f))) {
					if variables[name] {
						t.Errorf("%s: %s assigns to %s, a variable of the package", s.name, f.Name.Name, name)
					}
				}
			}
		}
	}
}

func TestAssigned(t *testing.T) {
	t.Chdir(top)
	const text = `package p
func f(parameter int) {
	local := 1
	local, parameter = 2, 3
	plain = 1
	indexed["a"] = 2
	field.of.it = 3
	counter++
	for ranged = range 3 {}
	*pointer = 1
	var declared int
	declared = 1
	_ = 1
}`
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(assigned(file.Decls[0].(*ast.FuncDecl))))
	want := []string{"counter", "field", "indexed", "plain", "pointer", "ranged"}
	if !slices.Equal(got, want) {
		t.Errorf("assigned: %q, want %q", got, want)
	}
}

// packageVariables are the names of a package's variables.
func packageVariables(files []*source) map[string]bool {
	names := map[string]bool{}
	for _, s := range files {
		for _, declaration := range s.syntax.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					names[name.Name] = true
				}
			}
		}
	}
	return names
}

// assigned are the names that a function assigns to, or to a part of, and does
// not declare anywhere in itself: what is left may be a package's variable.
func assigned(f *ast.FuncDecl) map[string]bool {
	targets, local := map[string]bool{}, map[string]bool{"_": true}
	assign := func(tok token.Token, targeted ...ast.Expr) {
		names := targets
		if tok == token.DEFINE {
			names = local
		}
		for _, target := range targeted {
			if name := root(target); name != "" {
				names[name] = true
			}
		}
	}
	ast.Inspect(f, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.AssignStmt:
			assign(n.Tok, n.Lhs...)
		case *ast.RangeStmt:
			assign(n.Tok, n.Key, n.Value)
		case *ast.IncDecStmt:
			assign(n.Tok, n.X)
		case *ast.Field:
			for _, name := range n.Names {
				local[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				local[name.Name] = true
			}
		}
		return true
	})
	maps.DeleteFunc(targets, func(name string, _ bool) bool { return local[name] })
	return targets
}

// root is the name at the beginning of what is assigned to: a of a.b[0].
func root(target ast.Expr) string {
	switch e := target.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return root(e.X)
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.StarExpr:
		return root(e.X)
	case *ast.ParenExpr:
		return root(e.X)
	}
	return ""
}
