package vdr

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// specVersion is the version of CycloneDX.
const specVersion = "1.5"

// Component is a piece of software, or a device.
type Component struct {
	// Type is application or device; Ref is unique in the report (RefOf).
	Type       string      `json:"type"`
	Ref        string      `json:"bom-ref"`
	Publisher  string      `json:"publisher,omitempty"`
	Name       string      `json:"name"`
	Version    string      `json:"version,omitempty"`
	CPE        string      `json:"cpe,omitempty"`
	PURL       string      `json:"purl,omitempty"`
	Components []Component `json:"components,omitempty"`
	Properties []Property  `json:"properties,omitempty"`
}

// Property is a name with a value; muster's names begin with "muster:".
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Vulnerability is a CVE, or an advisory that names none, and what has it.
type Vulnerability struct {
	Ref            string     `json:"bom-ref"`
	ID             string     `json:"id"`
	Source         source     `json:"source"`
	Ratings        []rating   `json:"ratings"`
	Description    string     `json:"description,omitempty"`
	Recommendation string     `json:"recommendation,omitempty"`
	Advisories     []advisory `json:"advisories,omitempty"`
	Published      string     `json:"published,omitempty"`
	Updated        string     `json:"updated,omitempty"`
	Affects        []affect   `json:"affects"`
	Properties     []Property `json:"properties,omitempty"`
}

type source struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type rating struct {
	Score    float64 `json:"score,omitempty"`
	Severity string  `json:"severity"`
	Method   string  `json:"method,omitempty"`
	Vector   string  `json:"vector,omitempty"`
}

type advisory struct {
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

type affect struct {
	Ref      string            `json:"ref"`
	Versions []affectedVersion `json:"versions"`
}

type affectedVersion struct {
	Version string `json:"version"`
	Status  string `json:"status"`
}

// dependency says what a component has.
type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// Facts are what is known of a CVE, or of an advisory that names none.
type Facts struct {
	ID, Description string
	// Severity is Low, Medium, High, Critical, None, or "" if nobody rates it; Score is 0 then.
	Severity string
	Score    float64
	Vector   string
	// Exploitability is one of the levels of package defender.
	Exploitability string
	KEV            bool
	// EPSS is the score of FIRST, nil if it is not known.
	EPSS *float64
	// Published and Updated are times as in RFC 3339, or "".
	Published, Updated string
}

// Of returns a vulnerability that affects nothing yet.
func Of(f Facts) *Vulnerability {
	v := &Vulnerability{Ref: RefOf("vulnerability", f.ID), ID: f.ID, Source: sourceOf(f.ID), Ratings: []rating{},
		Description: f.Description, Published: f.Published, Updated: f.Updated, Affects: []affect{},
		Properties: []Property{{"muster:exploitabilityLevel", f.Exploitability}}}
	v.Rate(f.Score, f.Severity, f.Vector)
	if f.KEV {
		v.Properties = append(v.Properties, Property{"muster:kev", "true"})
	}
	if f.EPSS != nil {
		v.Properties = append(v.Properties, Property{"muster:epss", strconv.FormatFloat(*f.EPSS, 'f', -1, 64)})
	}
	return v
}

// Rate adds a rating, unless it is there: a CVE may be rated otherwise in another product.
func (v *Vulnerability) Rate(score float64, severity, vector string) {
	one := rating{score, cmp.Or(strings.ToLower(severity), "unknown"), methodOf(vector), vector}
	if !slices.Contains(v.Ratings, one) {
		v.Ratings = append(v.Ratings, one)
	}
}

// Affect notes that a component has the vulnerability.
func (v *Vulnerability) Affect(ref, version string) {
	v.Affects = append(v.Affects, affect{ref, []affectedVersion{{version, "affected"}}})
}

// UpdateTo says in words to which versions to update, for Mend; "" if there are none.
func UpdateTo(versions ...string) string {
	if text := strings.Join(versions, ", "); text != "" {
		return "update to " + text + " or later"
	}
	return ""
}

// Mend notes what removes the vulnerability from a product: an update in words, or "", and an advisory with
// its address, or "".
func (v *Vulnerability) Mend(product, update, title, address string) {
	if update != "" {
		line := product + ": " + update
		if v.Recommendation == "" {
			v.Recommendation = line
		} else if !slices.Contains(strings.Split(v.Recommendation, "\n"), line) {
			v.Recommendation += "\n" + line
		}
	}
	known := slices.ContainsFunc(v.Advisories, func(a advisory) bool { return a.URL == address })
	if address != "" && !known {
		v.Advisories = append(v.Advisories, advisory{title, address})
	}
}

// RefOf joins texts to a reference that no other texts have.
func RefOf(texts ...string) string {
	escaped := make([]string, len(texts))
	for i, t := range texts {
		escaped[i] = url.PathEscape(t)
	}
	return strings.Join(escaped, "/")
}

// sourceOf is who gave an id.
func sourceOf(id string) source {
	escaped := url.PathEscape(id)
	switch {
	case strings.HasPrefix(id, "CVE-"):
		return source{"CVE", "https://www.cve.org/CVERecord?id=" + escaped}
	case strings.HasPrefix(id, "GHSA-"):
		return source{"GitHub", "https://github.com/advisories/" + escaped}
	}
	return source{"OSV", "https://osv.dev/vulnerability/" + escaped}
}

// methodOf is the version of CVSS by a vector, "" if there is none.
func methodOf(vector string) string {
	for _, one := range [...]struct{ prefix, method string }{
		{"CVSS:4.", "CVSSv4"}, {"CVSS:3.1/", "CVSSv31"}, {"CVSS:3.0/", "CVSSv3"}, {"AV:", "CVSSv2"},
	} {
		if strings.HasPrefix(vector, one.prefix) {
			return one.method
		}
	}
	return ""
}
