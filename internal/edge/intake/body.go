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
	// aheadOfStream is how much of a body of many reports is waited for, in
	// bytes as sent, before the first of them is decoded. A single report is
	// waited for whole.
	aheadOfStream = 1 << 20
	// firstPiece and lastPiece are how much memory is taken for a body at a time.
	firstPiece, lastPiece = 4 << 10, 64 << 10
)

// Body is the body of a request with reports. Until it is decoded it takes the
// memory of what was sent and no more, whatever that is when it is decompressed:
// so a sender that stalls costs what it sent. Decoding takes what it is estimated
// to cost, and never waits for a sender.
type Body struct {
	sender
	in     *Intake
	ctx    context.Context
	born   time.Time
	source io.Reader
	packed bool  // as gzip
	Turn   *Turn // to decode; never held while memory or the sender is waited for

	pieces []piece // that were sent and not read
	ended  bool    // nothing more comes
}

// piece is some of a body, in memory of a size.
type piece struct {
	data []byte
	size int64
}

// Open returns the body of a request with reports. The caller must call its
// Release.
func (in *Intake) Open(w *edge.Response, r *edge.Request) (*Body, error) {
	b := &Body{in: in, sender: sender{owner: ownerOf(&r.Caller)}, ctx: r.Context(), source: http.MaxBytesReader(w, r.Body, in.maxBody),
		Turn: newTurn(in.turns, r), born: time.Now()}
	switch coding := r.Header.Get("Content-Encoding"); coding {
	case "", "identity":
	case "gzip", "x-gzip":
		b.packed = true
	default:
		return nil, edge.Refuse(http.StatusUnsupportedMediaType, "", "Content-Encoding is %q, must be gzip or identity", edge.Clip(coding))
	}
	b.pace.begin(w)
	in.senders.add(&b.sender)
	return b, nil
}

// Release gives all memory back.
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

// take takes memory of the room for bodies and returns how much. A body that alone
// needs more than a caller may have would wait for ever.
func (b *Body) take(size int64) (taken int64, err error) {
	if most := b.in.arrivals.most(); b.taken.Load()+size > most {
		return 0, edge.Refuse(http.StatusRequestEntityTooLarge, "", "the body takes more than %d bytes of memory; send its reports in several", most)
	}
	err = b.aside(func() error {
		taken, err = b.in.arrivals.takeMore(b.ctx, b.owner, b.born, size)
		b.taken.Add(taken)
		return err
	})
	return taken, err
}

// TakeDecoding takes memory of the room for decoding and returns how much, for
// the caller to give back (GiveDecoding); it is none where there is an error.
func (b *Body) TakeDecoding(cost int64) (taken int64, err error) {
	err = b.aside(func() (err error) {
		taken, err = b.in.decoding.take(b.ctx, b.owner, cost)
		return err
	})
	if err != nil { // of the turn, maybe, when the memory was there
		b.in.decoding.give(b.owner, taken)
		return 0, err
	}
	return taken, nil
}

// GiveDecoding gives back what TakeDecoding took.
func (b *Body) GiveDecoding(cost int64) { b.in.decoding.give(b.owner, cost) }

// aside waits for memory or for the sender without the turn to decode, if it is
// the body's turn: those who have the turn never wait for those who have not.
func (b *Body) aside(wait func() error) error {
	turn := b.Turn.inside
	b.Turn.Leave()
	err := wait()
	if turn {
		err = cmp.Or(err, b.Turn.enter())
	}
	return err
}

// give gives back some of what it has.
func (b *Body) give(size int64) {
	b.taken.Add(-size)
	b.in.arrivals.give(b.owner, size)
}

// arrive reads until so many bytes were sent, or the body ends.
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

// fill reads into a piece, as far as the body goes.
func (b *Body) fill(data []byte) (n int, err error) {
	for n < len(data) && !b.ended && err == nil {
		var m int
		m, err = b.receive(data[n:])
		n += m
	}
	return n, err
}

// receive reads what comes.
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

// sent reads what was sent, and then what comes. What was read is forgotten.
type sent struct{ *Body }

// Read reads on.
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

// again reads what was sent, which stays.
type again struct {
	pieces []piece
	at     int
}

// Read reads on.
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

// unpack returns a reader of what another one reads, decompressed.
func (b *Body) unpack(source io.Reader) (io.Reader, error) {
	if !b.packed {
		return source, nil
	}
	unpacked, err := gzip.NewReader(source)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // nothing at all is no gzip
	}
	if err != nil {
		return nil, edge.BodyError(err)
	}
	return gzipBody{unpacked}, nil
}

// Stream reads a body of many reports, decompressed. It takes memory for the line
// that it reads, for which its reader may have twice as much, until EndLine.
type Stream struct {
	*Body
	source   io.Reader
	unpacked int64 // bytes read
	unread   int64 // of those, in the line
	line     int64 // taken for it
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

// Read reads on.
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
		return n, edge.Refuse(http.StatusRequestEntityTooLarge, "", "the body has more than %d bytes after decompression", s.in.maxBody)
	}
	return n, err
}

// EndLine gives back what was taken for a line that is decoded.
func (s *Stream) EndLine() {
	s.unread = 0
	s.give(s.line)
	s.line = 0
}

// Document reads a body that is one report, and takes what decoding it costs.
// The caller must give that back when the report is decoded and made documents
// of.
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

// usualCost is what a byte of a usual report costs when it is decoded; one that
// costs more is decompressed again, once its cost is known.
const usualCost = 8

// estimate is how many bytes the body will have, decompressed, as far as it can
// be told: a gzip ends with the length of its last member.
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

// longest is how many bytes are read of one report, decompressed, at most: one
// too many.
func (b *Body) longest() int64 { return min(b.in.maxDocument, b.in.maxBody) + 1 }

// claimed takes a claim and decompresses a report of up to size bytes. The text
// is nil where it has more. Where it costs more than was claimed it does so anew
// with what it costs.
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
		text = nil // its memory is given back with the claim
		b.in.decoding.give(b.owner, taken)
		return b.claimed(size, cost)
	}
	return text, taken, nil
}

// read decompresses a report of up to size bytes; the result is nil where it has
// more.
func (b *Body) read(size int64) ([]byte, error) {
	source, err := b.unpack(&again{pieces: b.pieces})
	if err != nil {
		return nil, err
	}
	text := make([]byte, size+1)
	n, err := io.ReadFull(source, text)
	switch {
	case int64(n) > b.in.maxBody:
		return nil, edge.Refuse(http.StatusRequestEntityTooLarge, "", "the body has more than %d bytes after decompression", b.in.maxBody)
	case err == nil && int64(n) > b.longest():
		return text[:n], nil // the decoder says that it is too long
	case err == nil:
		return nil, nil
	case err == io.EOF || err == io.ErrUnexpectedEOF: // of ReadFull; a body that was cut is an errBody
		return text[:n], nil
	}
	return nil, err
}

// gzipBody names what is wrong with a compressed body.
type gzipBody struct{ *gzip.Reader }

// Read reads decompressed bytes.
func (g gzipBody) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	return n, edge.BodyError(err)
}
