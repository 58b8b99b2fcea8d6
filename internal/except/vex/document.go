package vex

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// MaxDocument bounds a document, in bytes; MaxStatements what is read of one.
const (
	MaxDocument   = 16 << 20
	MaxStatements = 20_000
	// maxObjects bounds the objects of a document in JSON: each takes some hundred bytes of memory, however
	// small its text is. The largest documents of Red Hat have about a hundred thousand.
	maxObjects = 200_000
)

// Understood names the formats.
const Understood = "OpenVEX, CycloneDX with vulnerabilities and CSAF (JSON), and files of exceptions (JSON or CSV)"

// ErrInvalid says that a document cannot be used.
var ErrInvalid = errors.New("invalid document")

// Format is the format of a document.
type Format string

// The formats.
const (
	OpenVEX   Format = "openvex"
	CycloneDX Format = "cyclonedx"
	CSAF      Format = "csaf"
	Simple    Format = "exceptions"
)

// Document is what was read of a document.
type Document struct {
	Format Format
	// Source names the document, so that a newer version of it replaces what an older one said. Empty for a file
	// of exceptions.
	Source     string
	Exceptions []Entry
	// Skipped counts what was left out, by reason.
	Skipped map[string]int
}

// Entry is an exception as a document has it. Device and Group are names or ids, which the reader of
// the document does not know.
type Entry struct {
	except.Exception
	Device, Group string
}

// Reasons returns the reasons of Skipped with their counts, in order.
func (d *Document) Reasons() (all []string) {
	for _, reason := range slices.Sorted(maps.Keys(d.Skipped)) {
		all = append(all, fmt.Sprintf("%d: %s", d.Skipped[reason], reason))
	}
	return all
}

// reader reads one document.
type reader struct {
	document Document
	scoped   bool
}

func (r *reader) skip(reason string) { r.document.Skipped[reason]++ }

// statement is what a document says of one product.
type statement struct {
	ids     []string
	status  except.Status
	product identity
	reason  string
	by      string
	stated  time.Time
	// part says that it is about a part of another product.
	part bool
}

// add adds a statement, once for each CVE that it names.
func (r *reader) add(s *statement) error {
	product, why := s.product.exact()
	switch {
	case s.part && !r.scoped:
		why = isPart
	case why == "" && s.status == except.Fixed && !s.product.versioned(product):
		why = fixedNowhere
	}
	ids := vulnerabilities(s.ids)
	if len(ids) == 0 {
		why = noID
	}
	if why != "" {
		r.skip(why)
		return nil
	}
	for _, id := range ids {
		if len(r.document.Exceptions) == MaxStatements {
			return fmt.Errorf("it has more than %d statements", MaxStatements)
		}
		r.document.Exceptions = append(r.document.Exceptions, Entry{Exception: except.Exception{CVE: id,
			Product: product, Status: s.status, Reason: clip(s.reason), By: clip(s.by), Source: r.document.Source,
			Stated: s.stated.UTC()}})
	}
	return nil
}

// clip shortens a text for people, and removes what no text has.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
	return parse.Clip(text, 900)
}

// vulnerabilities returns the CVEs among the ids of one vulnerability; if there are none, its other ids.
func vulnerabilities(ids []string) (found []string) {
	var others []string
	for _, id := range ids {
		id = intel.CanonicalID(strings.TrimSpace(id))
		switch {
		case intel.IsCVE(id) && !slices.Contains(found, id):
			found = append(found, id)
		case intel.IsVulnerability(id) && !slices.Contains(others, id):
			others = append(others, id)
		}
	}
	if len(found) == 0 {
		return others
	}
	return found
}
func decode(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading JSON: %s", parse.Clip(strings.TrimPrefix(err.Error(), "json: "), 200))
	}
	return nil
}

// isStatement reports whether a status is one of VEX.
func isStatement(s except.Status) bool {
	switch s {
	case except.NotAffected, except.Fixed, except.Affected, except.UnderInvestigation:
		return true
	}
	return false
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// sentences joins the texts that are not empty.
func sentences(texts ...string) string {
	var all []string
	for _, text := range texts {
		if text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, ": ")
}

// source names a document: its format and its id, or its content if it has none.
func source(f Format, id string, text []byte) string {
	if id == "" {
		id = fmt.Sprintf("sha256:%x", sha256.Sum256(text))
	}
	return string(f) + " " + clip(id)
}
