package scan

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel/coverage"
)

// VDR is a Vulnerability Disclosure Report: CycloneDX 1.5 in JSON (https://cyclonedx.org/docs/1.5/json/) with the
// software that is affected, and what affects it. Equal results give an equal report, so it has no serial number.
type VDR struct {
	Format          string             `json:"bomFormat"`
	SpecVersion     string             `json:"specVersion"`
	Version         int                `json:"version"`
	Metadata        vdrMetadata        `json:"metadata"`
	Components      []vdrComponent     `json:"components"`
	Vulnerabilities []vdrVulnerability `json:"vulnerabilities"`
}

type vdrMetadata struct {
	Timestamp string   `json:"timestamp"`
	Tools     vdrTools `json:"tools"`
	// Component is the machine, if there is one only. Of several each is a component with its software below it.
	Component *vdrComponent `json:"component,omitempty"`
}

type vdrTools struct {
	Components []vdrComponent `json:"components"`
}

type vdrComponent struct {
	Type       string         `json:"type"`
	Ref        string         `json:"bom-ref"`
	Publisher  string         `json:"publisher,omitempty"`
	Name       string         `json:"name"`
	Version    string         `json:"version,omitempty"`
	Components []vdrComponent `json:"components,omitempty"`
	Properties []vdrProperty  `json:"properties,omitempty"`
}

type vdrProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type vdrVulnerability struct {
	Ref            string        `json:"bom-ref"`
	ID             string        `json:"id"`
	Source         vdrSource     `json:"source"`
	Ratings        []vdrRating   `json:"ratings"`
	Recommendation string        `json:"recommendation,omitempty"`
	Advisories     []vdrAdvisory `json:"advisories,omitempty"`
	Published      string        `json:"published,omitempty"`
	Updated        string        `json:"updated,omitempty"`
	Affects        []vdrAffect   `json:"affects"`
	Properties     []vdrProperty `json:"properties,omitempty"`
}

type vdrSource struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type vdrRating struct {
	Score    float64 `json:"score,omitempty"`
	Severity string  `json:"severity"`
	Method   string  `json:"method,omitempty"`
	Vector   string  `json:"vector,omitempty"`
}

type vdrAdvisory struct {
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

type vdrAffect struct {
	Ref      string       `json:"ref"`
	Versions []vdrVersion `json:"versions"`
}

type vdrVersion struct {
	Version string `json:"version"`
	Status  string `json:"status"`
}

// NewVDR makes the report of results at the time now; version is the program's.
func NewVDR(version string, results []*Result, now time.Time) *VDR {
	v := &VDR{Format: "CycloneDX", SpecVersion: "1.5", Version: 1, Components: []vdrComponent{},
		Vulnerabilities: []vdrVulnerability{}}
	v.Metadata.Timestamp = now.UTC().Format(time.RFC3339)
	v.Metadata.Tools.Components = []vdrComponent{{Type: "application", Ref: "muster", Name: "muster", Version: version}}
	place := map[string]int{}
	for n, r := range results {
		machine := vdrComponent{Type: "device", Ref: refOf("machine", strconv.Itoa(n)), Name: r.Device.Name, Properties: r.looked()}
		software := r.affected(n)
		if len(results) == 1 {
			v.Metadata.Component, v.Components = &machine, software
		} else {
			machine.Components = software
			v.Components = append(v.Components, machine)
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			at, known := place[f.CVE]
			if !known {
				at = len(v.Vulnerabilities)
				place[f.CVE] = at
				v.Vulnerabilities = append(v.Vulnerabilities, f.vulnerability())
			}
			v.Vulnerabilities[at].add(f, n)
		}
	}
	return v
}

// refOf joins texts to a reference that no other texts have.
func refOf(texts ...string) string {
	escaped := make([]string, len(texts))
	for i, t := range texts {
		escaped[i] = url.PathEscape(t)
	}
	return strings.Join(escaped, "/")
}

// software is the reference of a finding's software on the machine with a number.
func (f *Finding) software(machine int) string {
	return refOf("software", strconv.Itoa(machine), f.Vendor, f.Name, f.Version)
}

// affected lists the software with findings, each once.
func (r *Result) affected(machine int) []vdrComponent {
	list, seen := []vdrComponent{}, map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		ref := f.software(machine)
		if !seen[ref] {
			seen[ref] = true
			list = append(list, vdrComponent{Type: "application", Ref: ref, Publisher: f.Vendor, Name: f.Name, Version: f.Version})
		}
	}
	return list
}

// looked says how far the machine was assessed: a report without vulnerabilities may mean that nobody looked.
func (r *Result) looked() []vdrProperty {
	c := &r.Coverage
	list := []vdrProperty{{"muster:coverage", c.State.String()}}
	if c.Reason != coverage.NoReason {
		list = append(list, vdrProperty{"muster:coverage:reason", c.Reason.String()})
	}
	return append(list, vdrProperty{"muster:software", strconv.FormatInt(c.Software.Sum(), 10)},
		vdrProperty{"muster:software:notAssessed", strconv.FormatInt(c.Software.Of(coverage.NotAssessed), 10)})
}

// vulnerability describes the CVE of a finding.
func (f *Finding) vulnerability() vdrVulnerability {
	v := vdrVulnerability{Ref: refOf("vulnerability", f.CVE), ID: f.CVE, Source: f.source(),
		Ratings:   []vdrRating{{f.CVSS, cmp.Or(strings.ToLower(f.Severity), "unknown"), f.method(), f.Vector}},
		Published: f.Published, Updated: f.Updated,
		Properties: []vdrProperty{{"muster:exploitabilityLevel", f.Exploit}}}
	if f.KEV {
		v.Properties = append(v.Properties, vdrProperty{"muster:kev", "true"})
	}
	if f.EPSS != nil {
		v.Properties = append(v.Properties, vdrProperty{"muster:epss", strconv.FormatFloat(*f.EPSS, 'f', -1, 64)})
	}
	return v
}

// source is who gave the id.
func (f *Finding) source() vdrSource {
	id := url.PathEscape(f.CVE)
	switch {
	case strings.HasPrefix(f.CVE, "CVE-"):
		return vdrSource{"CVE", "https://www.cve.org/CVERecord?id=" + id}
	case strings.HasPrefix(f.CVE, "GHSA-"):
		return vdrSource{"GitHub", "https://github.com/advisories/" + id}
	}
	return vdrSource{"OSV", "https://osv.dev/vulnerability/" + id}
}

// method is the version of CVSS by the vector, empty if there is none.
func (f *Finding) method() string {
	for _, one := range [...]struct{ prefix, method string }{
		{"CVSS:4.", "CVSSv4"}, {"CVSS:3.1/", "CVSSv31"}, {"CVSS:3.0/", "CVSSv3"}, {"AV:", "CVSSv2"},
	} {
		if strings.HasPrefix(f.Vector, one.prefix) {
			return one.method
		}
	}
	return ""
}

// add notes that a machine's software is affected, and what mends it.
func (v *vdrVulnerability) add(f *Finding, machine int) {
	v.Affects = append(v.Affects, vdrAffect{f.software(machine), []vdrVersion{{f.Version, "affected"}}})
	if update := cmp.Or(f.Fix, f.FixID); f.Fixed && update != "" {
		line := fmt.Sprintf("%s: %s", f.Name, update)
		if lines := strings.Split(v.Recommendation, "\n"); v.Recommendation == "" {
			v.Recommendation = line
		} else if !slices.Contains(lines, line) {
			v.Recommendation += "\n" + line
		}
	}
	known := slices.ContainsFunc(v.Advisories, func(a vdrAdvisory) bool { return a.URL == f.FixURL })
	if f.FixURL != "" && !known {
		v.Advisories = append(v.Advisories, vdrAdvisory{f.FixID, f.FixURL})
	}
}
