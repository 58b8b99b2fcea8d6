package benchmark

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

//go:embed checks/*.json
var embedded embed.FS

// The limits of what Load reads.
const (
	maxFileBytes = 4 << 20
	maxChecks    = 10_000
)

// fileVersion is the version of a file of checks that this program reads.
const fileVersion = 1

// file is one file of checks.
type file struct {
	Version int           `json:"version"`
	Checks  []*Definition `json:"checks"`
}

// Default loads the checks that come with the program.
func Default() (*Benchmark, error) {
	checks, err := fs.Sub(embedded, "checks")
	if err != nil {
		return nil, fmt.Errorf("opening the embedded checks: %w", err)
	}
	return Load(checks)
}

// Load reads every *.json file at the top of files, in the order of their names, and compiles the
// checks. The error contains everything that is wrong with the data and the expressions, by file,
// check and position.
func Load(files fs.FS) (*Benchmark, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("listing files of checks: %w", err)
	}
	language, err := newLanguage()
	if err != nil {
		return nil, fmt.Errorf("making the language of checks: %w", err)
	}
	l := loader{language: language, environments: map[string]*cel.Env{}, seen: map[string]string{}}
	for _, name := range names {
		data, err := readFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading checks: %w", err)
		}
		l.add(name, data)
	}
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	return newBenchmark(l.checks)
}

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
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s: more than %d bytes", name, maxFileBytes)
	}
	return data, nil
}

// loader collects checks and their faults.
type loader struct {
	language     *cel.Env
	environments map[string]*cel.Env // by the declared families
	checks       []*check
	seen         map[string]string // id: file
	problems     []error
}

// add adds one file's checks.
func (l *loader) add(name string, data []byte) {
	f, err := decodeFile(data)
	if err != nil {
		l.problems = append(l.problems, fmt.Errorf("%s: %w", path.Base(name), err))
		return
	}
	for i, d := range f.Checks {
		if len(l.checks)+len(l.problems) >= maxChecks {
			l.problems = append(l.problems, fmt.Errorf("%s: more than %d checks", name, maxChecks))
			return
		}
		c, err := l.compile(name, d)
		if err != nil {
			l.problems = append(l.problems, fmt.Errorf("%s: check %d: %w", name, i+1, err))
			continue
		}
		l.checks = append(l.checks, c)
	}
}

func decodeFile(data []byte) (*file, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	f := new(file)
	if err := decoder.Decode(f); err != nil {
		line := 1 + bytes.Count(data[:min(offset(decoder, err), int64(len(data)))], []byte("\n"))
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("there is text after the document")
	}
	if f.Version != fileVersion {
		return nil, fmt.Errorf("version %d, but this program reads %d", f.Version, fileVersion)
	}
	return f, nil
}

// offset returns where in the document err occurred, or an offset before that.
func offset(decoder *json.Decoder, err error) int64 {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Offset
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return kind.Offset
	}
	return decoder.InputOffset()
}

func (l *loader) compile(name string, d *Definition) (*check, error) {
	if d == nil {
		return nil, errors.New("null")
	}
	if err := d.validate(); err != nil {
		return nil, fmt.Errorf("%.40q: %w", d.ID, err)
	}
	if other, taken := l.seen[d.ID]; taken {
		return nil, fmt.Errorf("%q: %s has the same id", d.ID, other)
	}
	l.seen[d.ID] = name
	language, err := l.environment(d.Facts, d.stateful())
	if err != nil {
		return nil, fmt.Errorf("%q: facts: %w", d.ID, err)
	}
	c, err := compileCheck(d, language)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", d.ID, err)
	}
	return c, nil
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
