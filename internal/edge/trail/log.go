package trail

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/muster-project/muster/internal/plain"
)

// Log is an audit log in files. Its methods may be called from any goroutine.
type Log struct {
	path string
	text *plain.Writer
	file *lumberjack.Logger
	// mu keeps the newest file from being renamed while it is open for reading, which Windows does not
	// allow.
	mu sync.Mutex
}

// Open opens the log at a path. A new file begins at a size in MiB; keep is how many older ones are
// kept. Neither may be 0.
func Open(path string, size, keep int) (*Log, error) {
	file := &lumberjack.Logger{Filename: path, MaxSize: size, MaxBackups: keep, Compress: true}
	if _, err := file.Write(nil); err != nil { // opens it
		return nil, fmt.Errorf("opening audit log: %w", err)
	}
	return &Log{path: path, text: plain.NewWriter(file), file: file}, nil
}

// Write adds a line. Characters that people could not see are visible in the file.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// Close closes the log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

var _ io.WriteCloser = (*Log)(nil)

// parts returns the folder, the beginning and the extension of the names of older files.
func (l *Log) parts() (folder, prefix, extension string) {
	folder, name := filepath.Split(l.path)
	extension = filepath.Ext(name)
	return folder, strings.TrimSuffix(name, extension) + "-", extension
}
