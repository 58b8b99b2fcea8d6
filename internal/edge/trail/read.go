package trail

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

const (
	// maxScan is how many bytes of lines a page reads, without compression, before it ends.
	maxScan = 16 << 20
	// maxPage is how many bytes of lines a page has, the last line aside.
	maxPage = 4 << 20
)

// ErrGone: the file of a place is no longer kept, so lines after the place are lost.
var ErrGone = errors.New("the audit log no longer has the lines after that place")

// Place is where reading goes on.
type Place struct {
	// File identifies the file by its first line. Offset is how many bytes of it were read.
	File   uint64
	Offset int64
}

// Query says which lines are wanted.
type Query struct {
	// Organization is the organization of the callers of the lines. Lines about nobody who is known
	// have none and are in no page.
	Organization string
	// Since is the oldest time of a line.
	Since time.Time
	// After is where to begin; nil begins with the oldest file.
	After *Place
	// Filter says what else the lines must have.
	Filter Filter
	// Limit is the largest number of lines.
	Limit int
}

// Page is a page of lines, in the order in which they were written.
type Page struct {
	Lines []json.RawMessage
	// Next is where the next page begins; nil if the log has no lines yet.
	Next *Place
	// More says that the log may have more lines now: the page ended at a limit.
	More bool
}

// reading is the making of one page.
type reading struct {
	Query
	page         Page
	scanned, had int
}

// full reports whether the page has reached a limit.
func (r *reading) full() bool {
	return len(r.page.Lines) >= r.Limit || r.scanned >= maxScan || r.had >= maxPage
}

// Read reads a page.
func (l *Log) Read(ctx context.Context, q Query) (Page, error) {
	r := &reading{Query: q, page: Page{Lines: []json.RawMessage{}, Next: q.After}}
	files, err := l.files()
	if err != nil {
		return Page{}, err
	}
	found := q.After == nil
	for i := range files {
		// Where reading began is found by the first line, whatever the file is called now.
		if found && files[i].ended.Before(q.Since) && !files[i].newest() {
			continue
		}
		joined, err := l.readFile(ctx, &files[i], r, found)
		found = found || joined
		switch {
		case errors.Is(err, errRenamed), err == nil && r.full():
			r.page.More = true
			return r.page, nil
		case errors.Is(err, fs.ErrNotExist) && !files[i].newest():
			if q.After != nil && found {
				return Page{}, ErrGone // it was removed since it was listed, and so were those before it
			}
		case err != nil:
			return Page{}, fmt.Errorf("reading the audit log: %w", err)
		}
	}
	if !found {
		return Page{}, ErrGone
	}
	return r.page, nil
}

// readFile adds the lines of a file. If the place of the query was not found in a file before, only
// those after it: joined tells whether the file has it.
func (l *Log) readFile(ctx context.Context, f *file, r *reading, found bool) (joined bool, err error) {
	opened, err := l.open(f)
	if err != nil {
		return false, err
	}
	defer opened.Close()
	lines := bufio.NewReaderSize(opened, maxLine)
	name, ok, err := id(lines)
	if err != nil || !ok || !found && name != r.After.File {
		return false, err
	}
	at := Place{File: name}
	if !found {
		at.Offset = r.After.Offset
		if err := skip(opened, lines, at.Offset); err != nil {
			return true, err
		}
	}
	for {
		r.page.Next = &Place{at.File, at.Offset}
		if r.full() || ctx.Err() != nil {
			return true, ctx.Err()
		}
		line, length, err := nextLine(lines)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return true, err
		}
		at.Offset += int64(length)
		r.scanned += length
		r.add(line)
	}
}

// skip goes to an offset of a file. What is compressed must be read up to there.
func skip(opened io.Reader, lines *bufio.Reader, offset int64) error {
	if s, ok := opened.(io.Seeker); ok {
		_, err := s.Seek(offset, io.SeekStart)
		lines.Reset(opened)
		return err
	}
	_, err := io.CopyN(io.Discard, lines, offset)
	return err
}

// nextLine returns the next whole line, and how many bytes it has with its end. The line is nil if it
// is too long. The error is io.EOF at the end, also in the middle of a line that is being written.
func nextLine(lines *bufio.Reader) (line []byte, length int, err error) {
	line, err = lines.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, len(line), err
	}
	for length = len(line); errors.Is(err, bufio.ErrBufferFull); length += len(line) {
		line, err = lines.ReadSlice('\n')
	}
	return nil, length, err
}

// add adds a line that is wanted.
func (r *reading) add(line []byte) {
	if !bytes.Contains(line, []byte(r.Organization)) { // most lines of others end here
		return
	}
	h, ok := headOf(line)
	if !ok || h.organization != r.Organization || h.when.Before(r.Since) || !r.Filter.has(&h) {
		return
	}
	r.page.Lines = append(r.page.Lines, bytes.Clone(bytes.TrimSpace(line)))
	r.had += len(line)
}
