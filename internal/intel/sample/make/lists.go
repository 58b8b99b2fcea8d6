package main

import (
	"encoding/json"
	"slices"
)

// kev returns CISA's list of exploited CVEs, cut to those of the sample. It must run after all
// steps that keep CVEs.
func (s *cutter) kev() ([]document, error) {
	type entry struct {
		ID         string `json:"cveID"`
		Vendor     string `json:"vendorProject"`
		Product    string `json:"product"`
		Added      string `json:"dateAdded"`
		Due        string `json:"dueDate"`
		Ransomware string `json:"knownRansomwareCampaignUse"`
	}
	var list struct {
		Version  string  `json:"catalogVersion"`
		Released string  `json:"dateReleased"`
		Count    int     `json:"count"`
		Entries  []entry `json:"vulnerabilities"`
	}
	err := s.read("kev", "known_exploited_vulnerabilities.json", func(_ string, data []byte) error {
		return json.Unmarshal(data, &list)
	})
	if err != nil {
		return nil, err
	}
	list.Entries = slices.DeleteFunc(list.Entries, func(e entry) bool { return !s.kept[e.ID] })
	list.Count = len(list.Entries)
	var out documents
	out.add("kev.json", list)
	return out.sorted()
}

// lifecycles returns the release cycles of the chosen products.
func (s *cutter) lifecycles() ([]document, error) {
	type identifier struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	type cycle struct {
		Name         string `json:"name"`
		Released     string `json:"releaseDate,omitempty"`
		IsEOL        *bool  `json:"isEol,omitempty"`
		EOLFrom      string `json:"eolFrom,omitempty"`
		IsEOAS       *bool  `json:"isEoas,omitempty"`
		EOASFrom     string `json:"eoasFrom,omitempty"`
		IsEOES       *bool  `json:"isEoes,omitempty"`
		EOESFrom     string `json:"eoesFrom,omitempty"`
		Discontinued *bool  `json:"isDiscontinued,omitempty"`
		DiscontFrom  string `json:"discontinuedFrom,omitempty"`
		Maintained   *bool  `json:"isMaintained,omitempty"`
		Latest       *struct {
			Name string `json:"name"`
			Date string `json:"date,omitempty"`
		} `json:"latest,omitempty"`
	}
	type lifecycle struct {
		Name        string       `json:"name"`
		Identifiers []identifier `json:"identifiers"`
		Releases    []cycle      `json:"releases"`
	}
	var list struct {
		SchemaVersion string      `json:"schema_version"`
		Generated     string      `json:"generated_at"`
		Total         int         `json:"total"`
		Products      []lifecycle `json:"result"`
	}
	err := s.read("endoflife", "api-v1-products-full.json.gz", func(_ string, data []byte) error {
		return json.Unmarshal(data, &list)
	})
	if err != nil {
		return nil, err
	}
	list.Products = slices.DeleteFunc(list.Products, func(l lifecycle) bool { return !slugs[l.Name] })
	list.Total = len(list.Products)
	var out documents
	out.add("endoflife.json", list)
	return out.sorted()
}
