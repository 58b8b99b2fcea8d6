// Package archive takes documents out of the archives in which tools deliver them.
package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// IsZip reports whether a file that begins so is a zip archive.
func IsZip(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// Unzip returns the one file of a zip archive, of at most longest bytes: Intune delivers what it exports so.
func Unzip(packed []byte, longest int64) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fmt.Errorf("unpacking the zip archive: %w", err)
	}
	if len(archive.File) != 1 {
		return nil, fmt.Errorf("the zip archive has %d files: unpack it, and send each file by itself", len(archive.File))
	}
	file, err := archive.File[0].Open()
	if err != nil {
		return nil, fmt.Errorf("unpacking %q: %w", archive.File[0].Name, err)
	}
	text, err := io.ReadAll(io.LimitReader(file, longest+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("unpacking %q: %w", archive.File[0].Name, err)
	}
	if int64(len(text)) > longest {
		return nil, fmt.Errorf("unpacking %q: it has more than %d bytes", archive.File[0].Name, longest)
	}
	return text, nil
}
