package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/alecthomas/kong"
)

// A setting is a flag that has a variable. The command line takes precedence over the
// variable, the variable over the file of --config, the file over the default.

// configFlag names a file of settings.
type configFlag string

// maxConfig is the largest size of that file, in bytes.
const maxConfig = 1 << 20

// BeforeResolve reads the file.
func (configFlag) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	name := string(ctx.FlagValue(trace.Flag).(configFlag)) // the type of the hook's receiver
	if name == "" {
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return AsNamed(fmt.Errorf("opening settings: %w", err))
	}
	defer file.Close()
	read, err := readSettings(file)
	if err != nil {
		return fmt.Errorf("reading settings from %q: %w", name, err)
	}
	if err := read.Validate(ctx.Model); err != nil {
		return fmt.Errorf("reading settings from %q: %w", name, err)
	}
	ctx.AddResolver(read)
	return nil
}

// settings are the values of a file, by the name of the flag.
type settings map[string]any

func readSettings(r io.Reader) (settings, error) {
	decoder := json.NewDecoder(io.LimitReader(r, maxConfig))
	decoder.UseNumber()
	var s settings
	if err := decoder.Decode(&s); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more than one JSON object")
	}
	return s, nil
}

// Validate refuses names that are not a setting of any command, so that misspelled ones
// are noticed.
func (s settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	if err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok && IsSetting(flag) {
			known[flag.Name] = true
		}
		return next(nil)
	}); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !known[name] {
			return fmt.Errorf("%q is not a setting", name)
		}
		switch s[name].(type) {
		case string, bool, json.Number:
		default:
			return fmt.Errorf("setting %q: want a string, a number or a boolean", name)
		}
	}
	return nil
}

// IsSetting tells settings from flags that only the command line has.
func IsSetting(flag *kong.Flag) bool { return len(flag.Tag.Envs) > 0 && flag.Name != "config" }

// Resolve gives a flag its value, unless its variable is set.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := s[flag.Name]
	if !ok || !IsSetting(flag) {
		return nil, nil
	}
	for _, name := range flag.Tag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	if number, ok := value.(json.Number); ok {
		return number.String(), nil
	}
	return value, nil
}
