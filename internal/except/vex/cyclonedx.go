package vex

import (
	"strings"
	"time"

	"github.com/muster-project/muster/internal/except"
)

// cycloneDX is the part of a CycloneDX document that says something of vulnerabilities.
type cycloneDX struct {
	SerialNumber string `json:"serialNumber"`
	Metadata     struct {
		Timestamp time.Time           `json:"timestamp"`
		Component *cycloneDXComponent `json:"component"`
	} `json:"metadata"`
	Components      []cycloneDXComponent `json:"components"`
	Vulnerabilities []struct {
		ID         string `json:"id"`
		References []struct {
			ID string `json:"id"`
		} `json:"references"`
		Updated  time.Time `json:"updated"`
		Analysis struct {
			State         string    `json:"state"`
			Justification string    `json:"justification"`
			Detail        string    `json:"detail"`
			Response      []string  `json:"response"`
			FirstIssued   time.Time `json:"firstIssued"`
			LastUpdated   time.Time `json:"lastUpdated"`
		} `json:"analysis"`
		Affects []cycloneDXAffects `json:"affects"`
	} `json:"vulnerabilities"`
}

type cycloneDXComponent struct {
	Ref        string               `json:"bom-ref"`
	PURL       string               `json:"purl"`
	CPE        string               `json:"cpe"`
	Components []cycloneDXComponent `json:"components"`
}

type cycloneDXAffects struct {
	Ref      string `json:"ref"`
	Versions []struct {
		Version string `json:"version"`
		Range   string `json:"range"`
		Status  string `json:"status"`
	} `json:"versions"`
}

// cycloneDXState says what the state of an analysis mean. A false positive is a product that is not affected.
func cycloneDXState(state string) (except.Status, bool) {
	switch state {
	case "resolved", "resolved_with_pedigree":
		return except.Fixed, true
	case "not_affected", "false_positive":
		return except.NotAffected, true
	case "exploitable":
		return except.Affected, true
	case "in_triage":
		return except.UnderInvestigation, true
	}
	return "", false
}

// cycloneDXRefs are the components of a document by reference.
type cycloneDXRefs struct {
	all map[string]component
	own string // "urn:cdx:SERIAL", without its version
}

func (c *cycloneDXRefs) add(list []cycloneDXComponent, part bool) {
	for i := range list {
		one := &list[i]
		if one.Ref != "" {
			c.all[one.Ref] = component{identity{purl: one.PURL, cpe: one.CPE}, part}
		}
		c.add(one.Components, true)
	}
}

// find returns the component of a reference, which may be a link to another document.
func (c *cycloneDXRefs) find(ref string) (component, string) {
	if found, ok := c.all[ref]; ok {
		return found, ""
	}
	link, rest, isLink := strings.Cut(ref, "#")
	if isLink && strings.HasPrefix(link, "urn:cdx:") {
		if found, ok := c.all[rest]; ok && strings.HasPrefix(link+"/", c.own+"/") {
			return found, ""
		}
		ref = rest
	}
	if strings.HasPrefix(ref, "pkg:") {
		return component{identity{purl: strings.ReplaceAll(ref, "%40", "@")}, true}, ""
	}
	return component{}, fromElsewhere
}

func (r *reader) readCycloneDX(text []byte) error {
	var d cycloneDX
	if err := decode(text, &d); err != nil {
		return err
	}
	r.document.Format, r.document.Source = CycloneDX, source(CycloneDX, d.SerialNumber, text)
	refs := cycloneDXRefs{all: map[string]component{}, own: strings.Replace(d.SerialNumber, "urn:uuid:", "urn:cdx:", 1)}
	subject := d.Metadata.Component
	refs.add(d.Components, subject != nil)
	if subject != nil {
		refs.add([]cycloneDXComponent{*subject}, false)
	}
	for i := range d.Vulnerabilities {
		v := &d.Vulnerabilities[i]
		if v.Analysis.State == "" {
			continue // known of a component, and not analysed
		}
		said := statement{ids: []string{v.ID}, by: d.SerialNumber,
			reason: sentences(v.Analysis.Justification, v.Analysis.Detail, strings.Join(v.Analysis.Response, ", ")),
			stated: firstTime(v.Analysis.LastUpdated, v.Analysis.FirstIssued, v.Updated, d.Metadata.Timestamp)}
		for _, other := range v.References {
			said.ids = append(said.ids, other.ID)
		}
		known := false
		if said.status, known = cycloneDXState(v.Analysis.State); !known {
			r.skip(noStatus)
			continue
		}
		for n := range v.Affects {
			if err := r.cycloneDXAffects(said, &v.Affects[n], &refs); err != nil {
				return err
			}
		}
	}
	return nil
}

// cycloneDXAffects adds what an analysis says of one component. If it lists versions, the analysis is about
// those, except for what it says is unaffected.
func (r *reader) cycloneDXAffects(said statement, a *cycloneDXAffects, refs *cycloneDXRefs) error {
	found, why := refs.find(a.Ref)
	if why != "" {
		r.skip(why)
		return nil
	}
	said.product, said.part = found.identity, found.part
	if len(a.Versions) == 0 {
		return r.add(&said)
	}
	for _, v := range a.Versions {
		one := said
		one.product = found.at(v.Version)
		one.product.ranged = one.product.ranged || v.Version == ""
		switch {
		case v.Status == "unaffected":
			one.status = except.NotAffected
		case v.Status == "unknown":
			one.status = except.UnderInvestigation
		}
		if err := r.add(&one); err != nil {
			return err
		}
	}
	return nil
}
