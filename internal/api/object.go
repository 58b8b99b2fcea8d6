package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
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
