package export

import (
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/row"
)

// sendSize is approximately how much of a page is sent at once, in bytes.
const sendSize = 64 << 10

// pageWriter turns file rows into a page. It sends nothing before it has sendSize of it, or all.
// It is reused.
type pageWriter struct {
	to   *edge.Response
	out  io.Writer // to, or what packs for it
	gzip *gzip.Writer
	// shape is that of the rows that come.
	shape *row.Shape
	// chosen are the keys of the rows; nil is all.
	chosen map[defender.Field]bool
	row    row.Row
	rows   int64
	buf    []byte
	// packed: the gzip writer must be closed.
	packed bool
}

func newPageWriter() *pageWriter {
	packer, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // it only fails for unknown levels
	p := &pageWriter{gzip: packer}
	p.reset()
	return p
}

// reset clears the page, and frees memory that unusually long rows needed.
func (p *pageWriter) reset() {
	p.gzip.Reset(io.Discard)
	p.to, p.out, p.chosen, p.row, p.rows = nil, nil, nil, row.Row{}, 0
	if cap(p.buf) == 0 || cap(p.buf) > 16*sendSize {
		p.buf = make([]byte, 0, 2*sendSize)
	}
}

// start begins a page with the text before its rows.
func (p *pageWriter) start(w *edge.Response, packed bool, head []byte) {
	p.to, p.out, p.packed = w, w, packed
	if packed {
		p.gzip.Reset(w)
		p.out = p.gzip
	}
	p.buf = append(p.buf[:0], head...)
}

// lines adds rows.
func (p *pageWriter) lines(lines []byte) (err error) {
	for len(lines) > 0 {
		if lines, err = p.shape.Scan(&p.row, lines); err != nil {
			return err
		}
		if err := p.add(&p.row); err != nil {
			return err
		}
	}
	return nil
}

// add adds a row.
func (p *pageWriter) add(r *row.Row) error {
	if p.rows > 0 {
		p.buf = append(p.buf, ',')
	}
	if p.chosen == nil {
		p.buf = p.shape.AppendPage(p.buf, r)
	} else {
		p.buf = p.shape.AppendChosen(p.buf, r, p.chosen)
	}
	p.rows++
	if len(p.buf) < sendSize {
		return nil
	}
	return p.empty()
}

// empty sends what is there.
func (p *pageWriter) empty() error {
	_, err := p.out.Write(p.buf)
	p.buf = p.buf[:0]
	return err
}

// flush sends what is there at once, so that a client that waits for the next row sees that the
// server works.
func (p *pageWriter) flush() error {
	if len(p.buf) == 0 {
		return nil
	}
	err := p.empty()
	if err == nil && p.packed {
		err = p.gzip.Flush()
	}
	p.to.Flush()
	return err
}

// finish sends the rest, with the text after the rows.
func (p *pageWriter) finish(tail []byte) error {
	p.buf = append(p.buf, tail...)
	if _, err := p.out.Write(p.buf); err != nil {
		return err
	}
	if !p.packed {
		return nil
	}
	return p.gzip.Close()
}
