package eol

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cpe"
)

// product has the fields of a product that are read.
type product struct {
	Name        string `json:"name"`
	Identifiers []struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"identifiers"`
	Releases []release `json:"releases"`
}

type release struct {
	Name         string  `json:"name"`
	EOL          ending  `json:"eolFrom"`
	IsEOL        ending  `json:"isEol"`
	Discontinued ending  `json:"discontinuedFrom"`
	IsDiscont    ending  `json:"isDiscontinued"`
	Latest       *latest `json:"latest"`
	Date         string  `json:"releaseDate"`
}

type latest struct {
	Name string `json:"name"`
	Date string `json:"date"`
}

// ending is a date or a boolean: the source uses either in most places.
type ending struct {
	ended bool
	at    time.Time
}

// UnmarshalJSON reads a date, a boolean or null.
func (e *ending) UnmarshalJSON(data []byte) error {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	switch value := value.(type) {
	case nil:
	case bool:
		e.ended = value
	case string:
		if e.at = intel.ParseTime(value); e.at.IsZero() {
			return fmt.Errorf("%.40q is not a date", value)
		}
	default:
		return fmt.Errorf("%.40s is neither a date nor a boolean", data)
	}
	return nil
}

var errNoName = errors.New("product has no name")

func decode(doc intel.Document) ([]intel.Record, error) {
	if !strings.Contains(doc.Name, "#") {
		return nil, intel.NotRecord(doc)
	}
	var p product
	if err := intel.Unmarshal(doc, &p); err != nil {
		return nil, err
	}
	if p.Name == "" {
		return nil, doc.Odd("%w", errNoName)
	}
	record := intel.Record{Source: p.Name, Lifecycle: p.lifecycle()}
	record.Published, record.Modified = p.dates()
	return []intel.Record{record}, nil
}

// dates returns the first and the last release that the product's cycles name.
func (p *product) dates() (first, last time.Time) {
	for _, r := range p.Releases {
		begun := intel.ParseTime(r.Date)
		if !begun.IsZero() && (first.IsZero() || begun.Before(first)) {
			first = begun
		}
		newest := begun
		if r.Latest != nil {
			newest = intel.ParseTime(r.Latest.Date)
		}
		if newest.After(last) {
			last = newest
		}
	}
	return first, last
}

func (p *product) lifecycle() *intel.Lifecycle {
	l := &intel.Lifecycle{Product: p.Name}
	for _, id := range p.Identifiers {
		switch id.Type {
		case "cpe":
			if pair, ok := pairOf(id.ID); ok && !slices.Contains(l.CPEs, pair) {
				l.CPEs = append(l.CPEs, pair)
			}
		case "purl":
			if purl := withoutVersion(id.ID); !slices.Contains(l.PURLs, purl) {
				l.PURLs = append(l.PURLs, purl)
			}
		}
	}
	for _, r := range p.Releases {
		l.Cycles = append(l.Cycles, r.cycle())
	}
	return l
}

func pairOf(id string) ([2]string, bool) {
	name, err := cpe.ParsePrefix(id)
	return [2]string{name.Vendor, name.Product}, err == nil
}

// withoutVersion removes the version and everything after it from a package URL. An @ that begins
// a namespace is percent-encoded, as the specification requires, or comes before a slash.
func withoutVersion(purl string) string {
	purl, _, _ = strings.Cut(purl, "#")
	purl, _, _ = strings.Cut(purl, "?")
	if at := strings.LastIndex(purl, "@"); at > strings.LastIndex(purl, "/") {
		purl = purl[:at]
	}
	return purl
}

func (r *release) cycle() intel.Cycle {
	c := intel.Cycle{
		Name:         r.Name,
		Ended:        r.IsEOL.ended || r.EOL.ended,
		EndsAt:       r.EOL.at,
		Discontinued: r.IsDiscont.ended || r.Discontinued.ended,
	}
	if c.EndsAt.IsZero() {
		c.EndsAt = r.IsEOL.at
	}
	if r.Latest != nil {
		c.Latest = r.Latest.Name
	}
	return c
}
