// Package rpmdb reads the packages of rpm's database.
//
// The database is a table of header blobs, one per package, in one of three containers: SQLite
// (rpm 4.16 and later), ndb (SUSE), and a Berkeley DB hash (the oldest). [SQLite], [NDB] and
// [Berkeley] yield the blobs. [ParseHeader] reads from a blob which package it describes.
//
// The containers come from collected machines, so nothing in them is trusted, and nothing in them
// is executed (decision 0036). Offsets are checked, no blob is larger than [MaxHeader], the blobs
// of a file are together no larger than the file, and no page is read for two places, so cycles of
// pages end. The memory is that of one blob and of the page numbers of an SQLite log. Nothing is
// locked, copied or written. The given readers limit the time: they fail when it is over.
package rpmdb

import (
	"errors"
	"fmt"
	"io"
	"iter"
)

// MaxHeader is the largest header blob that is read, in bytes. Real ones with long lists of files
// have a few MiB.
const MaxHeader = 64 << 20

// ErrDamaged says that a database or a header is invalid.
var ErrDamaged = errors.New("the rpm database is damaged")

// damaged returns an ErrDamaged with details.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// container is a database file whose blobs are being read.
type container struct {
	*io.SectionReader
	left int64 // bytes left for blobs
}

// yielder takes a blob, or the error that ends the sequence.
type yielder = func([]byte, error) bool

// blobs makes a sequence from a function that yields blobs and returns the error that ended it, or
// nil.
func blobs(file *io.SectionReader, read func(*container, yielder) error) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := read(&container{file, file.Size()}, yield); err != nil {
			yield(nil, err)
		}
	}
}

// at reads n bytes at an offset.
func (c *container) at(offset, n int64) ([]byte, error) {
	if offset < 0 || n < 0 || offset > c.Size()-n {
		return nil, damaged("%d bytes at %d are beyond the end of the file", n, offset)
	}
	data := make([]byte, n)
	if _, err := c.ReadAt(data, offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return data, nil
}

// take counts the bytes of a blob before they are read.
func (c *container) take(n int64) error {
	if n > MaxHeader {
		return damaged("a header of %d bytes", n)
	}
	if c.left -= n; c.left < 0 {
		return damaged("its headers are larger than the file")
	}
	return nil
}
