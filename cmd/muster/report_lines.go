package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/muster-project/muster/internal/inventory"
)

// A file of reports in lines that is more than the API takes in one body is sent
// in several. Each of those has no more reports than are allowed, and so many
// bytes as are read into memory at a time, unless one line has more.
const (
	bodyReports = 10_000
	bodyBytes   = 16 << 20
)

// reportLines reads a file of reports in lines, compressed or not.
type reportLines struct {
	file  io.Closer
	lines *bufio.Scanner
	// number is that of the last line that was read.
	number int
}

func readLines(open func() (io.ReadCloser, error), gzipped bool) (*reportLines, error) {
	file, err := open()
	if err != nil {
		return nil, err
	}
	var text io.Reader = file
	if gzipped {
		if text, err = gzip.NewReader(file); err != nil {
			return nil, errors.Join(fmt.Errorf("%w: %w", errInput, err), file.Close())
		}
	}
	r := &reportLines{file: file, lines: bufio.NewScanner(text)}
	r.lines.Buffer(nil, inventory.MaxReport+2) // the line and its end
	return r, nil
}

// next returns the next line that has a report; nil after the last one.
func (r *reportLines) next() ([]byte, error) {
	for r.lines.Scan() {
		r.number++
		if line := bytes.TrimSpace(r.lines.Bytes()); len(line) > 0 {
			return line, nil
		}
	}
	if err := r.lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", errInput, r.number+1, err)
	}
	return nil, nil
}

// fitOneBody tells whether a file is one that the API takes whole. What cannot
// be read is left to whoever sends it.
func fitOneBody(open func() (io.ReadCloser, error), gzipped bool) (bool, error) {
	r, err := readLines(open, gzipped)
	if err != nil {
		return false, err
	}
	defer r.file.Close()
	reports, size := 0, 0
	for reports <= bodyReports && size <= maxInput {
		line, err := r.next()
		if line == nil || err != nil {
			return true, nil // what is wrong with it the server says, with the place
		}
		reports, size = reports+1, size+len(line)+1
	}
	return false, nil
}

// sendLines sends a file in several bodies, one after the other: what is taken of
// it is kept when a later one is refused. said is told how many reports were
// taken.
func (c *reportCmd) sendLines(ctx context.Context, s *state, open func() (io.ReadCloser, error), gzipped bool, said func(taken int)) (all []sent, err error) {
	r, err := readLines(open, gzipped)
	if err != nil {
		return nil, err
	}
	defer r.file.Close()
	var body bytes.Buffer
	reports, from := 0, 1
	flush := func() error {
		if reports == 0 {
			return nil
		}
		done, err := c.post(ctx, s, call{body: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body.Bytes())), nil },
			contentType: inventory.FormatNDJSON.MediaType()})
		if err != nil {
			return fmt.Errorf("%d reports were taken; of the %d from line %d on not all: %w", len(all), reports, from, err)
		}
		all = append(all, done...)
		said(len(all))
		body.Reset()
		reports, from = 0, r.number
		return nil
	}
	for {
		line, err := r.next()
		if line == nil {
			err = errors.Join(flush(), err)
			return all, err
		}
		if reports == bodyReports || reports > 0 && body.Len()+len(line) >= bodyBytes {
			if err := flush(); err != nil {
				return all, err
			}
		}
		body.Write(line)
		body.WriteByte('\n')
		reports++
	}
}
