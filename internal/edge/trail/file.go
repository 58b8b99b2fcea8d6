package trail

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxLine is the longest line that is read. Lines are cut long before when they are written.
const maxLine = 64 << 10

// nameTime is the time in the name of an older file: when it was renamed, in UTC.
const nameTime = "2006-01-02T15-04-05.000"

// file is one file of a log.
type file struct {
	path string
	// ended is when the file was renamed; zero for the newest.
	ended time.Time
	// info tells the newest from one that takes its name later.
	info fs.FileInfo
}

func (f *file) newest() bool     { return f.ended.IsZero() }
func (f *file) compressed() bool { return strings.HasSuffix(f.path, ".gz") }

// files lists the files of a log, oldest first, the newest last. While a file is being compressed both
// forms are there, and the complete one counts.
func (l *Log) files() ([]file, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	folder, prefix, extension := l.parts()
	entries, err := os.ReadDir(filepath.Clean(folder))
	if err != nil {
		return nil, fmt.Errorf("listing the files of the audit log: %w", err)
	}
	newest := file{path: l.path}
	if newest.info, err = os.Stat(l.path); err != nil {
		return nil, fmt.Errorf("listing the files of the audit log: %w", err)
	}
	found := map[string]file{}
	for _, entry := range entries { // in the order of names: the complete form comes first
		name, ok := strings.CutPrefix(entry.Name(), prefix)
		stamp, rest, isOurs := strings.Cut(name, extension)
		if !ok || !isOurs || rest != "" && rest != ".gz" || !entry.Type().IsRegular() {
			continue
		}
		ended, err := time.Parse(nameTime, stamp)
		if _, known := found[stamp]; known || err != nil {
			continue
		}
		found[stamp] = file{path: filepath.Join(folder, entry.Name()), ended: ended}
	}
	all := make([]file, 0, len(found)+1)
	for _, f := range found {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b file) int { return a.ended.Compare(b.ended) })
	return append(all, newest), nil
}

// open opens a file for reading. The newest is read piece by piece. A file may have been compressed
// since it was listed.
func (l *Log) open(f *file) (io.ReadCloser, error) {
	if f.newest() {
		return &growing{log: l, known: f.info}, nil
	}
	raw, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) && !f.compressed() {
		f.path += ".gz"
		raw, err = os.Open(f.path)
	}
	if err != nil || !f.compressed() {
		return raw, err
	}
	inflated, err := gzip.NewReader(raw)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading %q: %w", f.path, err), raw.Close())
	}
	return &unpacked{inflated, raw}, nil
}

// unpacked is a compressed file.
type unpacked struct {
	*gzip.Reader
	raw io.Closer
}

// Close closes the file.
func (u *unpacked) Close() error { return errors.Join(u.Reader.Close(), u.raw.Close()) }

// errRenamed: the newest file was renamed while it was read.
var errRenamed = errors.New("a new file of the audit log has begun")

// growing reads the newest file. It holds the file open only while it reads a piece.
type growing struct {
	log    *Log
	offset int64
	known  fs.FileInfo
}

// Read implements io.Reader. The error is errRenamed if the file is no longer the newest.
func (g *growing) Read(p []byte) (int, error) {
	g.log.mu.Lock()
	defer g.log.mu.Unlock()
	f, err := os.Open(g.log.path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !os.SameFile(g.known, info) {
		return 0, errRenamed
	}
	n, err := f.ReadAt(p, g.offset)
	g.offset += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// Seek implements io.Seeker for places from the start.
func (g *growing) Seek(offset int64, _ int) (int64, error) {
	g.offset = offset
	return offset, nil
}

// Close implements io.Closer.
func (g *growing) Close() error { return nil }

// id identifies a file by its first line; ok is false if it has none yet.
func id(r *bufio.Reader) (sum uint64, ok bool, err error) {
	first, err := r.Peek(maxLine)
	end := bytes.IndexByte(first, '\n')
	if end < 0 && (errors.Is(err, io.EOF) || len(first) == 0) {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return 0, false, err
	}
	if end < 0 { // no line of ours is so long
		end = len(first)
	}
	hash := sha256.Sum256(first[:end])
	return binary.BigEndian.Uint64(hash[:]), true, nil
}
