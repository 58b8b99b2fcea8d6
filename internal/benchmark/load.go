package benchmark

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

//go:embed checks/*.yaml
var embedded embed.FS

// The limits of what Load reads.
const (
	maxFiles     = 1000
	maxFileBytes = 4 << 20
	maxChecks    = 10_000
)

// ErrNoFiles says that a folder has no files of checks.
var ErrNoFiles = errors.New("the folder has no file *.yaml")

// Default loads the checks that come with the program.
func Default() (*Benchmark, error) { return Load() }

// Load loads the checks that come with the program and those of layers. A layer is a folder: every
// *.yaml file at its top is read, in the order of names. A check of a later layer replaces that of an
// earlier one with its id, and "without" leaves checks of earlier layers out.
//
// The error has everything that is wrong with the files, see Faults. Whether the checks say of their
// cases what they should is tried by Try.
func Load(layers ...fs.FS) (*Benchmark, error) { return LoadFiles(nil, layers...) }

// File is a file of checks that lies in no folder.
type File struct{ Name, Text string }

// LoadFiles is Load with a first layer of files that were read elsewhere, maybe with another program: they may leave
// out checks that are gone since.
func LoadFiles(files []File, layers ...fs.FS) (*Benchmark, error) {
	return loadFiles(false, files, layers)
}

// TryFiles returns an error for files of which LoadFiles or Try finds a fault, or that leave out a check that is not
// there.
func TryFiles(ctx context.Context, files []File) error {
	b, err := loadFiles(true, files, nil)
	if err != nil {
		return err
	}
	return b.Tried(ctx)
}

// loadFiles loads our checks, files above them and then layers. If it is strict, what files leave out must be there.
func loadFiles(strict bool, files []File, layers []fs.FS) (*Benchmark, error) {
	ours, err := fs.Sub(embedded, "checks")
	if err != nil {
		return nil, fmt.Errorf("opening the embedded checks: %w", err)
	}
	l, err := newLoader(strict)
	if err != nil {
		return nil, err
	}
	if err := l.layer(ours); err != nil {
		return nil, fmt.Errorf("reading checks: %w", err)
	}
	l.begin()
	for _, f := range files {
		l.add(f.Name, []byte(f.Text))
	}
	l.strict = true
	return l.load(layers)
}

// LoadOnly loads the checks of layers, without those that come with the program: what a layer leaves out
// need not be there.
func LoadOnly(layers ...fs.FS) (*Benchmark, error) {
	l, err := newLoader(false)
	if err != nil {
		return nil, err
	}
	return l.load(layers)
}

func newLoader(strict bool) (*loader, error) {
	language, err := newLanguage()
	if err != nil {
		return nil, fmt.Errorf("making the language of checks: %w", err)
	}
	return &loader{strict: strict, language: language, environments: map[string]*cel.Env{},
		checks: map[string]*check{}}, nil
}

// load adds layers and makes the benchmark.
func (l *loader) load(layers []fs.FS) (*Benchmark, error) {
	for _, files := range layers {
		if err := l.layer(files); err != nil {
			return nil, fmt.Errorf("reading checks: %w", err)
		}
	}
	if err := l.faults.err(); err != nil {
		return nil, err
	}
	checks := make([]*check, 0, len(l.checks))
	for _, c := range l.checks {
		checks = append(checks, c)
	}
	return newBenchmark(checks)
}

// loader collects checks and their faults.
type loader struct {
	strict       bool // what a layer leaves out must be there
	language     *cel.Env
	environments map[string]*cel.Env    // by the declared families
	checks       map[string]*check      // by id
	seen         map[string]*Definition // those of the layer, by id
	left         map[string]bool        // ids that the layer leaves out
	faults       faults
}

// layer adds the checks of a folder.
func (l *loader) layer(files fs.FS) error {
	names, err := l.names(files)
	switch {
	case err != nil:
		return fmt.Errorf("listing files: %w", err)
	case len(names) == 0:
		return ErrNoFiles
	case len(names) > maxFiles:
		return fmt.Errorf("the folder has more than %d files", maxFiles)
	}
	l.begin()
	for _, name := range names {
		data, err := readFile(files, name)
		if err != nil {
			return err
		}
		if len(data) > maxFileBytes {
			l.fault(Fault{File: name, Text: fmt.Sprintf("more than %d bytes", maxFileBytes)})
			continue
		}
		l.add(name, data)
	}
	return nil
}

// begin begins a layer.
func (l *loader) begin() { l.seen, l.left = map[string]*Definition{}, map[string]bool{} }

// names returns the names of files of checks, in order. What may be meant as one is a fault.
func (l *loader) names(files fs.FS) (names []string, err error) {
	entries, err := fs.ReadDir(files, ".")
	for _, entry := range entries {
		switch path.Ext(entry.Name()) {
		case ".yaml":
			names = append(names, entry.Name())
		case ".yml", ".json":
			l.fault(Fault{File: entry.Name(), Text: "files of checks end in .yaml: it is not read"})
		}
	}
	return names, err
}

// readFile reads a file, but not much more than it may have.
func readFile(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

// add adds one file's checks.
func (l *loader) add(name string, data []byte) {
	d := decoder{file: name}
	f := d.decode(data)
	if len(d.faults) > 0 {
		l.fault(d.faults...)
		return
	}
	for _, id := range f.without {
		_, here := l.seen[id.text]
		if known := l.checks[id.text] != nil || l.left[id.text]; here || l.strict && !known {
			l.fault(Fault{name, id.line, id.text, "no earlier check has this id"})
			continue
		}
		delete(l.checks, id.text)
		l.left[id.text] = true
	}
	for _, definition := range f.checks {
		switch {
		case len(l.faults) >= maxFaults:
			return
		case len(l.seen) >= maxChecks:
			l.fault(Fault{name, definition.Line, definition.ID, fmt.Sprintf("more than %d checks", maxChecks)})
			return
		}
		l.define(definition)
	}
}

// define adds a check.
func (l *loader) define(d *Definition) {
	if other, taken := l.seen[d.ID]; taken {
		l.faulty(d, fmt.Errorf("the check in line %d of %s has the same id", other.Line, other.File))
		return
	}
	l.seen[d.ID] = d
	c, err := l.compile(d)
	if err != nil {
		l.faulty(d, err)
		return
	}
	l.checks[d.ID] = c
}

// faulty adds what is wrong with a check.
func (l *loader) faulty(d *Definition, err error) {
	l.fault(Fault{d.File, d.Line, fmt.Sprintf("%.40s", d.ID), err.Error()})
}

func (l *loader) fault(found ...Fault) {
	l.faults = append(l.faults, found[:min(len(found), max(0, maxFaults-len(l.faults)))]...)
}

func (l *loader) compile(d *Definition) (*check, error) {
	if err := d.validate(); err != nil {
		return nil, err
	}
	language, err := l.environment(d.Facts, d.stateful())
	if err != nil {
		return nil, fmt.Errorf("facts: %w", err)
	}
	if err := d.validateCases(); err != nil {
		return nil, err
	}
	return compileCheck(d, language)
}

// environment returns the language with the families declared as variables, so that an expression
// can only read facts that its check names, and with the state if families have two.
func (l *loader) environment(families []string, stateful bool) (*cel.Env, error) {
	key := strings.Join(families, "\x00")
	if e, ok := l.environments[key]; ok {
		return e, nil
	}
	var variables []cel.EnvOption
	var names []string
	for _, family := range families {
		name := identifier(family)
		if slices.Contains(names, name) {
			return nil, fmt.Errorf("%q is repeated", name)
		}
		names = append(names, name)
		variables = append(variables, cel.Variable(name, cel.MapType(cel.StringType, cel.StringType)))
	}
	if stateful {
		variables = append(variables, cel.Variable(stateVariable, cel.StringType))
	}
	e, err := l.language.Extend(variables...)
	if err != nil {
		return nil, fmt.Errorf("declaring %q: %w", families, err)
	}
	l.environments[key] = e
	return e, nil
}
