package bundle

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrChanged says that a raw file is not as its manifest says: it was replaced while the bundle was written.
var ErrChanged = errors.New("a feed was changed meanwhile")

// Write writes a bundle. Open opens each raw file, in their order; it is not signed if there is no key.
func Write(w io.Writer, m Manifest, key *Key, open func(feed, file int) (io.ReadCloser, error)) error {
	if m.Format, m.Key = Format, ""; key != nil {
		m.Key = key.Public().ID()
	}
	if err := m.check(); err != nil {
		return fmt.Errorf("writing a bundle: %w", err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding the manifest of a bundle: %w", err)
	}
	if len(text) > maxManifest {
		return fmt.Errorf("writing a bundle: %w: its manifest has %d bytes", ErrTooLarge, len(text))
	}
	out := tar.NewWriter(w)
	err = put(out, manifestName, text)
	if err == nil && key != nil {
		err = put(out, signatureName, key.sign(text))
	}
	for i := range m.Feeds {
		for j := range m.Feeds[i].Files {
			if err == nil {
				err = copyFile(out, entryName(i, j), &m.Feeds[i].Files[j], func() (io.ReadCloser, error) { return open(i, j) })
			}
		}
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		return fmt.Errorf("writing a bundle: %w", err)
	}
	return nil
}

func header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644}
}

func put(out *tar.Writer, name string, text []byte) error {
	if err := out.WriteHeader(header(name, int64(len(text)))); err != nil {
		return err
	}
	_, err := out.Write(text)
	return err
}

// copyFile writes a raw file, which must be as the manifest says.
func copyFile(out *tar.Writer, name string, file *File, open func() (io.ReadCloser, error)) error {
	in, err := open()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := out.WriteHeader(header(name, file.Bytes)); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(in, file.Bytes))
	if err == nil {
		_, err = io.ReadFull(in, make([]byte, 1)) // there is no more, and a source that checks itself has done so
	}
	if err == nil || err == io.EOF && (n != file.Bytes || hex.EncodeToString(sum.Sum(nil)) != file.SHA256) {
		return fmt.Errorf("file %q: %w", file.Name, ErrChanged)
	}
	if err == io.EOF {
		return nil
	}
	return err
}
