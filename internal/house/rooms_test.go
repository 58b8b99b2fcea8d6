package house

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/token"
	"go/types"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The bounds of a room, a package: so that it is read in one go.
const (
	maxRoomFiles = 28
	maxRoomLines = 3300
	maxFileLines = 500
	maxMethods   = 25
)

// TestRoomsAreSmall holds packages, files and types to their bounds.
func TestRoomsAreSmall(t *testing.T) {
	t.Chdir(top)
	for folder, files := range packages(t) {
		lines := 0
		for _, s := range files {
			lines += s.lines
			if s.lines > maxFileLines {
				t.Errorf("%s has %d lines, more than %d", s.name, s.lines, maxFileLines)
			}
		}
		if len(files) > maxRoomFiles || lines > maxRoomLines {
			t.Errorf("%s has %d files with %d lines, more than %d with %d", folder, len(files), lines,
				maxRoomFiles, maxRoomLines)
		}
		for name, n := range methods(files) {
			if n > maxMethods {
				t.Errorf("%s: %s has %d methods, more than %d", folder, name, n, maxMethods)
			}
		}
	}
}

// methods counts those of each type.
func methods(files []*source) map[string]int {
	count := map[string]int{}
	for _, s := range files {
		for _, declaration := range s.syntax.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv != nil {
				count[root(f.Recv.List[0].Type)]++
			}
		}
	}
	return count
}

// TestReferencesLeadDownward: the files of a package lie in layers. No two use
// each other, by however many others in between.
func TestReferencesLeadDownward(t *testing.T) {
	t.Chdir(top)
	for folder, files := range packages(t) {
		uses := references(files)
		for _, circle := range circles(uses) {
			t.Errorf("%s: these files use each other: %s\n%s", folder, strings.Join(circle, " "), within(circle, uses))
		}
	}
}

// within says what the files of a circle use of each other.
func within(circle []string, uses map[string]map[string]string) string {
	var all strings.Builder
	for _, from := range circle {
		for _, to := range circle {
			if name := uses[from][to]; name != "" {
				fmt.Fprintf(&all, "\t%s uses %s of %s\n", from, name, to)
			}
		}
	}
	return all.String()
}

// references tells which files of a package use what others of them declare, by
// an example: anything at the level of the package, and methods.
func references(files []*source) map[string]map[string]string {
	var trees []*ast.File
	for _, s := range files {
		if !onThisMachine(s) {
			continue
		}
		trees = append(trees, s.syntax)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	// Imports are not followed: what they declare is nothing of this package.
	config := types.Config{Importer: nowhere{}, Error: func(error) {}, FakeImportC: true}
	pkg, _ := config.Check("room", files[0].set, trees, info)
	uses := map[string]map[string]string{}
	where := func(at token.Pos) string {
		for _, s := range files {
			if s.syntax.FileStart <= at && at < s.syntax.FileEnd {
				return path.Base(s.name)
			}
		}
		return ""
	}
	for use, object := range info.Uses {
		f, isFunc := object.(*types.Func)
		isMethod := isFunc && f.Signature().Recv() != nil
		if object.Pkg() != pkg || object.Parent() != pkg.Scope() && !isMethod {
			continue
		}
		from, to := where(use.Pos()), where(object.Pos())
		if uses[from] == nil {
			uses[from] = map[string]string{}
		}
		if from != to {
			uses[from][to] = object.Name()
		}
	}
	return uses
}

// onThisMachine tells whether a file is built here.
func onThisMachine(s *source) bool {
	name := strings.TrimSuffix(s.name, ".go")
	for _, system := range []string{"windows", "darwin", "unix", "linux"} {
		if strings.HasSuffix(name, "_"+system) {
			return system == "unix" || system == runtime.GOOS
		}
	}
	for _, group := range s.syntax.Comments {
		for _, c := range group.List {
			if expr, err := constraint.Parse(c.Text); err == nil {
				return expr.Eval(func(tag string) bool { return tag == runtime.GOOS || tag == "unix" || tag == runtime.GOARCH })
			}
		}
	}
	return true
}

// nowhere finds no package.
type nowhere struct{}

func (nowhere) Import(name string) (*types.Package, error) {
	return nil, fmt.Errorf("package %q is not followed", name)
}

// circles are the groups of files that use each other (Tarjan's algorithm).
func circles(uses map[string]map[string]string) (all [][]string) {
	index, low, onStack := map[string]int{}, map[string]int{}, map[string]bool{}
	var stack []string
	var visit func(string)
	visit = func(file string) {
		index[file] = len(index) + 1
		low[file] = index[file]
		stack, onStack[file] = append(stack, file), true
		for _, other := range slices.Sorted(maps.Keys(uses[file])) {
			if index[other] == 0 {
				visit(other)
				low[file] = min(low[file], low[other])
			} else if onStack[other] {
				low[file] = min(low[file], index[other])
			}
		}
		if low[file] != index[file] {
			return
		}
		at := slices.Index(stack, file)
		if circle := slices.Clone(stack[at:]); len(circle) > 1 {
			slices.Sort(circle)
			all = append(all, circle)
		}
		for _, done := range stack[at:] {
			onStack[done] = false
		}
		stack = stack[:at]
	}
	for _, file := range slices.Sorted(maps.Keys(uses)) {
		if index[file] == 0 {
			visit(file)
		}
	}
	return all
}

func TestCircles(t *testing.T) {
	t.Chdir(top)
	of := func(files ...string) map[string]string {
		set := map[string]string{}
		for _, f := range files {
			set[f] = "name"
		}
		return set
	}
	got := circles(map[string]map[string]string{"a": of("b", "c"), "b": of("c"), "c": of("d"), "d": of("b"), "e": of("a"),
		"f": of("g"), "g": of("f")})
	if want := "[[b c d] [f g]]"; fmt.Sprint(got) != want {
		t.Errorf("circles %v, want %s", got, want)
	}
}
