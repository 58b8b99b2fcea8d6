package cve5

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// words returns what the record says for people: title and description of the CNA, else of the first
// publisher that has one, and the addresses of exploits.
func (r *record) words() intel.Words {
	w := intel.Words{By: intel.ByCNA, Title: r.Containers.CNA.Title, Description: r.Containers.CNA.english()}
	if w.Title == "" && w.Description == "" {
		w.By = intel.ByADP
	}
	for _, adp := range r.Containers.ADP {
		if w.By == intel.ByADP { // titles of publishers name their container ("CISA ADP Vulnrichment")
			w.Description = cmp.Or(w.Description, adp.english())
		}
	}
	for _, c := range slices.Concat([]container{r.Containers.CNA}, r.Containers.ADP) {
		for _, reference := range c.References {
			if reference.URL != "" && intel.ShowsExploit(reference.URL, reference.Tags) {
				w.ExploitURLs = append(w.ExploitURLs, reference.URL)
			}
		}
	}
	if w.IsEmpty() {
		return intel.Words{}
	}
	return w
}

// english returns the container's description in English; the format asks each CNA for one.
func (c *container) english() string {
	for _, d := range c.Descriptions {
		if language := strings.ToLower(d.Language); language == "en" || strings.HasPrefix(language, "en-") ||
			strings.HasPrefix(language, "en_") {
			return d.Value
		}
	}
	return ""
}

// known reads CISA's note that the CVE is in its catalog; nil for another metric.
func (m *metric) known() *intel.Exploited {
	var note known
	if !strings.EqualFold(m.Other.Type, "kev") || json.Unmarshal(m.Other.Content, &note) != nil {
		return nil
	}
	return &intel.Exploited{Added: intel.ParseTime(note.Added), Copied: true}
}
