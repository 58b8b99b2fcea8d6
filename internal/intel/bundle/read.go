package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// Reader reads a bundle from its beginning to its end. Nothing of it may be used before Next returned io.EOF.
type Reader struct {
	// Manifest is what the bundle says of itself. It is signed.
	Manifest Manifest

	source     *source
	rest       *bufio.Reader // of it
	in         *tar.Reader
	feed, file int
	content    *content // of the file before
}

// Open reads the manifest of a bundle, which one of the keys must have signed.
func Open(r io.Reader, trusted []PublicKey) (*Reader, error) {
	opened, text, err := begin(r)
	if err != nil {
		return nil, err
	}
	entry, err := opened.entry(signatureName, maxSignature)
	if errors.Is(err, errOther) {
		err = ErrUnsigned
	}
	if err != nil {
		return nil, err
	}
	id := opened.Manifest.Key
	for _, key := range trusted {
		if key.ID() != id {
			continue
		}
		if !key.verifies(text, entry) {
			return nil, fmt.Errorf("%w: the signature is not that of key %q", ErrTampered, id)
		}
		return opened, opened.Manifest.check()
	}
	if id == "" {
		return nil, ErrUnsigned
	}
	return nil, fmt.Errorf("%w: %.40q", ErrUnknown, id)
}

// openUnsigned reads the manifest of a bundle that a server has made.
func openUnsigned(r io.Reader) (*Reader, error) {
	opened, _, err := begin(r)
	if err != nil {
		return nil, err
	}
	return opened, opened.Manifest.check()
}

// begin reads the manifest.
func begin(r io.Reader) (*Reader, []byte, error) {
	from := &source{r: r}
	opened := &Reader{source: from, rest: bufio.NewReader(from)}
	opened.in = tar.NewReader(opened.rest)
	// The name of the first entry begins the archive.
	head, err := opened.rest.Peek(len(manifestName))
	if err != nil && err != io.EOF {
		return nil, nil, opened.explain(err)
	}
	if !strings.HasPrefix(manifestName, string(head)) {
		return nil, nil, ErrInvalid
	}
	text, err := opened.entry(manifestName, maxManifest)
	if errors.Is(err, errOther) || errors.Is(err, ErrTampered) {
		err = ErrInvalid
	}
	if err != nil {
		return nil, nil, err
	}
	opened.Manifest, err = readManifest(text)
	return opened, text, err
}

// errOther says that another entry lies where one is wanted.
var errOther = errors.New("another entry")

// entry reads a small entry, the next one.
func (r *Reader) entry(name string, limit int64) ([]byte, error) {
	h, err := r.in.Next()
	switch {
	case err == io.EOF && r.source.n == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrTruncated)
	case err == io.EOF:
		return nil, errOther
	case err != nil:
		return nil, r.explain(err)
	case h.Typeflag != tar.TypeReg || h.Name != name:
		return nil, errOther
	case h.Size > limit:
		return nil, fmt.Errorf("%w: entry %q of %d bytes", ErrTooLarge, name, h.Size)
	}
	text, err := io.ReadAll(io.LimitReader(r.in, limit))
	if err != nil {
		return nil, r.explain(err)
	}
	return text, nil
}

// Next returns the next raw file, by its place in the manifest. Its content is checked when it was read to its end;
// what was not read is read by the next call. After the last file the error is io.EOF, and the bundle is as it was
// signed.
func (r *Reader) Next() (feed, file int, in io.Reader, err error) {
	if r.content != nil {
		if _, err := io.Copy(io.Discard, r.content); err != nil {
			return 0, 0, nil, err
		}
	}
	if r.feed == len(r.Manifest.Feeds) {
		return 0, 0, nil, r.end()
	}
	feed, file = r.feed, r.file
	wanted := &r.Manifest.Feeds[feed].Files[file]
	h, err := r.in.Next()
	switch name := entryName(feed, file); {
	case err == io.EOF:
		return 0, 0, nil, fmt.Errorf("%w: file %q is missing", ErrTruncated, wanted.Name)
	case err != nil:
		return 0, 0, nil, r.explain(err)
	case h.Typeflag != tar.TypeReg || h.Name != name || h.Size != wanted.Bytes:
		return 0, 0, nil, fmt.Errorf("%w: entry %.100q of %d bytes lies where %q of %d bytes is wanted", ErrTampered, h.Name, h.Size,
			name, wanted.Bytes)
	}
	if r.file++; r.file == len(r.Manifest.Feeds[feed].Files) {
		r.feed, r.file = r.feed+1, 0
	}
	r.content = &content{r: r, file: wanted, sum: sha256.New()}
	return feed, file, r.content, nil
}

// maxRest bounds what follows the end of the archive: tar writes blocks of 10 KiB, and others pad more.
const maxRest = 1 << 20

// end checks that nothing follows.
func (r *Reader) end() error {
	r.content = nil
	if h, err := r.in.Next(); err == nil {
		return fmt.Errorf("%w: it has an entry %.100q that its manifest does not know", ErrTampered, h.Name)
	} else if err != io.EOF {
		return r.explain(err)
	}
	rest, err := io.ReadAll(io.LimitReader(r.rest, maxRest+1))
	if err != nil {
		return r.explain(err)
	}
	if len(rest) > maxRest || len(bytes.Trim(rest, "\x00")) > 0 {
		return fmt.Errorf("%w: something follows its end", ErrTampered)
	}
	return io.EOF
}

// explain says what an error of reading the archive means.
func (r *Reader) explain(err error) error {
	switch {
	case r.source.failed != nil:
		return r.source.failed
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	}
	return fmt.Errorf("%w: %v", ErrTampered, err)
}

// content is that of a raw file. At its end it is checked.
type content struct {
	r    *Reader
	file *File
	sum  hash.Hash
	done error
}

// Read reads the next piece.
func (c *content) Read(p []byte) (int, error) {
	if c.done != nil {
		return 0, c.done
	}
	n, err := c.r.in.Read(p)
	c.sum.Write(p[:n])
	switch {
	case err == io.EOF && hex.EncodeToString(c.sum.Sum(nil)) != c.file.SHA256:
		c.done = fmt.Errorf("%w: file %q has not the hash that was signed", ErrTampered, c.file.Name)
	case err == io.EOF:
		c.done = io.EOF
	case err != nil:
		c.done = c.r.explain(err)
	}
	return n, c.done
}

// source is what a bundle is read from. It keeps its own errors apart from those of the archive.
type source struct {
	r      io.Reader
	n      int64
	failed error
}

// Read reads the next piece.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		s.failed = err
	}
	return n, err
}
