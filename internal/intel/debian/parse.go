package debian

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/version"
)

// issue has the fields of a CVE in a package that are read.
type issue struct {
	Description string
	Releases    releases
}

// releases are by code name. No releases are written as a list.
type releases map[string]release

// UnmarshalJSON implements json.Unmarshaler.
func (r *releases) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	if bytes.HasPrefix(data, []byte("[")) && json.Unmarshal(data, &list) == nil && len(list) == 0 {
		return nil
	}
	return json.Unmarshal(data, (*map[string]release)(r))
}

// release has the fields of a release that are read.
type release struct {
	Status string
	Fixed  string `json:"fixed_version"`
	// NoDSA is why no advisory is made of it, nil if that is not decided, and Reason "", "ignored" or
	// "postponed".
	NoDSA   *string
	Reason  string `json:"nodsa_reason"`
	Urgency string
}

// notAffected is the fixed version in a release that never was affected.
const notAffected = "0"

// isTemporary reports whether a name stands for a CVE that is not assigned yet ("TEMP-0000000-1A2B3C"). Such names
// change.
func isTemporary(name string) bool { return strings.HasPrefix(name, "TEMP-") }

func decode(doc intel.Document) ([]intel.Record, error) {
	name, cve := doc.Keys[0], doc.Keys[1]
	if isTemporary(cve) {
		return nil, intel.ErrNotRecord
	}
	if !intel.IsCVE(cve) || name == "" {
		return nil, doc.Odd("want a CVE of a package")
	}
	var i issue
	if err := intel.Unmarshal(doc, &i); err != nil {
		return nil, err
	}
	record := intel.Record{Source: cve}
	if i.Description != "" {
		record.CVE = &intel.CVE{ID: cve, Words: intel.Words{By: intel.ByDistribution, Description: i.Description}}
	}
	for _, code := range slices.Sorted(maps.Keys(i.Releases)) {
		where, known := ecosystemOf(code)
		if !known {
			continue // one that muster has no number for: no device is of it
		}
		r := i.Releases[code]
		p := intel.Package{CVEs: []string{cve}, Ecosystem: where, Name: name, Own: true, Severity: r.severity()}
		if p.Ranges, p.Fix = r.says(); p.Ranges == nil {
			return nil, doc.Odd("release %.40q: status %.40q, fixed version %.80q", code, r.Status, r.Fixed)
		}
		record.Packages = append(record.Packages, p)
	}
	return []intel.Record{record}, nil
}

// unstable is the code name of the release that has no number.
const unstable = "sid"

// ecosystemOf returns the ecosystem of the release with a code name.
func ecosystemOf(code string) (name string, ok bool) {
	if code == unstable {
		return "Debian:" + unstable, true
	}
	id, number, ok := inventory.Distribution(inventory.Distro("debian", code))
	return "Debian:" + number, ok && id == "debian" && number != ""
}

// says returns which versions of a release are affected, and what is said of a fix; no ranges if it says nothing
// that is known.
func (r *release) says() ([]intel.Range, intel.Fix) {
	switch r.Status {
	case "resolved":
		if r.Fixed == notAffected {
			return []intel.Range{{Unaffected: true}}, intel.Fix{}
		}
		if _, err := version.Parse(version.Debian, r.Fixed); r.Fixed == "" || err != nil {
			return nil, intel.Fix{}
		}
		return []intel.Range{{High: r.Fixed}}, intel.Fix{Available: true}
	case "open":
		return []intel.Range{{}}, intel.Fix{State: r.state()}
	case "undetermined":
		return []intel.Range{{Unaffected: true}}, intel.Fix{State: intel.FixInvestigated}
	}
	return nil, intel.Fix{}
}

// The urgencies that are no severities.
const (
	unimportant = "unimportant"
	endOfLife   = "end-of-life"
)

// state says why an open issue has no fix. Of what is unimportant, or gets no advisory of its own, a fix may come
// with another update.
func (r *release) state() intel.FixState {
	switch {
	case r.urgency() == endOfLife:
		return intel.FixEnded
	case r.Reason == "ignored":
		return intel.FixDeclined
	case r.NoDSA != nil || r.Reason != "" || r.urgency() == unimportant:
		return intel.FixDeferred
	}
	return intel.FixPending
}

// urgency is without the stars that mark one which was taken from elsewhere ("high**").
func (r *release) urgency() string { return strings.TrimRight(r.Urgency, "*") }

func (r *release) severity() intel.Severity { return intel.ParseSeverity(r.urgency()) }
