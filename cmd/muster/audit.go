package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/plain"
	"gopkg.in/natefinch/lumberjack.v2"
)

// auditFile is the audit log in a data folder, where nothing else is said.
const auditFile = "audit.jsonl"

// auditFlags say where a server records who did what.
type auditFlags struct {
	Audit     string `default:"audit.jsonl" placeholder:"FILE" env:"MUSTER_AUDIT" help:"File of the audit log, in the data folder unless its path is absolute; - is standard output, off none."`
	AuditSize int    `default:"100" placeholder:"MIB" env:"MUSTER_AUDIT_SIZE" help:"Size of the audit log after which a new file begins, in MiB."`
	AuditKeep int    `default:"10" placeholder:"N" env:"MUSTER_AUDIT_KEEP" help:"How many older files of the audit log are kept, compressed."`
}

// check refuses numbers that make no sense: lumberjack takes 0 for no limit.
func (a *auditFlags) check() error {
	switch {
	case a.Audit == "":
		return console.Usage("--audit is empty, must be a file, - or off")
	case a.AuditSize < 1 || a.AuditSize > 1<<20:
		return console.Usage("--audit-size is %d, must be 1 to %d", a.AuditSize, 1<<20)
	case a.AuditKeep < 1 || a.AuditKeep > 10_000:
		return console.Usage("--audit-keep is %d, must be 1 to 10000", a.AuditKeep)
	}
	return nil
}

// folderAudit is the audit log of commands that work on a data folder.
func folderAudit() auditFlags { return auditFlags{Audit: auditFile, AuditSize: 100, AuditKeep: 10} }

// open opens the audit log of a data folder; it is nil where there is none. The
// holder of the folder's lock alone may have it open.
func (a *auditFlags) open(folder string, out io.Writer) (io.WriteCloser, error) {
	switch a.Audit {
	case "off":
		return nil, nil
	case "-":
		return keptOpen{out}, nil
	}
	path := a.Audit
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
		if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeNamedPipe { // opening it would wait
			return nil, plain.Hinted(fmt.Errorf("%w: the audit log %q is a pipe", errDamaged, path), "move it away; the log begins anew")
		}
	}
	file := &lumberjack.Logger{Filename: path, MaxSize: a.AuditSize, MaxBackups: a.AuditKeep, Compress: true}
	if _, err := file.Write(nil); err != nil { // opens it
		return nil, fmt.Errorf("opening audit log: %w", err)
	}
	return visibleFile{plain.NewWriter(file), file}, nil
}

// visibleFile is a file that people may look at on a terminal.
type visibleFile struct {
	*plain.Writer
	file io.Closer
}

// Close closes the file.
func (f visibleFile) Close() error { return f.file.Close() }

// keptOpen is a stream that belongs to somebody else.
type keptOpen struct{ io.Writer }

// Close does nothing.
func (keptOpen) Close() error { return nil }
