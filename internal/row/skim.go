package row

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Line splits lines after the first row, including its newline. Without a newline everything is
// the row.
func Line(lines []byte) (line, rest []byte) {
	end := bytes.IndexByte(lines, '\n') + 1
	if end == 0 {
		end = len(lines)
	}
	return lines[:end:end], lines[end:]
}

// maxSkimmed is the largest number of columns that Skim reads.
const maxSkimmed = 8

// Skim is like Scan for only key and first-seen time, and several times faster. It is for rows
// that are known to have the written form, because this process wrote them or a hash proves it: it
// searches for the keys of fields, which no encoded value can contain, and checks nothing in
// between. A row without these keys is an error that wraps ErrRow.
//
// Rows that follow each other are alike. So it looks first where row, which should be the one before, has
// the same field.
func (s *Shape) Skim(row *Row, lines []byte) (rest []byte, err error) {
	var before [maxSkimmed]span
	if row.shape == s {
		for n, i := range s.skimmed {
			before[n] = row.spans[i]
		}
	}
	*row = Row{}
	line, rest := Line(lines)
	at, was := 0, 0
	for n, i := range s.skimmed {
		c := &s.columns[i]
		guess := at + int(before[n].start) - was - len(c.fileKey)
		was = int(before[n].end)
		start := guess + len(c.fileKey)
		if guess < at || start > len(line) || string(line[guess:start]) != c.fileKey {
			start = keyEnd(line, at, c.fileKey)
		}
		if start < 0 && !c.always {
			continue
		}
		end, ok := start, false
		if start >= 0 {
			end, ok = stringEnd(line, start)
		}
		if !ok {
			*row = Row{}
			return nil, rowError(line, max(at, end), c.Field.String()+" to be "+c.Kind.String())
		}
		row.spans[i] = span{uint32(start), uint32(end)}
		at = end
	}
	row.shape, row.line = s, line
	return rest, nil
}

// keyEnd returns the end of the first key at or after an offset; -1 if there is none.
func keyEnd(line []byte, at int, key string) int {
	if end := at + len(key); end <= len(line) && string(line[at:end]) == key {
		return end
	}
	i := bytes.Index(line[at:], []byte(key))
	if i < 0 {
		return -1
	}
	return at + i + len(key)
}

// SameButLastSeen is like EqualButLastSeen for lines of one version that need not be scanned. It
// compares bytes, so it is false for rows that differ in form. Like Skim it relies on the written
// form.
func (s *Shape) SameButLastSeen(a, b []byte) bool {
	if s.lastSeen == noField {
		return bytes.Equal(a, b)
	}
	same := prefix(a, b)
	if same == len(a) && same == len(b) {
		return true
	}
	// The first difference is in the last-seen time, which is short, or the rows differ.
	key := s.columns[s.columnOf[s.lastSeen]].fileKey
	from := max(0, same-len(key)-maxSeen)
	i := bytes.LastIndex(a[from:same], []byte(key))
	if i < 0 {
		return false
	}
	at := from + i + len(key)
	return bytes.Equal(afterString(a[at:]), afterString(b[at:]))
}

// maxSeen is the length of the longest last-seen time in rows, with its quotes, or more.
const maxSeen = 40

// prefix returns the length of the longest common prefix.
func prefix(a, b []byte) int {
	i, n := 0, min(len(a), len(b))
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// afterString returns the text after the string without escapes at the beginning of text; all of
// it if there is none.
func afterString(text []byte) []byte {
	if len(text) == 0 || text[0] != '"' {
		return text
	}
	return text[2+bytes.IndexByte(text[1:], '"'):]
}
