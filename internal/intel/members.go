package intel

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
)

// Members yields the values in every JSON text in fsys that lie so many objects deep, within DefaultLimits: with
// depth 2 the values of {"a":{"b":value}}, with the keys that lead to each (Document.Keys). It reads value by
// value, so that an object of many thousands is never held whole; a value of more than longest bytes ends the
// sequence. Values that are no objects before that depth are left out, with an error. Text that is not JSON ends
// the sequence.
func Members(fsys fs.FS, depth int, longest int64) iter.Seq2[Document, error] {
	return DefaultLimits().walk(fsys, wantJSON(), func(o *opener, r io.Reader, name string, _ int64) error {
		m := &memberReader{opener: o, name: name, depth: depth, bounded: bounded{r: bufio.NewReader(r), longest: longest}}
		m.d = json.NewDecoder(&m.bounded)
		m.spare = longest
		if err := m.value(); err != nil && !errors.Is(err, errStopped) {
			return fmt.Errorf("document %q: %w", m.place(), unexpected(err))
		} else if err != nil {
			return err
		}
		if _, err := m.d.Token(); err != io.EOF {
			return fmt.Errorf("document %q: text after its end", name)
		}
		return nil
	})
}

// memberReader reads the members of the objects of one document.
type memberReader struct {
	*opener
	name  string
	depth int
	keys  []string
	d     *json.Decoder
	bounded
}

// bounded is a reader that fails when a single value has more bytes than it may.
type bounded struct {
	r              io.Reader
	longest, spare int64
}

// Read reads a piece of the current value.
func (b *bounded) Read(p []byte) (int, error) {
	if b.spare <= 0 {
		return 0, fmt.Errorf("a value has more than %d bytes: %w", b.longest, ErrTooLarge)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.spare)])
	b.spare -= int64(n)
	return n, err
}

// place names the current member.
func (m *memberReader) place() string {
	if len(m.keys) == 0 {
		return m.name
	}
	return m.name + "#" + strings.Join(m.keys, "/")
}

// value delivers the values in the one that follows.
func (m *memberReader) value() error {
	m.spare = m.longest
	if len(m.keys) == m.depth {
		var text json.RawMessage
		if err := m.d.Decode(&text); err != nil {
			return err
		}
		keys := append([]string{}, m.keys...)
		return m.deliver(Document{Name: m.place(), Data: text, Keys: keys})
	}
	token, err := m.d.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return m.other(token)
	}
	for m.d.More() {
		m.spare = m.longest
		key, err := m.d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		m.keys = append(m.keys, name)
		if err := m.value(); err != nil {
			return err
		}
		m.keys = m.keys[:len(m.keys)-1]
	}
	_, err = m.d.Token()
	return err
}

// other skips a value that begins with a token and is no object. An empty list is how some languages write an
// empty object.
func (m *memberReader) other(token json.Token) error {
	if token == json.Delim('[') {
		if !m.d.More() {
			_, err := m.d.Token()
			return err
		}
		for depth := 1; depth > 0; {
			m.spare = m.longest
			token, err := m.d.Token()
			if err != nil {
				return err
			}
			switch token {
			case json.Delim('{'), json.Delim('['):
				depth++
			case json.Delim('}'), json.Delim(']'):
				depth--
			}
		}
	}
	return m.leaveOut(Document{Name: m.place()}.Odd("want an object"))
}
