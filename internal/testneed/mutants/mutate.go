package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

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

// add adds the mutants of a target. A missing function is an error, because a renamed function
// would no longer be tried.
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
		return fmt.Errorf("%q has no functions %q", t.files, missing)
	}
	return nil
}

// mutate adds the mutants of one file and returns its functions. If functions is not empty, it
// mutates only those.
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
		all.files[filepath.ToSlash(filepath.Join(filepath.Dir(name), "mutants_overlay.go"))] = fmt.Appendf(nil,
			overlay, parsed.Name.Name)
	}
	return found, nil
}

// functionName is the name of a function, preceded by that of its receiver's type.
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
