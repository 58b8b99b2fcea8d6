package msrc

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// maxUpdates bounds what one CVE of a document may become: updates by products. Real ones have some hundreds.
const maxUpdates = 50_000

// reader reads the text of one CVE in a document.
type reader func(intel.Document) (intel.Record, error)

// part is a member of a document, decoded by itself; nothing if there is none.
func part(doc intel.Document, data json.RawMessage) intel.Document {
	if data == nil {
		data = json.RawMessage("{}")
	}
	return intel.Document{Name: doc.Name, Data: data}
}

// about begins the record of a CVE, or of an advisory of Microsoft's without one.
func about(doc intel.Document, name string) (intel.Record, error) {
	if !intel.IsCVE(name) && !strings.HasPrefix(name, "ADV") {
		return intel.Record{}, doc.Odd("CVE %.40q: want the id of a CVE or of an advisory", name)
	}
	return intel.Record{Source: name}, nil
}

// add adds an update to the record of a CVE. A product that the document does not name leaves the CVE out.
func add(doc intel.Document, r *intel.Record, u *intel.Update, id string) error {
	switch {
	case u.Product == "":
		return doc.Odd("%s: product %.40q is not in the product tree", r.Source, id)
	case len(r.Updates) == maxUpdates:
		return doc.Odd("%s: more than %d updates: %w", r.Source, maxUpdates, intel.ErrTooLarge)
	case !isDistribution(u.Product):
		r.Updates = append(r.Updates, *u)
	}
	return nil
}

// cve returns the id of a record's CVE; "" if it has none.
func cve(r *intel.Record) string {
	if intel.IsCVE(r.Source) {
		return r.Source
	}
	return ""
}

// factsOf returns what is said of a CVE itself. cna is who assigned it, status a list of facts such as
// "Publicly Disclosed:No;Exploited:Yes".
func factsOf(r *intel.Record, title, cna, status string) *intel.CVE {
	if cve(r) == "" {
		return nil
	}
	c := &intel.CVE{ID: r.Source, Words: intel.Words{By: intel.ByOther, Title: title}}
	if cna == "" || cna == "Microsoft" {
		c.Words.By = intel.ByCNA
	}
	for fact := range strings.SplitSeq(status, ";") {
		if name, value, _ := strings.Cut(fact, ":"); name == "Exploited" && value == "Yes" {
			c.Exploit = intel.ExploitVerified
		}
	}
	return c
}

// buildOf reads a version; "" if a text is none, or several: "https://aka.ms/OfficeSecurityReleases",
// "2.0.50727.9183 & 4.8.4805.0".
func buildOf(text string) string {
	text = strings.TrimSpace(text)
	const longest = 40
	if len(text) > longest || strings.Trim(text, "0123456789.") != "" || !strings.Contains(text, ".") ||
		strings.HasPrefix(text, ".") || strings.HasSuffix(text, ".") || strings.Contains(text, "..") {
		return ""
	}
	return text
}

// dayAt reads a time and returns its day.
func dayAt(text string) time.Time {
	return intel.ParseTime(text).Truncate(secondsOfDay * time.Second)
}
