package intake

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/internal/edge"
)

const (
	// aheadOfStream is how much of a body of many reports must have arrived, in bytes as sent,
	// before the first of them is decoded. A single report must have arrived completely.
	aheadOfStream = 1 << 20
	// firstPiece and lastPiece are the smallest and largest memory taken for a body at a time.
	firstPiece, lastPiece = 4 << 10, 64 << 10
)

// Body is the body of a request with reports. Until it is decoded it takes the memory of what was
// sent and no more, whatever its decompressed size: a sender that stalls costs what it sent.
// Decoding takes its estimated cost, and never waits for a sender.
type Body struct {
	sender
	in     *Intake
	ctx    context.Context
	born   time.Time
	source io.Reader
	packed bool  // with gzip
	Turn   *Turn // to decode; never held while waiting for memory or the sender

	pieces []piece // received and not read
	ended  bool    // the body has ended
}

// piece is a part of a body in a buffer.
type piece struct {
	data []byte
	size int64
}

// Open returns the body of a request with reports. The caller must call Release.
func (in *Intake) Open(w *edge.Response, r *edge.Request) (*Body, error) {
	if err := edge.CheckLength(r, in.maxBody); err != nil {
		return nil, err
	}
	b := &Body{in: in, sender: sender{owner: ownerOf(&r.Caller)}, ctx: r.Context(),
		source: http.MaxBytesReader(w, r.Body, in.maxBody),
		Turn:   newTurn(in.turns, r), born: time.Now()}
	switch coding := r.Header.Get("Content-Encoding"); coding {
	case "", "identity":
	case "gzip", "x-gzip":
		b.packed = true
	default:
		return nil, edge.Refuse(http.StatusUnsupportedMediaType, "",
			"Content-Encoding is %q, must be gzip or identity", edge.Clip(coding))
	}
	b.pace.begin(w)
	in.senders.add(&b.sender)
	return b, nil
}

// Release gives back all memory.
func (b *Body) Release() {
	b.Turn.Leave()
	b.in.senders.remove(&b.sender)
	b.pieces = nil
	b.give(b.taken.Load())
	b.in.arrivals.done(b.owner, b.born)
}

// Hold takes memory for what is kept of the body until it is stored.
func (b *Body) Hold(size int64) error {
	_, err := b.take(size)
	return err
}

// take takes memory of the room for bodies and returns how much. A body that alone needs more
// than a caller may have is refused, because it would wait for ever.
func (b *Body) take(size int64) (taken int64, err error) {
	if most := b.in.arrivals.most(); b.taken.Load()+size > most {
		return 0, edge.Refuse(http.StatusRequestEntityTooLarge, "",
			"the body takes more than %d bytes of memory; send its reports in several", most)
	}
	err = b.aside(func() error {
		taken, err = b.in.arrivals.takeMore(b.ctx, b.owner, b.born, size)
		b.taken.Add(taken)
		return err
	})
	return taken, err
}

// TakeDecoding takes memory of the room for decoding and returns how much, for the caller to give
// back (GiveDecoding); 0 with an error.
func (b *Body) TakeDecoding(cost int64) (taken int64, err error) {
	err = b.aside(func() (err error) {
		taken, err = b.in.decoding.take(b.ctx, b.owner, cost)
		return err
	})
	if err != nil { // perhaps an error of the turn, with the memory taken
		b.in.decoding.give(b.owner, taken)
		return 0, err
	}
	return taken, nil
}

// GiveDecoding gives back what TakeDecoding took.
func (b *Body) GiveDecoding(cost int64) { b.in.decoding.give(b.owner, cost) }

// aside waits for memory or the sender without the turn to decode: those who have the turn never
// wait for those who have not.
func (b *Body) aside(wait func() error) error {
	turn := b.Turn.inside
	b.Turn.Leave()
	err := wait()
	if turn {
		err = cmp.Or(err, b.Turn.enter())
	}
	return err
}

// give gives back some of its memory.
func (b *Body) give(size int64) {
	b.taken.Add(-size)
	b.in.arrivals.give(b.owner, size)
}

// arrive reads until a number of bytes has arrived, or the body ends.
func (b *Body) arrive(ahead int64) error {
	size := int64(firstPiece)
	for sent := int64(0); sent < ahead && !b.ended; size = min(2*size, lastPiece) {
		taken, err := b.take(size)
		if err != nil {
			return err
		}
		next := piece{make([]byte, size), taken}
		n, err := b.fill(next.data)
		next.data = next.data[:n]
		b.pieces = append(b.pieces, next)
		if sent += int64(n); err != nil {
			return err
		}
	}
	return nil
}

// fill reads into a piece until it is full or the body ends.
func (b *Body) fill(data []byte) (n int, err error) {
	for n < len(data) && !b.ended && err == nil {
		var m int
		m, err = b.receive(data[n:])
		n += m
	}
	return n, err
}

// receive reads what arrives.
func (b *Body) receive(p []byte) (int, error) {
	var n int
	err := b.aside(func() (err error) {
		n, err = b.pace.read(b.source, p)
		return err
	})
	if err == io.EOF {
		b.ended = true
		return n, nil
	}
	return n, edge.BodyError(err)
}

// sent reads what has arrived, then what arrives. It frees what was read.
type sent struct{ *Body }

// Read implements io.Reader.
func (b sent) Read(p []byte) (int, error) {
	for len(b.pieces) > 0 && len(b.pieces[0].data) == 0 {
		b.give(b.pieces[0].size)
		b.pieces = b.pieces[1:]
	}
	if len(b.pieces) > 0 {
		n := copy(p, b.pieces[0].data)
		b.pieces[0].data = b.pieces[0].data[n:]
		return n, nil
	}
	if b.ended {
		return 0, io.EOF
	}
	return b.receive(p)
}

// again reads what has arrived, and keeps it.
type again struct {
	pieces []piece
	at     int
}

// Read implements io.Reader.
func (a *again) Read(p []byte) (int, error) {
	for len(a.pieces) > 0 && a.at == len(a.pieces[0].data) {
		a.pieces, a.at = a.pieces[1:], 0
	}
	if len(a.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, a.pieces[0].data[a.at:])
	a.at += n
	return n, nil
}

// unpack returns a reader that decompresses another one.
func (b *Body) unpack(source io.Reader) (io.Reader, error) {
	if !b.packed {
		return source, nil
	}
	unpacked, err := gzip.NewReader(source)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // an empty body is not gzip
	}
	if err != nil {
		return nil, edge.BodyError(err)
	}
	return gzipBody{unpacked}, nil
}

// Stream reads a body of many reports, decompressed. For the line that it reads it takes memory,
// which its reader may use twice, until EndLine.
type Stream struct {
	*Body
	source   io.Reader
	unpacked int64 // bytes read
	unread   int64 // bytes of the line read so far
	line     int64 // memory taken for the line
}

// Stream waits for the beginning of a body of many reports.
func (b *Body) Stream() (*Stream, error) {
	if err := b.arrive(aheadOfStream); err != nil {
		return nil, err
	}
	if err := b.Turn.enter(); err != nil {
		return nil, err
	}
	source, err := b.unpack(sent{b})
	return &Stream{Body: b, source: source}, err
}

// Read implements io.Reader.
func (s *Stream) Read(p []byte) (int, error) {
	if need := 2*s.unread - s.line; need > 0 {
		taken, err := s.take(max(need, lastPiece))
		if err != nil {
			return 0, err
		}
		s.line += taken
	}
	n, err := s.source.Read(p)
	if passed := s.Turn.Did(int64(n)); err == nil {
		err = passed
	}
	s.unread += int64(n)
	if s.unpacked += int64(n); s.unpacked > s.in.maxBody {
		return n, edge.Refuse(http.StatusRequestEntityTooLarge, "",
			"the body has more than %d bytes after decompression", s.in.maxBody)
	}
	return n, err
}

// EndLine gives back the memory of a line that was decoded.
func (s *Stream) EndLine() {
	s.unread = 0
	s.give(s.line)
	s.line = 0
}

// Document reads a body that is one report, and takes the cost of decoding it. The caller must
// give that back when the report is decoded and turned into documents.
func (b *Body) Document() (text []byte, cost int64, err error) {
	if err := b.arrive(b.in.maxDocument + 1); err != nil {
		return nil, 0, err
	}
	for size := b.estimate(); ; size = min(2*size+firstPiece, b.longest()) {
		claim := b.in.cost(nil) + usualCost*size
		text, cost, err = b.claimed(size, claim)
		if err != nil || text != nil {
			return text, cost, err
		}
	}
}

// usualCost is the cost of decoding one byte of a usual report. A report that costs more is
// decompressed again, once its cost is known.
const usualCost = 8

// estimate returns the decompressed size of the body, as far as it can be known: a gzip ends with
// the length of its last member.
func (b *Body) estimate() int64 {
	length, last := int64(0), [4]byte{}
	for _, p := range b.pieces {
		length += int64(len(p.data))
		for _, c := range p.data[max(0, len(p.data)-4):] {
			last = [4]byte{last[1], last[2], last[3], c}
		}
	}
	if !b.packed {
		return length
	}
	said := int64(last[0]) | int64(last[1])<<8 | int64(last[2])<<16 | int64(last[3])<<24
	return min(max(said, length), b.longest())
}

// longest returns how many decompressed bytes of one report are read at most: one too many.
func (b *Body) longest() int64 { return min(b.in.maxDocument, b.in.maxBody) + 1 }

// claimed takes a claim and decompresses a report of up to size bytes. The text is nil if it has
// more. If decoding costs more than was claimed, it starts again with the actual cost.
func (b *Body) claimed(size, claim int64) (text []byte, cost int64, err error) {
	taken, err := b.TakeDecoding(claim)
	if err != nil {
		return nil, 0, err
	}
	if err = b.Turn.enter(); err == nil {
		text, err = b.read(size)
	}
	if err != nil || text == nil {
		b.in.decoding.give(b.owner, taken)
		return nil, 0, err
	}
	if cost = b.in.cost(text); cost > claim {
		text = nil // free it before the claim is given back
		b.in.decoding.give(b.owner, taken)
		return b.claimed(size, cost)
	}
	return text, taken, nil
}

// read decompresses a report of up to size bytes; nil if it has more.
func (b *Body) read(size int64) ([]byte, error) {
	source, err := b.unpack(&again{pieces: b.pieces})
	if err != nil {
		return nil, err
	}
	text := make([]byte, size+1)
	n, err := io.ReadFull(source, text)
	switch {
	case int64(n) > b.in.maxBody:
		return nil, edge.Refuse(http.StatusRequestEntityTooLarge, "",
			"the body has more than %d bytes after decompression", b.in.maxBody)
	case err == nil && int64(n) > b.longest():
		return text[:n], nil // the decoder reports that it is too long
	case err == nil:
		return nil, nil
	case err == io.EOF || err == io.ErrUnexpectedEOF: // from ReadFull; a body that was cut off is an errBody
		return text[:n], nil
	}
	return nil, err
}

// gzipBody marks errors of a compressed body.
type gzipBody struct{ *gzip.Reader }

// Read reads decompressed bytes.
func (g gzipBody) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	return n, edge.BodyError(err)
}
