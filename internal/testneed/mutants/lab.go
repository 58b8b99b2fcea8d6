package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// patience is how long a test may take. A mutant that hangs counts as noticed.
const patience = 2 * time.Minute

// suite is a set of tests that must notice mutants.
type suite struct {
	name, folder string
	arguments    []string
}

// suites are the tables, which are fast, then the law and the attacks.
func suites() ([]suite, error) {
	attacks, err := testsIn("internal/api/trust_test.go", "internal/api/trust_id_test.go", "internal/api/enroll_test.go")
	return []suite{
		{"the table", "internal/inventory/trust", nil},
		{"the rules of groups", "internal/inventory/rbac", []string{"-test.short"}},
		{"the law", "internal/api", []string{"-test.run=^TestTrustLaw$", "-rapid.seed=1", "-rapid.shrinktime=0s",
			"-rapid.nofailfile=true"}},
		{"the attacks", "internal/api", []string{"-test.failfast", "-test.run=^(" + attacks + ")$"}},
	}, err
}

// testsIn returns the names of the tests in files, as an alternation for -test.run.
func testsIn(names ...string) (string, error) {
	var tests []string
	for _, name := range names {
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests = append(tests, f.Name.Name)
			}
		}
	}
	return strings.Join(tests, "|"), nil
}

// lab compiles mutants and runs tests on them.
type lab struct {
	folder string
	suites []suite
	common build

	mu sync.Mutex // one build at a time
}

// build holds compiled tests, by the folder of their package.
type build map[string]string

// newLab compiles all mutants that do not change a text. The tests must pass without an active
// mutant.
func newLab(ctx context.Context, all *mutated) (*lab, error) {
	l := &lab{}
	var err error
	if l.suites, err = suites(); err != nil {
		return nil, err
	}
	if l.folder, err = os.MkdirTemp("", "mutants-"); err != nil {
		return nil, err
	}
	if l.common, err = l.build(ctx, "common", all.files); err != nil {
		l.close()
		return nil, err
	}
	if test, err := l.noticed(ctx, l.common, 0); test != "" || err != nil {
		l.close()
		return nil, errors.Join(err, fmt.Errorf("%s fails without a mutant", test))
	}
	return l, nil
}

func (l *lab) close() { _ = os.RemoveAll(l.folder) }

// build compiles the tests with replaced files.
func (l *lab) build(ctx context.Context, name string, files map[string][]byte) (build, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	folder := filepath.Join(l.folder, name)
	replace := map[string]string{}
	for path, text := range files {
		there, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		replace[there] = filepath.Join(folder, strings.ReplaceAll(path, "/", "_"))
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(replace[there], text, 0o600)); err != nil {
			return nil, err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return nil, err
	}
	built := build{}
	for _, s := range l.suites {
		if built[s.folder] != "" {
			continue
		}
		built[s.folder] = filepath.Join(folder, strings.ReplaceAll(s.folder, "/", "_")+".test")
		out, err := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay="+list, "-o", built[s.folder],
			"./"+s.folder).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("compiling: %w\n%s", err, out)
		}
	}
	return built, nil
}

// try tries mutants and returns which suite noticed each, "" for none.
func (l *lab) try(ctx context.Context, mutants []mutant) (map[string]string, error) {
	noticed := map[string]string{}
	var mu sync.Mutex
	tries, ctx := errgroup.WithContext(ctx)
	tries.SetLimit(runtime.GOMAXPROCS(0))
	for _, m := range mutants {
		tries.Go(func() error {
			test, err := l.one(ctx, m)
			mu.Lock()
			defer mu.Unlock()
			noticed[m.String()] = test
			if test == "" && err == nil {
				fmt.Fprintf(os.Stderr, "%d of %d: no test notices %v\n", len(noticed), len(mutants), m)
			}
			return err
		})
	}
	return noticed, tries.Wait()
}

// one tries one mutant.
func (l *lab) one(ctx context.Context, m mutant) (string, error) {
	switch {
	case m.number != 0:
		return l.noticed(ctx, l.common, m.number)
	case m.text == nil:
		return "", nil
	}
	name := fmt.Sprintf("text-%d-%x", m.line, len(m.was))
	built, err := l.build(ctx, name, map[string][]byte{m.file: m.text})
	if err != nil {
		return "", fmt.Errorf("%v: %w", m, err)
	}
	defer os.RemoveAll(filepath.Join(l.folder, name))
	return l.noticed(ctx, built, 0)
}

// noticed runs the suites one after another until one fails, and returns its name.
func (l *lab) noticed(ctx context.Context, built build, number int) (string, error) {
	for _, s := range l.suites {
		limited, stop := context.WithTimeout(ctx, patience)
		test := exec.CommandContext(limited, built[s.folder], s.arguments...)
		test.Dir = s.folder
		test.Env = append(os.Environ(), fmt.Sprintf("MUSTER_MUTANT=%d", number), "MUSTER_SOAK=")
		var out bytes.Buffer
		test.Stdout, test.Stderr = &out, &out
		err := test.Run()
		stop()
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			if number == 0 && built["internal/api"] == l.common["internal/api"] {
				fmt.Fprintln(os.Stderr, out.String())
			}
			return s.name, nil
		}
	}
	return "", nil
}
