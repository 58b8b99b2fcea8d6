// Package osv reads advisories in the Open Source Vulnerability format, one
// archive an ecosystem: Linux distributions (AlmaLinux:9, Debian:12,
// Ubuntu:22.04:LTS) and language packages (Go, npm, PyPI). An advisory says for
// each package of the ecosystem which of its versions are affected, in the
// ecosystem's own order of versions (matching.md, 3.2).
//
// Ranges of commits (GIT) are not read, nor are the CPEs some databases add:
// advisories are matched by package and by nothing else.
package osv

import (
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

// Feed is the advisories of one ecosystem.
type Feed struct {
	Client *http.Client
	// URL is the folder of the ecosystems; empty for the official one.
	URL string
	// Ecosystem is what Fetch asks for ("AlmaLinux:9"); Parse reads any.
	Ecosystem string
}

var _ intel.Feed = Feed{}

var errNoEcosystem = errors.New("fetching OSV advisories: no ecosystem is given")

// Fetch downloads the ecosystem's archive if it has changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	if f.Ecosystem == "" {
		return since, errNoEcosystem
	}
	base := f.URL
	if base == "" {
		base = official
	}
	address := strings.TrimSuffix(base, "/") + "/" + url.PathEscape(f.Ecosystem) + "/all.zip"
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{"all.zip": address})
}

// maxAdvisory bounds one advisory; the longest real ones have some 3 MB.
const maxAdvisory = 32 << 20

// Parse yields one record an advisory that was not withdrawn (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry = maxAdvisory
	return intel.Decode(ctx, limits.Documents(fsys), decode)
}
