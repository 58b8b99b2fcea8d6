package control

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/plain"
)

// ErrInput: the input is invalid.
var ErrInput = errors.New("input refused")

// A file of reports in lines that is too large for one body is sent in several. Each has at
// most MaxReports reports, and as many bytes as are read into memory at a time, unless one
// line is longer.
const (
	// MaxBody is the largest body of reports, in bytes.
	MaxBody = 256 << 20
	// MaxReports is the largest number of reports in a body.
	MaxReports = 10_000
	pieceBytes = 16 << 20
)

// Input is a file of reports in any accepted format, compressed or not.
type Input struct {
	// Open opens it, as often as needed.
	Open func() (io.ReadCloser, error)
	// Device is what is given of the device of the file, which overrides the file.
	Device inventory.Device
}

// Send sends the file as one request, or as several if it is too large for one body. It
// returns the reports that were stored, also with an error. For a file that is sent in
// several bodies it calls said with the number stored so far.
func (in Input) Send(ctx context.Context, s *Session, said func(taken int)) ([]ReceivedEntry, error) {
	format, gzipped, err := in.sniff()
	if err != nil {
		return nil, err
	}
	if format == inventory.FormatNDJSON {
		fits, err := in.fitsOneBody(gzipped)
		if err != nil {
			return nil, err
		}
		if !fits && !reflect.DeepEqual(in.Device, inventory.Device{}) {
			return nil, fmt.Errorf("%w: a device is given for all reports, but there are several", ErrInput)
		}
		if !fits {
			return in.sendLines(ctx, s, gzipped, said)
		}
	}
	reply, err := Do(ctx, s, SendReports(Reports{Format: format, Body: in.Open, Gzipped: gzipped, Device: in.Device}))
	return reply.Value.Reports, err
}

// sniff recognizes the format of a file by its first bytes.
func (in Input) sniff() (format inventory.Format, gzipped bool, err error) {
	const prefix = 64 << 10
	file, err := in.Open()
	if err != nil {
		return format, false, err
	}
	defer file.Close()
	buffered := bufio.NewReaderSize(file, prefix)
	start, _ := buffered.Peek(2) // a file that is too short gets an error below
	var text io.Reader = buffered
	if gzipped = bytes.Equal(start, []byte{0x1f, 0x8b}); gzipped {
		if text, err = gzip.NewReader(buffered); err != nil {
			return format, gzipped, fmt.Errorf("%w: %w", ErrInput, err)
		}
	}
	head, err := io.ReadAll(io.LimitReader(text, prefix))
	if err != nil && len(head) == 0 {
		return format, gzipped, fmt.Errorf("%w: %w", ErrInput, err)
	}
	if format = inventory.Detect(head); format == inventory.FormatUnknown {
		return format, gzipped, unknownFormat(head)
	}
	return format, gzipped, nil
}

// unknownFormat returns the error of a file of another format, with what to do.
func unknownFormat(head []byte) error {
	if len(bytes.TrimSpace(head)) == 0 {
		return fmt.Errorf("%w: it is empty", ErrInput)
	}
	err := fmt.Errorf("%w: not a report or document of a format that is read", ErrInput)
	if hint := inventory.Foreign(head); hint != "" {
		return plain.Hinted(err, "%s", hint)
	}
	return plain.Hinted(err, "what is understood is %s", inventory.Understood)
}

// reportLines reads a file of reports in lines, compressed or not.
type reportLines struct {
	file  io.Closer
	lines *bufio.Scanner
	// number is the number of the last line that was read.
	number int
}

func (in Input) lines(gzipped bool) (*reportLines, error) {
	file, err := in.Open()
	if err != nil {
		return nil, err
	}
	var text io.Reader = file
	if gzipped {
		if text, err = gzip.NewReader(file); err != nil {
			return nil, errors.Join(fmt.Errorf("%w: %w", ErrInput, err), file.Close())
		}
	}
	r := &reportLines{file: file, lines: bufio.NewScanner(parse.UTF8Reader(text))}
	r.lines.Buffer(nil, inventory.MaxReport+2) // the line and its end
	return r, nil
}

// next returns the next line with a report; nil after the last one.
func (r *reportLines) next() ([]byte, error) {
	for r.lines.Scan() {
		r.number++
		if line := bytes.TrimSpace(r.lines.Bytes()); len(line) > 0 {
			return line, nil
		}
	}
	if err := r.lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", ErrInput, r.number+1, err)
	}
	return nil, nil
}

// fitsOneBody tells whether the API accepts a file in one body. It leaves errors of reading to
// the sender.
func (in Input) fitsOneBody(gzipped bool) (bool, error) {
	r, err := in.lines(gzipped)
	if err != nil {
		return false, err
	}
	defer r.file.Close()
	reports, size := 0, 0
	for reports <= MaxReports && size <= MaxBody {
		line, err := r.next()
		if line == nil || err != nil {
			return true, nil // the server tells what is wrong with it, and where
		}
		reports, size = reports+1, size+len(line)+1
	}
	return false, nil
}

// sendLines sends a file in several bodies, one after the other. Reports that were stored stay
// stored if a later body is refused.
func (in Input) sendLines(ctx context.Context, s *Session, gzipped bool,
	said func(taken int)) (all []ReceivedEntry, err error) {
	r, err := in.lines(gzipped)
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
		done, err := Do(ctx, s, SendReports(Reports{Format: inventory.FormatNDJSON, Device: in.Device,
			Body: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body.Bytes())), nil }}))
		if err != nil {
			return fmt.Errorf("%d reports were stored; the next %d, from line %d on, were not all stored: %w",
				len(all), reports, from, err)
		}
		all = append(all, done.Value.Reports...)
		said(len(all))
		body.Reset()
		reports, from = 0, r.number
		return nil
	}
	for {
		line, err := r.next()
		if line == nil {
			return all, errors.Join(flush(), err)
		}
		if reports == MaxReports || reports > 0 && body.Len()+len(line) >= pieceBytes {
			if err := flush(); err != nil {
				return all, err
			}
		}
		body.Write(line)
		body.WriteByte('\n')
		reports++
	}
}
