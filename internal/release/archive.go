package main

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
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

// file is a file of an archive.
type file struct {
	name    string // with slashes, below the archive's folder
	content []byte
	program bool
}

func (f *file) mode() fs.FileMode {
	if f.program {
		return 0o755
	}
	return 0o644
}

// documents returns what is in the archive beside the programs: units of the platform, what works
// anywhere, manuals and the licence.
func documents(goos string) (files []file, err error) {
	units := map[string]string{"linux": "systemd", "darwin": "launchd", "windows": "windows"}
	if units[goos] == "" {
		return nil, fmt.Errorf("there are no units for %q", goos)
	}
	patterns := []string{"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "doc/*.md", "deploy/prometheus/*",
		"deploy/grafana/*", "deploy/" + units[goos] + "/*"}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("nothing is called %q: %w", pattern, errors.Join(err, fs.ErrNotExist))
		}
		for _, path := range found {
			content, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			files = append(files, file{name: filepath.ToSlash(path), content: content})
		}
	}
	return files, nil
}

// packer writes files, which are in order, below a folder. All have one time.
type packer func(out io.Writer, folder string, files []file, when time.Time) error

// writeFile writes an archive.
func writeFile(path, folder string, files []file, when time.Time, pack packer) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return pack(out, folder, files, when)
}

// packTar writes a compressed archive for systems with modes.
func packTar(out io.Writer, folder string, files []file, when time.Time) error {
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression) // its header has no name and no time
	if err != nil {
		return err
	}
	w := tar.NewWriter(packed)
	for i := range files {
		f := &files[i]
		header := &tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + f.name, Size: int64(len(f.content)),
			Mode: int64(f.mode()), ModTime: when, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if _, err := w.Write(f.content); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), packed.Close())
}

// packZip writes an archive for Windows.
func packZip(out io.Writer, folder string, files []file, when time.Time) error {
	w := zip.NewWriter(out)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	for i := range files {
		f := &files[i]
		header := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: when}
		header.SetMode(f.mode())
		entry, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.content); err != nil {
			return err
		}
	}
	return w.Close()
}
