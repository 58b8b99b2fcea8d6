package node

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/edge/trail"
	"github.com/muster-project/muster/internal/plain"
)

// Audit configures the audit log. Commands use the zero Audit: on a data folder it has the server's
// files, on shared places there is none.
type Audit struct {
	// File is relative to the data folder, or to the current folder on shared places; "-" is Out, "off"
	// disables the log.
	File string
	// Size is the size in MiB at which a new file begins. Keep is how many older files are
	// kept, compressed. Neither may be 0 if there is a File.
	Size, Keep int
	Out        io.Writer
}

// open opens the audit log of a data folder; nil if it is disabled. Only the holder of the
// folder's lock may have it open.
func (a Audit) open(folder string) (io.WriteCloser, error) {
	switch a.File {
	case "":
		a = Audit{File: AuditFile, Size: 100, Keep: 10}
	case "off":
		return nil, nil
	case "-":
		return keptOpen{a.Out}, nil
	}
	path := a.File
	if !filepath.IsAbs(path) && folder != "" {
		path = filepath.Join(folder, path)
		if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeNamedPipe { // opening it would wait
			return nil, plain.Hinted(fmt.Errorf("%w: the audit log %q is a pipe", ErrDamaged, path),
				"move it away; a new log is begun")
		}
	}
	log, err := trail.Open(path, a.Size, a.Keep)
	if err != nil {
		return nil, err // not log: a nil *trail.Log is no nil io.WriteCloser
	}
	return log, nil
}

// openShared is open for a node that shares its places; nil if there is no audit log.
func (a Audit) openShared() (io.WriteCloser, error) {
	if a.File == "" {
		return nil, nil
	}
	return a.open("")
}

// keptOpen is a stream that the caller owns, so Close leaves it open.
type keptOpen struct{ io.Writer }

// Close does nothing.
func (keptOpen) Close() error { return nil }
