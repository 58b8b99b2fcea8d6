package intel

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
)

// Line is one line of a list of lines, without its end.
type Line struct {
	// File is the name of the file, Number that of the line, from 1 on.
	File   string
	Number int
	Text   []byte
}

// Odd returns the error for a line that is left out, with the reason.
func (l *Line) Odd(format string, args ...any) error {
	return l.Document(nil).Odd(format, args...)
}

// Document returns a document with a text that was made of the line, named like it.
func (l *Line) Document(text []byte) Document {
	return Document{Name: fmt.Sprintf("%s#%d", l.File, l.Number), Data: text}
}

// Lines yields every line of the files in fsys that end in .csv or .csv.gz, in the order of paths. The
// text is valid until the next line. A line of more than longest bytes is a *RecordError, and the next
// follows. The first other error, which names the file, is the last element.
func (l Limits) Lines(fsys fs.FS, longest int) iter.Seq2[Line, error] {
	return l.lines(fsys, longest, wanted{file: format.isLines})
}

// AllLines is Lines, and yields those of .csv entries of .zip, .tar.gz and .tgz archives, too.
func (l Limits) AllLines(fsys fs.FS, longest int) iter.Seq2[Line, error] {
	return l.lines(fsys, longest, wanted{
		file:  func(f format) bool { return f.isLines() || f.isArchive() },
		entry: func(f format) bool { return f == format{content: lineList} },
	})
}

func (l Limits) lines(fsys fs.FS, longest int, want wanted) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		read := func(_ *opener, r io.Reader, name string, _ int64) error { return lines(r, name, longest, yield) }
		for _, err := range l.walk(fsys, want, read) {
			yield(Line{}, err) // documents are never yielded, only an error, the last element
		}
	}
}

// lines yields the lines of one file.
func lines(r io.Reader, name string, longest int, yield func(Line, error) bool) error {
	in := bufio.NewReaderSize(r, longest+len("\r\n"))
	for line := (Line{File: name, Number: 1}); ; line.Number++ {
		text, err := in.ReadSlice('\n')
		isLong := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return err
		}
		if err == io.EOF && len(text) == 0 {
			return nil
		}
		var odd error
		if line.Text = bytes.TrimRight(text, "\r\n"); isLong || len(line.Text) > longest {
			line.Text, odd = nil, line.Odd("more than %d bytes: %w", longest, ErrTooLarge)
		}
		if !yield(line, odd) {
			return errStopped
		}
		if err == io.EOF {
			return nil
		}
	}
}
