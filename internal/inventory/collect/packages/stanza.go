package packages

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// Limits of a stanza. An unwanted line (a description, a list of files) may have any length: it is
// skipped in constant memory.
const (
	maxLine  = 64 << 10 // bytes of a line that are kept
	maxValue = 4 << 10  // bytes of a wanted field; a longer one is an error
)

// stanza is one entry of a package database: its wanted fields.
type stanza map[string]string

// stanzas reads a database of "Name: value" lines with an empty line between entries: dpkg's
// (deb-control(5)) and apk's. It yields the wanted fields under the given names, which same
// compares with those in the file. Lines that begin with a blank continue a field and are skipped,
// since no wanted field has any. If a field is repeated, the first counts. An error names the line
// and ends the sequence.
func stanzas(r io.Reader, same func(a, b string) bool, wanted ...string) iter.Seq2[stanza, error] {
	return func(yield func(stanza, error) bool) {
		lines := bufio.NewReaderSize(r, maxLine)
		entry := stanza{}
		for number := 1; ; number++ {
			line, err := shortLine(lines)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, fmt.Errorf("line %d: %w", number, err))
				return
			}
			last := err != nil
			if len(entry) > 0 && (last || len(bytes.TrimSpace(line)) == 0) {
				if !yield(entry, nil) {
					return
				}
				entry = stanza{}
			}
			if last {
				return
			}
			if err := entry.add(line, same, wanted); err != nil {
				yield(nil, fmt.Errorf("line %d: %w", number, err))
				return
			}
		}
	}
}

// add keeps the line's field if it is wanted.
func (s stanza) add(line []byte, same func(a, b string) bool, wanted []string) error {
	if len(bytes.TrimSpace(line)) == 0 || line[0] == ' ' || line[0] == '\t' {
		return nil
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return fmt.Errorf("%q is not a field: it has no colon", bytes.TrimSpace(line[:min(len(line), 40)]))
	}
	for _, w := range wanted {
		if _, have := s[w]; have || !same(w, string(name)) {
			continue
		}
		if len(value) > maxValue {
			return fmt.Errorf("field %q is longer than %d bytes", w, maxValue)
		}
		s[w] = strings.TrimSpace(string(value))
	}
	return nil
}

// shortLine reads a line and returns the part that fits into the reader's buffer. At the end of
// the input it returns io.EOF once there is no line left.
func shortLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line = bytes.Clone(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.ReadSlice('\n')
		}
	}
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	return line, err
}
