package main

import (
	"bytes"
	"encoding/json"
	"io"
)

// jsonType is the media type of JSON.
const jsonType = "application/json"

// object makes the body of a call: a value as JSON.
func object(value any) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		text, err := json.Marshal(value)
		return io.NopCloser(bytes.NewReader(text)), err
	}
}
