package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// read calls use for the documents of a folder with a prefix in their names.
func (s *cutter) read(folder, prefix string, use func(name string, data []byte) error) error {
	found := false
	for doc, err := range intel.DefaultLimits().Documents(os.DirFS(filepath.Join(s.from, folder))) {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(doc.Name, prefix) {
			continue
		}
		found = true
		if err := use(doc.Name, doc.Data); err != nil {
			return fmt.Errorf("document %q: %w", doc.Name, err)
		}
	}
	if !found {
		return fmt.Errorf("no %q in %q", prefix, filepath.Join(s.from, folder))
	}
	return nil
}

// document is one file of the sample, before compression.
type document struct {
	name string
	data []byte
}

// documents collects the documents of one feed.
type documents struct {
	list []document
	err  error
}

func (d *documents) add(name string, value any) {
	data, err := json.Marshal(value)
	if err != nil && d.err == nil {
		d.err = err
	}
	d.list = append(d.list, document{name, data})
}

// sorted returns the documents by name, so that equal input gives equal files.
func (d *documents) sorted() ([]document, error) {
	slices.SortFunc(d.list, func(a, b document) int { return strings.Compare(a.name, b.name) })
	return d.list, d.err
}

// write writes one file of the sample, compressed: a tar archive, or a single document itself. It
// returns the file's size.
func write(folder, name string, list []document) (int, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	if strings.HasSuffix(name, ".tar.gz") {
		err = archive(z, list)
	} else {
		_, err = z.Write(list[0].data)
	}
	if err != nil {
		return 0, fmt.Errorf("packing %q: %w", name, err)
	}
	if err := z.Close(); err != nil {
		return 0, fmt.Errorf("packing %q: %w", name, err)
	}
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, err
	}
	return out.Len(), os.WriteFile(path, out.Bytes(), 0o644)
}

// archive writes documents as a tar archive without times or owners.
func archive(w io.Writer, list []document) error {
	t := tar.NewWriter(w)
	for _, d := range list {
		header := &tar.Header{Name: d.name, Mode: 0o644, Size: int64(len(d.data))}
		if err := t.WriteHeader(header); err != nil {
			return err
		}
		if _, err := t.Write(d.data); err != nil {
			return err
		}
	}
	return t.Close()
}
