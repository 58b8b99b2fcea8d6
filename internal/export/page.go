package export

import (
	"bytes"
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
		if err != nil {
			return err
		}
		done, err := s.gate.Enter(r.Context(), w, r.Caller.Key())
		if err != nil {
			return err
		}
		defer done()
		page, err := s.pulls.plan(r.Context(), p, at, limit)
		if err != nil {
			return err
		}
		frame := frame{context: call.Context(s.origins.Of(r.Request))}
		if page.more && paged {
			token, err := s.pulls.tokens.seal(binding(call.Name, &r.Caller), p.from(page.next.snapshot), page.next)
			if err != nil {
				return err
			}
			frame.nextLink = s.origins.Of(r.Request) + r.SentPath() + "?" + r.Query.With(skipToken, token)
		}
		return s.send(w, r, p.shape(), page, frame)
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

// frame is the text around a page's rows.
type frame struct{ context, nextLink string }

// send streams a page. Before its first byte is sent an error becomes the reply; later errors are
// handled by the server.
func (s *pages) send(w *edge.Response, r *edge.Request, shape *row.Shape, page plan, f frame) error {
	head, tail, err := f.text()
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
	out := s.writers.Get().(*pageWriter) // the pool has no other type
	defer func() {
		w.Rows += out.rows
		out.reset()
		s.writers.Put(out)
	}()
	out.start(w, shape, packed, head)
	for _, part := range page.stretches {
		if err := s.files.Rows(r.Context(), part.parts, part.from, part.to, out.lines); err != nil {
			return err
		}
	}
	return out.finish(tail)
}

// text returns the text before and after the rows.
func (f frame) text() (head, tail []byte, err error) {
	head, err = appendJSON([]byte(`{"@odata.context":`), f.context)
	if err != nil {
		return nil, nil, err
	}
	head, tail = append(head, `,"value":[`...), []byte(`]`)
	if f.nextLink != "" {
		if tail, err = appendJSON([]byte(`],"@odata.nextLink":`), f.nextLink); err != nil {
			return nil, nil, err
		}
	}
	return head, append(tail, "}\n"...), nil
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
