package csaf

import (
	"context"
	"io/fs"
	"iter"
	"net/http"

	"github.com/muster-project/muster/internal/intel"
)

// Feed is Red Hat's documents of one category.
type Feed struct {
	Client *http.Client
	// URL is the folder of the documents; empty for the official one.
	URL string
	// Name is Advisories; any other means VEX.
	Name string
}

var _ intel.Feed = Feed{}

// The limits of the documents: an archive has 60,000, which inflate to more than 20 GB.
const (
	maxEntries = 1_000_000
	maxTotal   = 128 << 30
	maxRatio   = 1000
)

// Parse yields one record for each CVE of a document that says something about Red Hat Enterprise Linux (intel.Feed).
// A document beside an archive takes the place of the one of the same name in it, and those that a list of
// deletions names are left out.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.Limits{Entries: maxEntries, Entry: maxDocument, Total: maxTotal, Ratio: maxRatio}
	return func(yield func(intel.Record, error) bool) {
		skip, err := replaced(fsys)
		if err != nil {
			yield(intel.Record{}, err)
			return
		}
		limits.Skip = skip
		intel.Decode(ctx, limits.Documents(fsys), decode)(yield)
	}
}
