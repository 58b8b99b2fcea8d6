package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/snapshot"
)

// pages handles the calls with JSON pages.
type pages struct {
	pulls   *pulls
	origins *edge.Origins
	gate    *edge.Gate // of export calls
	files   *snapshot.Files
	// maxSifted is how many rows a page with a filter looks at once it has a row.
	maxSifted int64
	writers   sync.Pool // of *pageWriter
}

// page returns the handler of a call with JSON pages: contract.md, section 3.
func (s *pages) page(call defender.Call) edge.Handler {
	known := fieldsOf(call)
	return func(w *edge.Response, r *edge.Request) error {
		asked, err := readWish(r.Query, known, call.Delta)
		if err != nil {
			return err
		}
		p, at, err := s.pulls.of(r, call, asked.filter)
		if err == nil {
			err = s.pulls.catchUp(r.Context(), p, at)
		}
		if err == nil && asked.counts && p.counted == 0 && r.Query.Text(skipToken) != "" {
			err = edge.Refuse(http.StatusBadRequest, defender.CodeODataError,
				"$count: the first page of this pull did not ask for it")
		}
		if err != nil {
			return err
		}
		done, err := s.gate.Enter(r.Context(), w, r.Caller.Key())
		if err != nil {
			return err
		}
		defer done()
		return s.send(w, r, &reading{wish: asked, pulls: s.pulls, files: s.files, most: s.maxSifted, pull: p}, at)
	}
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
	packed := AcceptsGzip(r.Header.Values("Accept-Encoding"))
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
	page.out.start(w, packed, append(head, `,"value":[`...))
	page.out.chosen = page.chosen
	next, more, err := page.read(r.Context(), at)
	if err != nil {
		return err
	}
	tail := []byte(`]`)
	if page.counts {
		if err := page.count(r.Context()); err != nil {
			return err
		}
		tail = strconv.AppendInt(append(tail, `,"@odata.count":`...), page.pull.counted-1, 10)
	}
	if more && page.paged {
		token, err := s.pulls.tokens.seal(binding(page.pull.call.Name, &r.Caller, page.filter),
			page.pull.from(next.snapshot), next)
		if err != nil {
			return err
		}
		tail, err = appendJSON(append(tail, `,"@odata.nextLink":`...), origin+r.SentPath()+"?"+r.Query.With(skipToken, token).Sent())
		if err != nil {
			return err
		}
	}
	return page.out.finish(append(tail, "}\n"...))
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
