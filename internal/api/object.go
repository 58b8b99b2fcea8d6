package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/store"
)

// maxObject bounds a body that is one JSON object, in bytes.
const maxObject = 64 << 10

// readObject decodes a body that is one JSON object into a struct. Keys that
// the struct does not have are refused, so that a misspelled one is not taken
// for an absent one. A body may be absent, and is then an object without keys.
func readObject(w *response, r *request, into any) error {
	text, err := readBody(w, r, maxObject)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return invalid("the body is no JSON object that this call takes: %s", clip(strings.TrimPrefix(err.Error(), "json: ")))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid("the body is more than one JSON object")
	}
	return nil
}

// readBody reads a body whole: so many bytes at most, not compressed. All of it
// has to come within stallLimit.
func readBody(w *response, r *request, limit int64) ([]byte, error) {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, refuse(http.StatusUnsupportedMediaType, "", "Content-Encoding is %q: send the body as it is", clip(coding))
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		w.bodyCame()
	}
	return text, bodyError(err)
}

// readSeconds reads a time in whole seconds between lo and hi; fallback where it
// is absent.
func readSeconds(key string, seconds *int64, fallback, lo, hi time.Duration) (time.Duration, error) {
	if seconds == nil {
		return fallback, nil
	}
	if *seconds < int64(lo/time.Second) || *seconds > int64(hi/time.Second) {
		return 0, invalid("%s is %d, must be %d to %d", key, *seconds, lo/time.Second, hi/time.Second)
	}
	return time.Duration(*seconds) * time.Second, nil
}

// skipBody reads what a client sends with a GET, which means nothing (RFC 9110,
// section 9.3.1), so that nothing waits for it when a place is taken.
func skipBody(w *response, r *request) error {
	if r.ContentLength == 0 || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	_, err := readBody(w, r, maxObject)
	return err
}

// readPatiently reads what a client sends, and gives it stallLimit for every
// piece.
func readPatiently(w *response, r *request) io.Reader { return &patientReader{r.Body, w} }

// patientReader gives a sender stallLimit for every piece.
type patientReader struct {
	source io.Reader
	w      *response
}

// Read reads the next piece.
func (p *patientReader) Read(b []byte) (int, error) {
	p.w.readUntil(time.Now().Add(stallLimit))
	n, err := p.source.Read(b)
	if err == io.EOF {
		p.w.bodyCame()
	}
	return n, bodyError(err)
}

// isTooLong tells whether an error says that a body has more bytes than it may.
func isTooLong(err error) bool {
	var long *http.MaxBytesError
	return errors.As(err, &long)
}

// bodyError marks what is wrong with a body; its end, its limit, and that it was
// given up, stay what they are.
func bodyError(err error) error {
	var failure *failure
	if err == nil || err == io.EOF || isTooLong(err) || errors.Is(err, errBody) || errors.Is(err, store.ErrSaturated) || errors.As(err, &failure) {
		return err
	}
	return fmt.Errorf("%w: %w", errBody, err)
}

// known returns a time, nil for one that never was.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
