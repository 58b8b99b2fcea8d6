package cve5

import (
	"regexp"

	"github.com/muster-project/muster/internal/intel"
)

// advisory is the address of an advisory of Mozilla's ("…/advisories/mfsa2024-51/").
var advisory = regexp.MustCompile(`^https://www\.mozilla\.org/(?:[A-Za-z-]+/)?security/advisories/(mfsa20[0-9]{2}-[0-9]{2,3})/?$`)

// nameAdvisory names Mozilla's advisory as the update of Mozilla's own statements, if the record refers to one.
// A record that refers to several does not say which of them is about which product.
func (c *container) nameAdvisory(statements []intel.Affected) {
	id := ""
	for _, r := range c.References {
		m := advisory.FindStringSubmatch(r.URL)
		switch {
		case m == nil || m[1] == id:
		case id != "":
			return
		default:
			id = m[1]
		}
	}
	for i := range statements {
		if fix := &statements[i].Fix; id != "" && fix.Available {
			fix.Title, fix.URL = id, "https://www.mozilla.org/en-US/security/advisories/"+id+"/"
		}
	}
}
