package benchmarking

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// Layers are folders of checks beside those that come with the program.
type Layers struct {
	Folders []string `arg:"" optional:"" name:"dir" placeholder:"DIR" help:"Folders of checks, *.yaml. A check in a later folder replaces that with its id in an earlier one. Default: the checks that come with muster."`
	Only    bool     `help:"Leave out the checks that come with muster."`
	JSON    bool     `name:"json" help:"Print JSON for programs."`
}

// load loads the checks of the folders. What is wrong with them is no error here.
func (l *Layers) load() (*benchmark.Benchmark, []benchmark.Fault, error) {
	if l.Only && len(l.Folders) == 0 {
		return nil, nil, console.Usage("--only needs a folder")
	}
	load := benchmark.Load
	if l.Only {
		load = benchmark.LoadOnly
	}
	folders, err := Open(l.Folders)
	if err != nil {
		return nil, nil, err
	}
	b, err := load(folders...)
	if wrong := benchmark.Faults(err); wrong != nil {
		return nil, l.placed(wrong), nil
	}
	if err != nil {
		return nil, nil, refused(err)
	}
	return b, nil, nil
}

// Open opens folders of checks.
func Open(folders []string) (opened []fs.FS, err error) {
	for _, folder := range folders {
		info, err := os.Stat(folder)
		if err == nil && !info.IsDir() {
			err = &fs.PathError{Op: "open", Path: folder, Err: errors.New("it is no folder")}
		}
		if err != nil {
			return nil, refused(err)
		}
		opened = append(opened, os.DirFS(folder))
	}
	return opened, nil
}

// refused says that a folder cannot be read as checks.
func refused(err error) error {
	err = fmt.Errorf("%w: %w", control.ErrInput, err)
	if errors.Is(err, benchmark.ErrNoFiles) {
		return plain.Hinted(err, "files of checks end in .yaml; doc/checks.md describes them")
	}
	return err
}

// placed adds the folder to the names of files, if there is one folder: then an editor finds them.
func (l *Layers) placed(faults []benchmark.Fault) []benchmark.Fault {
	if len(l.Folders) == 1 {
		for i := range faults {
			faults[i].File = filepath.Join(l.Folders[0], faults[i].File)
		}
	}
	return faults
}

// found is the form of faults for programs.
type found struct {
	Checks int               `json:"checks"`
	Cases  int               `json:"cases,omitempty"`
	Faults []benchmark.Fault `json:"faults"`
}

// tell prints faults, and returns an error if there are any.
func (l *Layers) tell(t *console.Terminal, f found, sound string) error {
	if l.JSON {
		if f.Faults == nil {
			f.Faults = []benchmark.Fault{}
		}
		if err := t.JSON(f); err != nil {
			return err
		}
	} else {
		for _, fault := range f.Faults {
			fmt.Fprintln(t.Out, plain.Inline(fault.Error()))
		}
	}
	if n := len(f.Faults); n > 0 {
		return fmt.Errorf("%w: %d in files of checks", console.ErrProblems, n)
	}
	if !l.JSON {
		_, err := fmt.Fprintln(t.Out, sound)
		return err
	}
	return nil
}
