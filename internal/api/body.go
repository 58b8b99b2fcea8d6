package api

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

// body is the body of a request with reports. Until it is decoded it takes the
// memory of what was sent and no more, whatever that is when it is decompressed:
// so a sender that stalls costs what it sent. Decoding takes what it is estimated
// to cost, and never waits for a sender.
type body struct {
	*intake
	sender
	ctx    context.Context
	born   time.Time
	source io.Reader
	packed bool  // as gzip
	turn   *turn // to decode; never held while memory or the sender is waited for

	pieces []piece // that were sent and not read
	ended  bool    // nothing more comes
}

// piece is some of a body, in memory of a size.
type piece struct {
	data []byte
	size int64
}

// open returns the body of a request with reports. The caller must call its
// release.
func (in *intake) open(w *edge.Response, r *edge.Request) (*body, error) {
	b := &body{intake: in, sender: sender{owner: ownerOf(&r.Caller)}, ctx: r.Context(), source: http.MaxBytesReader(w, r.Body, in.maxBody),
		turn: newTurn(in.turns, r), born: time.Now()}
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

// release gives all memory back.
func (b *body) release() {
	b.turn.leave()
	b.senders.remove(&b.sender)
	b.pieces = nil
	b.give(b.taken.Load())
	b.arrivals.done(b.owner, b.born)
}

// hold takes memory for what is kept of the body until it is stored.
func (b *body) hold(size int64) error {
	_, err := b.take(size)
	return err
}

// take takes memory of the room for bodies and returns how much. A body that alone
// needs more than a caller may have would wait for ever.
func (b *body) take(size int64) (taken int64, err error) {
	if most := b.arrivals.most(); b.taken.Load()+size > most {
		return 0, edge.Refuse(http.StatusRequestEntityTooLarge, "", "the body takes more than %d bytes of memory; send its reports in several", most)
	}
	err = b.aside(func() error {
		taken, err = b.arrivals.takeMore(b.ctx, b.owner, b.born, size)
		b.taken.Add(taken)
		return err
	})
	return taken, err
}

// takeDecoding takes memory of the room for decoding and returns how much, for
// the caller to give back (giveDecoding); it is none where there is an error.
func (b *body) takeDecoding(cost int64) (taken int64, err error) {
	err = b.aside(func() (err error) {
		taken, err = b.decoding.take(b.ctx, b.owner, cost)
		return err
	})
	if err != nil { // of the turn, maybe, when the memory was there
		b.decoding.give(b.owner, taken)
		return 0, err
	}
	return taken, nil
}

// giveDecoding gives back what takeDecoding took.
func (b *body) giveDecoding(cost int64) { b.decoding.give(b.owner, cost) }

// aside waits for memory or for the sender without the turn to decode, if it is
// the body's turn: those who have the turn never wait for those who have not.
func (b *body) aside(wait func() error) error {
	turn := b.turn.inside
	b.turn.leave()
	err := wait()
	if turn {
		err = cmp.Or(err, b.turn.enter())
	}
	return err
}

// give gives back some of what it has.
func (b *body) give(size int64) {
	b.taken.Add(-size)
	b.arrivals.give(b.owner, size)
}

// arrive reads until so many bytes were sent, or the body ends.
func (b *body) arrive(ahead int64) error {
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
func (b *body) fill(data []byte) (n int, err error) {
	for n < len(data) && !b.ended && err == nil {
		var m int
		m, err = b.receive(data[n:])
		n += m
	}
	return n, err
}

// receive reads what comes.
func (b *body) receive(p []byte) (int, error) {
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
type sent struct{ *body }

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
func (b *body) unpack(source io.Reader) (io.Reader, error) {
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

// stream reads a body of many reports, decompressed. It takes memory for the line
// that it reads, for which its reader may have twice as much, until endLine.
type stream struct {
	*body
	source   io.Reader
	unpacked int64 // bytes read
	unread   int64 // of those, in the line
	line     int64 // taken for it
}

// stream waits for the beginning of a body of many reports.
func (b *body) stream() (*stream, error) {
	if err := b.arrive(aheadOfStream); err != nil {
		return nil, err
	}
	if err := b.turn.enter(); err != nil {
		return nil, err
	}
	source, err := b.unpack(sent{b})
	return &stream{body: b, source: source}, err
}

// Read reads on.
func (s *stream) Read(p []byte) (int, error) {
	if need := 2*s.unread - s.line; need > 0 {
		taken, err := s.take(max(need, lastPiece))
		if err != nil {
			return 0, err
		}
		s.line += taken
	}
	n, err := s.source.Read(p)
	if passed := s.turn.did(int64(n)); err == nil {
		err = passed
	}
	s.unread += int64(n)
	if s.unpacked += int64(n); s.unpacked > s.maxBody {
		return n, edge.Refuse(http.StatusRequestEntityTooLarge, "", "the body has more than %d bytes after decompression", s.maxBody)
	}
	return n, err
}

// endLine gives back what was taken for a line that is decoded.
func (s *stream) endLine() {
	s.unread = 0
	s.give(s.line)
	s.line = 0
}

// document reads a body that is one report, and takes what decoding it costs.
// The caller must give that back when the report is decoded and made documents
// of.
func (b *body) document() (text []byte, cost int64, err error) {
	if err := b.arrive(b.maxDocument + 1); err != nil {
		return nil, 0, err
	}
	for size := b.estimate(); ; size = min(2*size+firstPiece, b.longest()) {
		claim := b.cost(nil) + usualCost*size
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
func (b *body) estimate() int64 {
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
func (b *body) longest() int64 { return min(b.maxDocument, b.maxBody) + 1 }

// claimed takes a claim and decompresses a report of up to size bytes. The text
// is nil where it has more. Where it costs more than was claimed it does so anew
// with what it costs.
func (b *body) claimed(size, claim int64) (text []byte, cost int64, err error) {
	taken, err := b.takeDecoding(claim)
	if err != nil {
		return nil, 0, err
	}
	if err = b.turn.enter(); err == nil {
		text, err = b.read(size)
	}
	if err != nil || text == nil {
		b.decoding.give(b.owner, taken)
		return nil, 0, err
	}
	if cost = b.cost(text); cost > claim {
		text = nil // its memory is given back with the claim
		b.decoding.give(b.owner, taken)
		return b.claimed(size, cost)
	}
	return text, taken, nil
}

// read decompresses a report of up to size bytes; the result is nil where it has
// more.
func (b *body) read(size int64) ([]byte, error) {
	source, err := b.unpack(&again{pieces: b.pieces})
	if err != nil {
		return nil, err
	}
	text := make([]byte, size+1)
	n, err := io.ReadFull(source, text)
	switch {
	case int64(n) > b.maxBody:
		return nil, edge.Refuse(http.StatusRequestEntityTooLarge, "", "the body has more than %d bytes after decompression", b.maxBody)
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
