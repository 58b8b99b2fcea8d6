package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/store/reports"
)

// maxObject is the largest body that is one JSON object, in bytes.
const maxObject = 64 << 10

// ReadObject decodes a body that is one JSON object into a struct. It refuses keys that the struct
// does not have, so that a misspelled key is not taken for an absent one. An absent body is an
// object without keys.
func ReadObject(w *Response, r *Request, into any) error {
	text, err := ReadBody(w, r, maxObject)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return Invalid("the body is not a JSON object that this call accepts: %s",
			Clip(strings.TrimPrefix(err.Error(), "json: ")))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Invalid("the body is more than one JSON object")
	}
	return nil
}

// ReadBody reads a whole body, uncompressed, up to a limit in bytes. All of it must arrive within
// StallLimit.
func ReadBody(w *Response, r *Request, limit int64) ([]byte, error) {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, Refuse(http.StatusUnsupportedMediaType, "",
			"Content-Encoding is %q: send the body without one", Clip(coding))
	}
	if err := CheckLength(r, limit); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		w.BodyCame()
	}
	return text, BodyError(err)
}

// CheckLength refuses a body whose declared length in bytes is too long, before any of it is asked
// for: a client that waits for 100 Continue then sends none of it.
func CheckLength(r *Request, limit int64) error {
	if r.ContentLength > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	return nil
}

// ReadSeconds reads a duration in whole seconds between lo and hi; fallback if it is absent.
func ReadSeconds(key string, seconds *int64, fallback, lo, hi time.Duration) (time.Duration, error) {
	if seconds == nil {
		return fallback, nil
	}
	if *seconds < int64(lo/time.Second) || *seconds > int64(hi/time.Second) {
		return 0, Invalid("%s is %d, must be %d to %d", key, *seconds, lo/time.Second, hi/time.Second)
	}
	return time.Duration(*seconds) * time.Second, nil
}

// skipBody reads the body of a GET, which has no meaning (RFC 9110, section 9.3.1), so that
// nothing waits for it after a place is taken.
func skipBody(w *Response, r *Request) error {
	if r.ContentLength == 0 || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	_, err := ReadBody(w, r, maxObject)
	return err
}

// ReadPatiently returns the body of a request, with StallLimit for every piece.
func ReadPatiently(w *Response, r *Request) io.Reader { return &patientReader{r.Body, w} }

// patientReader reads a body with StallLimit for every piece.
type patientReader struct {
	source io.Reader
	w      *Response
}

// Read reads the next piece.
func (p *patientReader) Read(b []byte) (int, error) {
	p.w.ReadUntil(time.Now().Add(StallLimit))
	n, err := p.source.Read(b)
	if err == io.EOF {
		p.w.BodyCame()
	}
	return n, BodyError(err)
}

// IsTooLong tells whether an error means that a body is too long.
func IsTooLong(err error) bool {
	var long *http.MaxBytesError
	return errors.As(err, &long)
}

// BodyError marks errors of reading a body; its end, its limit, and that it was cut off, stay
// unmarked.
func BodyError(err error) error {
	var failure *Failure
	if err == nil || err == io.EOF || IsTooLong(err) || errors.Is(err, errBody) || errors.Is(err, reports.ErrSaturated) ||
		errors.As(err, &failure) {
		return err
	}
	return fmt.Errorf("%w: %w", errBody, err)
}

// TimeOrNull returns a time, nil for the zero time.
func TimeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
