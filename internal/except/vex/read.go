package vex

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// Read reads a document. scoped says that the caller names the devices or the group that it is about.
// Errors of the document wrap ErrInvalid.
func Read(text []byte, scoped bool) (*Document, error) {
	if len(text) > MaxDocument {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrInvalid, MaxDocument)
	}
	if bytes.Count(text, []byte("{")) > maxObjects {
		return nil, fmt.Errorf("%w: it has more than %d objects", ErrInvalid, maxObjects)
	}
	text, err := parse.UTF8(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r := &reader{document: Document{Skipped: map[string]int{}}, scoped: scoped}
	if err := r.read(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	for i := range r.document.Exceptions {
		if err := r.document.Exceptions[i].Check(); err != nil {
			return nil, fmt.Errorf("%w: exception %d: %w", ErrInvalid, i+1, err)
		}
	}
	return &r.document, nil
}

// head has what the formats are recognised by.
type head struct {
	Context    string           `json:"@context"`
	BOMFormat  string           `json:"bomFormat"`
	Document   *json.RawMessage `json:"document"`
	Exceptions *json.RawMessage `json:"exceptions"`
}

func (r *reader) read(text []byte) error {
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] != '{' {
		return r.readCSV(text)
	}
	var h head
	if err := decode(text, &h); err != nil {
		return err
	}
	switch {
	case strings.Contains(h.Context, "openvex"):
		return r.readOpenVEX(text)
	case h.BOMFormat == "CycloneDX":
		return r.readCycloneDX(text)
	case h.Document != nil:
		return r.readCSAF(text)
	case h.Exceptions != nil:
		return r.readSimple(text)
	}
	return fmt.Errorf("it is none of the formats that are read: %s", Understood)
}
