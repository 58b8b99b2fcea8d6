package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// pages handles the calls with JSON pages.
type pages struct {
	pulls   *pulls
	origins *edge.Origins
	gate    *edge.Gate // of export calls
	files   *snapshot.Files
	writers sync.Pool // of *pageWriter
}

// page returns the handler of a call with JSON pages: contract.md, section 3.
func (s *pages) page(call defender.Call) edge.Handler {
	return func(w *edge.Response, r *edge.Request) error {
		limit, paged, err := pageLimit(r.Query)
		if err != nil {
			return err
		}
		p, at, err := s.pulls.of(r, call)
		if err == nil {
			err = s.pulls.catchUp(r.Context(), p, at)
		}
		if err != nil {
			return err
		}
		done, err := s.gate.Enter(r.Context(), w, r.Caller.Key())
		if err != nil {
			return err
		}
		defer done()
		return s.send(w, r, &reading{pages: s, pull: p, limit: limit, paged: paged}, at)
	}
}

// pageLimit returns how many rows a page may have, and whether a nextLink may follow: $top asks
// for a number of rows and no more.
func pageLimit(q edge.Query) (limit int64, paged bool, err error) {
	if limit, err = q.Number(pageSize); err != nil {
		return 0, false, err
	}
	if q.Text(top) == "" {
		return limit, true, nil
	}
	limit, err = q.Number(top)
	return limit, false, err
}

// send streams a page. Before its first byte is sent an error becomes the reply; later errors are
// handled by the server.
func (s *pages) send(w *edge.Response, r *edge.Request, page *reading, at cursor) error {
	origin := s.origins.Of(r.Request)
	head, err := appendJSON([]byte(`{"@odata.context":`), page.pull.call.Context(origin))
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", edge.JSONType)
	header.Set(odataVersion, defender.MetadataVersion)
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept-Encoding")
	packed := acceptsGzip(r.Header.Values("Accept-Encoding"))
	if packed {
		header.Set("Content-Encoding", "gzip")
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	page.out = s.writers.Get().(*pageWriter) // the pool has no other type
	defer func() {
		w.Rows += page.out.rows
		page.out.reset()
		s.writers.Put(page.out)
	}()
	page.out.start(w, page.pull.shape(), packed, append(head, `,"value":[`...))
	next, more, err := page.read(r.Context(), at)
	if err != nil {
		return err
	}
	tail := []byte(`]`)
	if more && page.paged {
		token, err := s.pulls.tokens.seal(binding(page.pull.call.Name, &r.Caller), page.pull.from(next.snapshot), next)
		if err != nil {
			return err
		}
		tail, err = appendJSON([]byte(`],"@odata.nextLink":`), origin+r.SentPath()+"?"+r.Query.With(skipToken, token))
		if err != nil {
			return err
		}
	}
	return page.out.finish(append(tail, "}\n"...))
}

// reading is one page of a pull while it is written.
type reading struct {
	pages *pages
	pull  *pull
	limit int64
	paged bool // a nextLink may follow
	out   *pageWriter
}

// read writes the rows of the page that begins at a cursor, and returns where the next page begins,
// if there is one. Whether a delta goes on is decided when all rows are written.
func (p *reading) read(ctx context.Context, at cursor) (next cursor, more bool, err error) {
	next, more, err = p.rows(ctx, at)
	for err == nil && !more && p.paged && p.pull.grows() {
		if next, more, err = p.pages.pulls.grow(ctx, p.pull); err != nil || !more || p.out.rows > 0 {
			break
		}
		// A page with a nextLink has rows.
		if err = p.pages.pulls.catchUp(ctx, p.pull, next); err == nil {
			next, more, err = p.rows(ctx, next)
		}
	}
	return next, more, err
}

// rows writes rows from a cursor on, up to the limit or the end of the pull as it is known.
func (p *reading) rows(ctx context.Context, at cursor) (next cursor, more bool, err error) {
	page, err := p.pages.pulls.plan(ctx, p.pull, at, p.limit-p.out.rows)
	if err != nil {
		return cursor{}, false, err
	}
	for _, part := range page.stretches {
		if err := p.pages.files.Rows(ctx, part.parts, part.from, part.to, p.out.lines); err != nil {
			return cursor{}, false, err
		}
	}
	return page.next, page.more, nil
}

// appendJSON appends text as a JSON string, without escaping & and the like.
func appendJSON(dst []byte, text string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return nil, fmt.Errorf("writing %q: %w", text, err)
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...), nil
}

// sendSize is approximately how much of a page is sent at once, in bytes.
const sendSize = 64 << 10

// pageWriter turns file rows into a page. It sends nothing before it has sendSize of it, or all.
// It is reused.
type pageWriter struct {
	out   io.Writer
	gzip  *gzip.Writer
	shape *row.Shape
	row   row.Row
	rows  int64
	buf   []byte
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
	p.out, p.row, p.rows = nil, row.Row{}, 0
	if cap(p.buf) == 0 || cap(p.buf) > 16*sendSize {
		p.buf = make([]byte, 0, 2*sendSize)
	}
}

// start begins a page with the text before its rows.
func (p *pageWriter) start(w io.Writer, shape *row.Shape, packed bool, head []byte) {
	p.out, p.shape, p.packed = w, shape, packed
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
		if p.rows > 0 {
			p.buf = append(p.buf, ',')
		}
		p.buf = p.shape.AppendPage(p.buf, &p.row)
		p.rows++
		if len(p.buf) >= sendSize {
			if _, err := p.out.Write(p.buf); err != nil {
				return err
			}
			p.buf = p.buf[:0]
		}
	}
	return nil
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
