package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one change of one place.
type mutant struct {
	// number is what the environment names it by; 0 for one that is a text.
	number int
	file   string
	line   int
	in     string // the function
	was    string // the expression
	is     string // what it is instead
	// text is the whole file, of one that is a text.
	text []byte
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: in %s: %s → %s", m.file, m.line, m.in, m.was, m.is)
}

// key names a mutant wherever its line has gone.
func (m mutant) key() string { return fmt.Sprintf("%s: %s: %s → %s", m.file, m.in, m.was, m.is) }

// mutated are mutants that are compiled together, and the files with all of them.
type mutated struct {
	mutants []mutant
	files   map[string][]byte
}

// mutateAll makes the mutants of all targets.
func mutateAll() (*mutated, error) {
	all := &mutated{files: map[string][]byte{}}
	for _, t := range targets() {
		if err := all.add(t); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// add adds the mutants of a target. A function that is not there is an error: it
// was renamed, and nobody would look at it any more.
func (all *mutated) add(t target) error {
	names, err := filepath.Glob(t.files)
	if err != nil {
		return err
	}
	missing := slices.Clone(t.functions)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		found, err := all.mutate(filepath.ToSlash(name), text, t.functions)
		if err != nil {
			return err
		}
		missing = slices.DeleteFunc(missing, func(f string) bool { return slices.Contains(found, f) })
	}
	if len(missing) > 0 || len(names) == 0 {
		return fmt.Errorf("%s has no functions %q", t.files, missing)
	}
	return nil
}

// mutate adds the mutants of one file, those of some of its functions if any are
// named, and returns the functions.
func (all *mutated) mutate(name string, text []byte, functions []string) (found []string, err error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	w := &writer{all: all, name: name, text: text, file: files.File(parsed.Pos())}
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		w.in = functionName(f)
		if len(functions) == 0 || slices.Contains(functions, w.in) {
			found = append(found, w.in)
			w.function(f.Body)
		}
	}
	if len(w.edits) > 0 {
		all.files[name] = w.edited()
		all.files[filepath.ToSlash(filepath.Join(filepath.Dir(name), "mutants_overlay.go"))] = fmt.Appendf(nil, overlay, parsed.Name.Name)
	}
	return found, nil
}

// functionName is the name of a function with that of its receiver's type.
func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

// overlay is what the calls call.
const overlay = `package %s

import (
	"os"
	"strconv"
)

var mutantActive, _ = strconv.Atoi(os.Getenv("MUSTER_MUTANT"))

func mutantBool(whenTrue, whenFalse int, value bool) bool {
	switch mutantActive {
	case 0:
	case whenTrue:
		return true
	case whenFalse:
		return false
	}
	return value
}

func mutantCase[T ~int](number int, value T) T {
	if mutantActive == number {
		return -99
	}
	return value
}

func mutantFlag[T ~uint](number int, value T) T {
	if mutantActive == number {
		return 0
	}
	return value
}
`

// textMutants are conditions that stand in SQL, or decide by a value.
func textMutants() (all []mutant) {
	for _, r := range replacements() {
		text, err := os.ReadFile(r.file)
		if err == nil && bytes.Count(text, []byte(r.was)) != 1 {
			err = errors.New("the text is not there, or more than once")
		}
		m := mutant{file: r.file, in: "text", was: r.was, is: r.is}
		if err != nil {
			m.is = err.Error() // nobody notices it
		} else {
			at := bytes.Index(text, []byte(r.was))
			m.line = 1 + bytes.Count(text[:at], []byte("\n"))
			m.text = bytes.Replace(text, []byte(r.was), []byte(r.is), 1)
		}
		all = append(all, m)
	}
	return all
}
