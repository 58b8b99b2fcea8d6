package vex

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/except"
)

// openVEX is a document of OpenVEX 0.0.1 to 0.2.0. Before 0.2.0 products and vulnerabilities were texts.
type openVEX struct {
	ID         string             `json:"@id"`
	Author     string             `json:"author"`
	Timestamp  time.Time          `json:"timestamp"`
	Statements []openVEXStatement `json:"statements"`
}

type openVEXStatement struct {
	Vulnerability   openVEXVulnerability `json:"vulnerability"`
	Timestamp       time.Time            `json:"timestamp"`
	LastUpdated     time.Time            `json:"last_updated"`
	Products        []openVEXProduct     `json:"products"`
	Subcomponents   []openVEXProduct     `json:"subcomponents"`
	Status          except.Status        `json:"status"`
	Justification   string               `json:"justification"`
	ImpactStatement string               `json:"impact_statement"`
	ActionStatement string               `json:"action_statement"`
	StatusNotes     string               `json:"status_notes"`
}

type openVEXVulnerability struct {
	ID      string   `json:"@id"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
}

// UnmarshalJSON reads both forms.
func (v *openVEXVulnerability) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), `"`) {
		return json.Unmarshal(text, &v.Name)
	}
	type plain openVEXVulnerability
	return json.Unmarshal(text, (*plain)(v))
}

// ids returns all ids; @id may be an address that ends with one.
func (v *openVEXVulnerability) ids() []string {
	return append([]string{v.Name, v.ID[strings.LastIndexByte(v.ID, '/')+1:]}, v.Aliases...)
}

type openVEXProduct struct {
	ID            string            `json:"@id"`
	Identifiers   map[string]string `json:"identifiers"`
	Subcomponents []openVEXProduct  `json:"subcomponents"`
}

// UnmarshalJSON reads both forms.
func (p *openVEXProduct) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(string(text), `"`) {
		return json.Unmarshal(text, &p.ID)
	}
	type plain openVEXProduct
	return json.Unmarshal(text, (*plain)(p))
}

func (p *openVEXProduct) identity() identity {
	i := identity{purl: p.Identifiers["purl"], cpe: p.Identifiers["cpe23"]}
	if i.cpe == "" {
		i.cpe = p.Identifiers["cpe22"]
	}
	switch {
	case i.purl == "" && strings.HasPrefix(p.ID, "pkg:"):
		i.purl = p.ID
	case i.cpe == "" && strings.HasPrefix(p.ID, "cpe:"):
		i.cpe = p.ID
	}
	return i
}

func (r *reader) readOpenVEX(text []byte) error {
	var d openVEX
	if err := decode(text, &d); err != nil {
		return err
	}
	r.document.Format, r.document.Source = OpenVEX, source(OpenVEX, d.ID, text)
	for i := range d.Statements {
		if err := r.openVEXStatement(&d, &d.Statements[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) openVEXStatement(d *openVEX, s *openVEXStatement) error {
	said := statement{ids: s.Vulnerability.ids(), status: s.Status, by: d.Author,
		stated: firstTime(s.LastUpdated, s.Timestamp, d.Timestamp),
		reason: sentences(s.Justification, s.ImpactStatement, s.ActionStatement, s.StatusNotes)}
	if !isStatement(s.Status) {
		r.skip(noStatus)
		return nil
	}
	for i := range s.Products {
		parts := append(s.Products[i].Subcomponents, s.Subcomponents...)
		if len(parts) == 0 {
			said.product, said.part = s.Products[i].identity(), false
			if err := r.add(&said); err != nil {
				return err
			}
		}
		for n := range parts {
			said.product, said.part = parts[n].identity(), true
			if err := r.add(&said); err != nil {
				return err
			}
		}
	}
	return nil
}
