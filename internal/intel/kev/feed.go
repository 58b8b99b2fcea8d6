// Package kev reads CISA's catalog of Known Exploited Vulnerabilities: one JSON file of CVEs that
// are exploited in the wild. For an entry the CVE's exploit is verified; with known use in
// ransomware campaigns it counts as an exploit in a kit (matching.md, 3.4). The catalog names
// products in words and without versions, so it makes no statements on products.
package kev

import (
	"cmp"
	"context"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// Address is the official address of the catalog.
const Address = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"

// Feed is the catalog.
type Feed struct {
	Client *http.Client
	// URL is the catalog's address; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns where the catalog is (intel.Feed).
func (f Feed) Address() string { return cmp.Or(f.URL, Address) }

// Fetch downloads the catalog if it has changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	files := map[string]string{"known_exploited_vulnerabilities.json": f.Address()}
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, files)
}

// maxEntry bounds an entry in bytes; the largest real ones have about 2 kB.
const maxEntry = 1 << 20

// Parse yields one record per entry (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return intel.Decode(ctx, intel.Elements(fsys, "vulnerabilities", maxEntry), decode)
}

// entry has the fields of an entry that are read.
type entry struct {
	CVE         string `json:"cveID"`
	Name        string `json:"vulnerabilityName"`
	Description string `json:"shortDescription"`
	Ransomware  string `json:"knownRansomwareCampaignUse"`
	Added       string `json:"dateAdded"`
	Due         string `json:"dueDate"`
}

func decode(doc intel.Document) ([]intel.Record, error) {
	if !strings.Contains(doc.Name, "#") {
		return nil, intel.NotRecord(doc) // for example the catalog's JSON schema
	}
	var e entry
	if err := intel.Unmarshal(doc, &e); err != nil {
		return nil, err
	}
	if !intel.IsCVE(e.CVE) {
		return nil, doc.Odd("cveID %.40q: want a CVE identifier", e.CVE)
	}
	added := intel.ParseTime(e.Added)
	cve := &intel.CVE{ID: e.CVE, Exploit: intel.ExploitVerified,
		KEV: &intel.Exploited{Added: added, Due: intel.ParseTime(e.Due), Ransomware: e.Ransomware == "Known"}}
	if e.Name != "" || e.Description != "" {
		cve.Words = intel.Words{By: intel.ByOther, Title: e.Name, Description: e.Description}
	}
	if cve.KEV.Ransomware {
		cve.Exploit = intel.ExploitInKit
	}
	return []intel.Record{{Source: e.CVE, CVE: cve, Published: added, Modified: added}}, nil
}
