package msrc

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// The types of remediations, threats and notes that are read, as MSRC's API writes them
// (https://api.msrc.microsoft.com/cvrf/v3.0/swagger).
const (
	vendorFix     = 2
	exploitStatus = 1
	severityType  = 3
	cnaType       = 8
)

// text is a text of a CVRF document.
type text struct{ Value string }

// month is what a CVRF document says before its list: which month it is, and the names of products.
type month struct {
	title    string
	released time.Time
	changed  time.Time
	products map[string]string // by their ids
}

// readMonth reads the head of a CVRF document, and returns the reader of its CVEs.
func readMonth(doc intel.Document, name, dates, products json.RawMessage) (reader, error) {
	var tracking struct{ InitialReleaseDate, CurrentReleaseDate string }
	if err := intel.Unmarshal(part(doc, dates), &tracking); err != nil {
		return nil, err
	}
	var tree struct {
		FullProductName []struct{ ProductID, Value string }
	}
	if err := intel.Unmarshal(part(doc, products), &tree); err != nil {
		return nil, err
	}
	var title text
	if err := intel.Unmarshal(part(doc, name), &title); err != nil {
		return nil, err
	}
	m := &month{title: title.Value, products: make(map[string]string, len(tree.FullProductName)),
		released: dayAt(tracking.InitialReleaseDate), changed: dayAt(tracking.CurrentReleaseDate)}
	if m.released.IsZero() {
		return nil, doc.Odd("InitialReleaseDate %.40q: want a time", tracking.InitialReleaseDate)
	}
	for _, p := range tree.FullProductName {
		m.products[p.ProductID] = productOf(p.Value)
	}
	return m.read, nil
}

// vulnerability has the members of a CVE in a CVRF document that are read.
type vulnerability struct {
	Title text
	CVE   string
	Notes []struct {
		Type  int
		Title string
		Value string
	}
	Threats []struct {
		Type        int
		Description text
		ProductID   []string
	}
	Remediations    []remediation
	RevisionHistory []struct{ Date string }
}

// remediation is what fixes a CVE, or says something about that. The description of a vendor's fix is the
// number of the KB article, or what the link to it is called.
type remediation struct {
	Type         int
	Description  text
	Supercedence string
	FixedBuild   string
	ProductID    []string
}

// read reads a CVE.
func (m *month) read(doc intel.Document) (intel.Record, error) {
	var v vulnerability
	if err := intel.Unmarshal(doc, &v); err != nil {
		return intel.Record{}, err
	}
	record, err := about(doc, v.CVE)
	if err != nil {
		return record, err
	}
	record.Published, record.Modified = v.days(m)
	record.CVE = v.facts(&record)
	severity := v.severities()
	for _, r := range v.Remediations {
		if r.Type != vendorFix {
			continue
		}
		update := intel.Update{CVE: cve(&record), ID: idOf(r.Description.Value), Published: record.Published,
			Supersedes: idsOf(r.Supercedence), FixedBuild: buildOf(r.FixedBuild)}
		if update.ID == "" {
			update.Title = m.title
		}
		for _, id := range r.ProductID {
			update.Product, update.Severity = m.products[id], cmp.Or(severity[id], severity[""])
			if err := add(doc, &record, &update, id); err != nil {
				return record, err
			}
		}
	}
	return record, nil
}

// days returns the day on which the CVE was published and the one of its last change: its own, else the
// document's.
func (v *vulnerability) days(m *month) (published, modified time.Time) {
	for _, r := range v.RevisionHistory {
		day := dayAt(r.Date)
		if day.IsZero() {
			continue
		}
		if published.IsZero() || day.Before(published) {
			published = day
		}
		if day.After(modified) {
			modified = day
		}
	}
	if published.IsZero() {
		return m.released, m.changed
	}
	return published, modified
}

// severities returns Microsoft's words by product; those for all have the key "".
func (v *vulnerability) severities() map[string]intel.Severity {
	words := map[string]intel.Severity{}
	for _, t := range v.Threats {
		if t.Type != severityType {
			continue
		}
		word := intel.ParseSeverity(t.Description.Value)
		if len(t.ProductID) == 0 {
			words[""] = max(words[""], word)
		}
		for _, id := range t.ProductID {
			words[id] = max(words[id], word)
		}
	}
	return words
}

// facts returns what is said of the CVE itself.
func (v *vulnerability) facts(r *intel.Record) *intel.CVE {
	cna, status := "", ""
	for _, n := range v.Notes {
		if n.Type == cnaType {
			cna = n.Value
		}
	}
	for _, t := range v.Threats {
		if t.Type == exploitStatus {
			status += ";" + t.Description.Value
		}
	}
	return factsOf(r, v.Title.Value, cna, status)
}
