// Package osv reads advisories in the Open Source Vulnerability format, one archive per ecosystem:
// Linux distributions (AlmaLinux:9, Debian:12, Ubuntu:22.04:LTS) and language packages (Go, npm,
// PyPI). An advisory lists the affected versions of packages, in the ecosystem's own order of
// versions (matching.md, 3.2).
//
// Ranges of commits (GIT) and CPEs, which some databases add, are ignored: advisories are only
// matched by package.
package osv

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

const official = "https://storage.googleapis.com/osv-vulnerabilities"

// Feed fetches and parses the advisories of one ecosystem.
type Feed struct {
	Client *http.Client
	// URL is the folder of the ecosystems; empty for the official one.
	URL string
	// Ecosystem is the one that Fetch requests ("AlmaLinux:9"); Parse reads any.
	Ecosystem string
}

var _ intel.Feed = Feed{}

var errNoEcosystem = errors.New("fetching OSV advisories: no ecosystem given")

// Fetch downloads the ecosystem's archive if it has changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	if f.Ecosystem == "" {
		return since, errNoEcosystem
	}
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{"all.zip": f.Address()})
}

// Address returns the address of the ecosystem's archive. The official one is that of all releases:
// "OSV.dev has stopped exporting entries for ecosystems with prefixes"
// (https://google.github.io/osv.dev/data/). A mirror may have more.
func (f Feed) Address() string {
	name := f.Ecosystem
	if f.URL == "" {
		name, _, _ = strings.Cut(name, ":")
	}
	return strings.TrimSuffix(cmp.Or(f.URL, official), "/") + "/" + url.PathEscape(name) + "/all.zip"
}

// maxAdvisory bounds one advisory in bytes; the largest real ones have about 3 MB.
const maxAdvisory = 32 << 20

// Parse yields one record per advisory that was not withdrawn (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry = maxAdvisory
	return intel.Decode(ctx, limits.Documents(fsys), decode)
}
