package vex

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/except/written"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// EntryOf returns an exception that someone wrote.
func EntryOf(p *written.NewException) (e Entry, err error) {
	e = Entry{Exception: except.Exception{CVE: intel.CanonicalID(strings.TrimSpace(p.CVE)), Status: except.Accepted,
		Product: except.Product{PURL: p.PURL, Vendor: p.Vendor, Name: p.Name, Version: p.Version},
		Reason:  p.Reason, By: p.By}, Device: p.Device, Group: p.Group}
	if !intel.IsVulnerability(e.CVE) {
		return e, fmt.Errorf("cve: %q is not a CVE id; want CVE-YEAR-NUMBER, or the id of an advisory (GHSA-…)",
			parse.Clip(p.CVE, 80))
	}
	switch p.Action {
	case "", "hide":
	case "mark":
		e.Mark = true
	default:
		return e, fmt.Errorf("action: is %q, want hide or mark", parse.Clip(p.Action, 80))
	}
	if e.From, err = readTime("from", p.From, 0); err != nil {
		return e, err
	}
	if e.Until, err = readTime("until", p.Until, 1); err != nil {
		return e, err
	}
	return e, e.Check()
}

// readTime reads a time or a day; later is how many days after its begin a day counts.
func readTime(field, text string, later int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, later), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("%s: is %q, want a day (2027-03-31) or a time (2027-03-31T12:00:00Z)", field,
			parse.Clip(text, 80))
	}
	return at.UTC(), nil
}

func (r *reader) readSimple(text []byte) error {
	var d struct {
		Exceptions []written.NewException `json:"exceptions"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // a misspelled bound would not bind
	if err := decoder.Decode(&d); err != nil {
		return fmt.Errorf("reading JSON: %s", parse.Clip(strings.TrimPrefix(err.Error(), "json: "), 200))
	}
	r.document.Format = Simple
	for i := range d.Exceptions {
		if err := r.plain(&d.Exceptions[i]); err != nil {
			return fmt.Errorf("exceptions[%d].%w", i, err)
		}
	}
	return nil
}

func (r *reader) plain(p *written.NewException) error {
	if len(r.document.Exceptions) == MaxStatements {
		return fmt.Errorf("cve: the file has more than %d exceptions", MaxStatements)
	}
	e, err := EntryOf(p)
	if err != nil {
		return err
	}
	r.document.Exceptions = append(r.document.Exceptions, e)
	return nil
}

func (r *reader) readCSV(text []byte) error {
	rows := csv.NewReader(bytes.NewReader(text))
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		rows.Comma = ';'
	}
	names, err := rows.Read()
	if err != nil || !strings.EqualFold(strings.TrimSpace(names[0]), "cve") {
		return fmt.Errorf("it is none of the formats that are read: %s; the first column of CSV is cve", Understood)
	}
	r.document.Format = Simple
	for {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading CSV: %w", err)
		}
		line, _ := rows.FieldPos(0)
		var p written.NewException
		for i, cell := range cells {
			to := p.Columns()[strings.ToLower(strings.TrimSpace(names[i]))]
			if to == nil {
				return fmt.Errorf("column %q is none of cve, purl, vendor, name, version, device, group, action, "+
					"reason, by, from, until", parse.Clip(names[i], 80))
			}
			*to = strings.TrimSpace(cell)
		}
		if err := r.plain(&p); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}
