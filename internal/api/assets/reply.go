package assets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/export"
	"github.com/muster-project/muster/internal/odata"
)

// unavailable turns the error of a snapshot that an older program made into a reply.
func unavailable(err error) error {
	if errors.Is(err, answer.ErrUnavailable) {
		return edge.Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 60,
			"an older program made the newest snapshot; the next one answers this call: publish once")
	}
	return err
}

// noSuch returns the error of an object that does not exist, or that the caller does not see.
func noSuch(noun, id string) error {
	return edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "%s %s was not found", noun, edge.Clip(id))
}

// frame is what a list has beside its objects.
type frame struct {
	context, nextLink string
	count             *int64
}

// sendSize is approximately how much of a list is sent at once, in bytes.
const sendSize = 64 << 10

// send streams a list.
func send[T any](w *edge.Response, r *edge.Request, f frame, rows []T, schema *odata.Schema,
	chosen odata.Selection) error {
	header := w.Header()
	header.Set("Content-Type", edge.JSONType)
	header.Set("Odata-Version", defender.MetadataVersion)
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept-Encoding")
	var out io.Writer = w
	if export.AcceptsGzip(r.Header.Values("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		packer, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // it only fails for unknown levels
		defer packer.Close()
		out = packer
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	b := new(bytes.Buffer)
	b.WriteString(`{"@odata.context":`)
	err := appendJSON(b, f.context)
	if f.count != nil {
		b.WriteString(`,"@odata.count":` + strconv.FormatInt(*f.count, 10))
	}
	b.WriteString(`,"value":[`)
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('{')
		err = errors.Join(err, appendMembers(b, &rows[i], schema, chosen))
		b.WriteByte('}')
		if err != nil {
			return err
		}
		if b.Len() >= sendSize {
			if _, err := b.WriteTo(out); err != nil {
				return err
			}
		}
	}
	w.Rows += int64(len(rows))
	b.WriteByte(']')
	if f.nextLink != "" {
		b.WriteString(`,"@odata.nextLink":`)
		err = errors.Join(err, appendJSON(b, f.nextLink))
	}
	b.WriteString("}\n")
	if err != nil {
		return err
	}
	_, err = b.WriteTo(out)
	return err
}

// sendOne sends one object, whose keys are beside the context.
func sendOne[T any](w *edge.Response, context string, v *T, schema *odata.Schema, chosen odata.Selection) error {
	b := new(bytes.Buffer)
	b.WriteString(`{"@odata.context":`)
	if err := appendJSON(b, context); err != nil {
		return err
	}
	b.WriteByte(',')
	if err := appendMembers(b, v, schema, chosen); err != nil {
		return err
	}
	b.WriteString("}\n")
	w.Header().Set("Odata-Version", defender.MetadataVersion)
	return w.Body(http.StatusOK, b.Bytes())
}

// appendMembers appends the keys and values of an object, those that are chosen.
func appendMembers[T any](b *bytes.Buffer, v *T, schema *odata.Schema, chosen odata.Selection) error {
	of, first := reflect.ValueOf(v).Elem(), true
	for i := range schema.Len() {
		if !chosen.Has(i) {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(`"` + schema.Field(i).Name + `":`)
		if err := appendJSON(b, of.Field(i).Interface()); err != nil {
			return err
		}
	}
	return nil
}

// appendJSON appends a value as JSON, without escaping & and the like.
func appendJSON(b *bytes.Buffer, v any) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("writing a reply: %w", err)
	}
	b.Truncate(b.Len() - 1) // its line feed
	return nil
}
