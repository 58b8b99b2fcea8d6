// Package nuclei reads the index of the templates of nuclei that are about CVEs (cves.json of
// https://github.com/projectdiscovery/nuclei-templates): one JSON object a line.
//
//	{"ID":"CVE-2021-44228","Info":{"Name":"…",…},"file_path":"http/cves/2021/CVE-2021-44228.yaml"}
//
// A template uses a weakness on a running system to show that it is there. So the exploit is verified
// (matching.md, 3.4).
package nuclei

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// Address is the official address of the index.
const Address = "https://raw.githubusercontent.com/projectdiscovery/nuclei-templates/main/cves.json"

// templates begins the addresses of templates.
const templates = "https://github.com/projectdiscovery/nuclei-templates/blob/main/"

// Feed is the index.
type Feed struct {
	Client *http.Client
	// URL is the index's address; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns where the index is (intel.Feed).
func (f Feed) Address() string { return cmp.Or(f.URL, Address) }

// Fetch downloads the index if it has changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{"cves.json": f.Address()})
}

// maxIndex bounds the index, in bytes; it had 2 MB in 2026.
const maxIndex = 128 << 20

// Parse yields one record for each template (intel.Feed). Documents that are no index are passed over.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry = maxIndex
	return intel.Decode(ctx, intel.Parts(limits.Documents(fsys), lines), decode)
}

// lines yields the lines of an index.
func lines(doc intel.Document) (iter.Seq2[intel.Document, error], bool) {
	return func(yield func(intel.Document, error) bool) {
		n := 0
		for line := range bytes.Lines(bytes.TrimPrefix(doc.Data, []byte("\ufeff"))) {
			n++
			line = bytes.TrimSpace(line)
			if len(line) > 0 && !yield(intel.Document{Name: fmt.Sprintf("%s#%d", doc.Name, n), Data: line}, nil) {
				return
			}
		}
	}, isIndex(doc.Data)
}

// template has the members of a line that are read.
type template struct {
	ID   string `json:"ID"`
	Info *struct {
		Name string `json:"Name"`
	} `json:"Info"`
	Path string `json:"file_path"`
}

// isIndex reports whether a text begins with a line of the index.
func isIndex(text []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \r\n"), []byte("\n"))
	var t template
	return json.Unmarshal(line, &t) == nil && t.ID != "" && t.Info != nil && t.Path != ""
}

func decode(doc intel.Document) ([]intel.Record, error) {
	if !strings.Contains(doc.Name, "#") {
		return nil, intel.NotRecord(doc)
	}
	var t template
	if err := intel.Unmarshal(doc, &t); err != nil {
		return nil, err
	}
	id := strings.ToUpper(t.ID)
	switch {
	case !intel.IsCVE(id):
		return nil, doc.Odd("ID %.40q: want a CVE identifier", t.ID)
	case t.Path == "":
		return nil, doc.Odd("no file_path: there is no template")
	}
	words := intel.Words{By: intel.ByOther, ExploitURLs: []string{templates + t.Path}}
	return []intel.Record{{Source: id, CVE: &intel.CVE{ID: id, Exploit: intel.ExploitVerified, Words: words}}}, nil
}
