package intel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"strings"
)

// Elements yields the members of the list under key of every JSON text in fsys, within
// DefaultLimits. It reads member by member, so that a page of thousands of records is decoded on
// all cores and never held whole; a member of more than longest bytes is a *RecordError. A document
// of at most maxWhole bytes without such a list is yielded whole; a longer one is a *RecordError.
// Members are named by their document and position ("page.json#12"); whether they are JSON shows
// when they are decoded. A list that does not end ends the sequence, and so does text outside of it
// that is not JSON.
func Elements(fsys fs.FS, key string, longest int64) iter.Seq2[Document, error] {
	return DefaultLimits().walk(fsys, wantJSON(), func(o *opener, r io.Reader, name string, _ int64) error {
		return o.elements(r, name, key, longest)
	})
}

// note reads one field of the document.
func (l *Listing) note(name string, value json.Token) {
	text, _ := value.(string)
	switch name {
	case "reponame": // secdb
		l.Repository = text
	case "distroversion":
		l.Branch = text
	case "urlprefix":
		l.Origin = text
	case "totalResults", "count", "total": // NVD, KEV, endoflife.date
		l.Total = countOf(value)
	case "resultsPerPage":
		l.Here = countOf(value)
	case "timestamp", "dateReleased", "generated_at", "LastCheck":
		l.Released = ParseTime(text)
	}
}

// countOf returns a number of records; 0 if a value is none.
func countOf(value json.Token) int {
	number, ok := value.(float64)
	if !ok || number < 0 || number > maxCount || number != math.Trunc(number) {
		return 0
	}
	return int(number)
}

// maxCount bounds the number of records that a publisher may claim to have.
const maxCount = 1_000_000_000

// maxWhole bounds a document without the list, which is yielded whole, in bytes.
const maxWhole = 4 << 20

// elements reads one document.
func (o *opener) elements(r io.Reader, name, key string, longest int64) error {
	var data bytes.Buffer
	if _, err := data.ReadFrom(io.LimitReader(r, maxWhole+1)); err != nil {
		return err
	}
	whole := data.Len() <= maxWhole
	if whole && data.Len() > 0 && !bytes.Contains(data.Bytes(), []byte(`"`+key+`"`)) {
		return o.deliver(Document{Name: name, Data: data.Bytes()}) // a single record; decoding it checks the syntax
	}
	e := &elementReader{name: name, key: key, longest: longest, deliver: o.deliver, leaveOut: o.leaveOut}
	e.r = io.MultiReader(bytes.NewReader(data.Bytes()), r)
	if whole {
		e.r = bytes.NewReader(data.Bytes())
	}
	found, err := e.document()
	if err != nil && whole && !e.listed && !o.loose { // of an archive, which is whole itself
		return o.leaveOut(Document{Name: name}.Odd("%w", err))
	}
	if err != nil && !errors.Is(err, errStopped) {
		return fmt.Errorf("document %q: %w", e.place(), err)
	}
	if err != nil || found {
		return err
	}
	if !whole {
		return o.leaveOut(Document{Name: name}.Odd("more than %d bytes and no list %q: %w", maxWhole, key, ErrTooLarge))
	}
	return o.deliver(Document{Name: name, Data: data.Bytes()})
}

// deliver yields a document.
func (o *opener) deliver(doc Document) error {
	if !o.yield(doc, nil) {
		return errStopped
	}
	return nil
}

// elementReader reads the list under a key of one JSON object. It is the reader of its own
// decoder, which buffers a value until it is complete: so it bounds what is read for one value.
type elementReader struct {
	name, key string
	longest   int64
	deliver   func(Document) error
	leaveOut  func(odd error) error

	r     io.Reader
	spare int64 // how much of the current value may still be read
	next  int   // the current member; 0 before the list
	// listed says that the list was read.
	listed bool
	// listing is what the document says before the list.
	listing Listing
	d       *json.Decoder
}

// Read reads a piece of the current value, as large as possible: the decoder scans white space
// again after each piece.
func (e *elementReader) Read(p []byte) (int, error) {
	if e.spare <= 0 {
		return 0, fmt.Errorf("a value has more than %d bytes: %w", e.longest, ErrTooLarge)
	}
	n, err := io.ReadFull(e.r, p[:min(int64(len(p)), e.spare)])
	e.spare -= int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) && n > 0 {
		err = nil // the end, or the right error, comes with the next call
	}
	return n, err
}

// place names the current member.
func (e *elementReader) place() string {
	if e.next == 0 {
		return e.name
	}
	return fmt.Sprintf("%s#%d", e.name, e.next-1)
}

// document delivers the members of the list and reports whether there is one. It reads to the
// document's end: a truncated list is an error, even though its first members were delivered.
func (e *elementReader) document() (found bool, err error) {
	e.d = json.NewDecoder(e)
	start, err := e.token()
	if err != nil || start != json.Delim('{') {
		return false, err
	}
	for e.d.More() {
		name, err := e.token()
		if err != nil {
			return found, err
		}
		value, err := e.token()
		if err == nil && name == e.key && value == json.Delim('[') {
			found, err = true, e.members()
		} else if err == nil {
			if key, ok := name.(string); ok && !found {
				e.listing.note(key, value)
			}
			err = e.skip(value)
		}
		if err != nil {
			return found, err
		}
		e.spare = e.longest
	}
	_, err = e.token()
	return found, err
}

// token reads a token.
func (e *elementReader) token() (json.Token, error) {
	e.spare = e.longest
	token, err := e.d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return token, err
}

// skip skips the rest of a value that begins with a token.
func (e *elementReader) skip(first json.Token) error {
	depth := 0
	for token := first; ; {
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if token, err = e.token(); err != nil {
			return err
		}
	}
}

// members delivers the members of a list that has begun. A member that is too long is left out.
func (e *elementReader) members() error {
	if e.listed {
		return fmt.Errorf("a second list %q", e.key)
	}
	e.listed = true
	e.spare = math.MaxInt64 // members have a bound of their own
	list := newListReader(io.MultiReader(e.d.Buffered(), e), e.longest)
	listing := e.listing
	for e.next = 1; ; e.next++ {
		member, err := list.next()
		switch {
		case err == io.EOF:
			e.next = 0
			return e.goOn(list.r)
		case err == errLong:
			err = e.leaveOut(Document{Name: e.place()}.Odd("more than %d bytes: %w", e.longest, ErrTooLarge))
		case err == nil:
			err = e.deliver(Document{Name: e.place(), Data: member, Listing: &listing})
		}
		if err != nil {
			return err
		}
	}
}

// goOn reads the object on after the list.
func (e *elementReader) goOn(rest io.Reader) error {
	const begun = `{"list":0` // as if the list had been read as another value
	e.d = json.NewDecoder(io.MultiReader(strings.NewReader(begun), rest))
	for range 3 {
		if _, err := e.token(); err != nil {
			return err
		}
	}
	return nil
}
