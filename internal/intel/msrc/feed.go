// Package msrc reads what Microsoft's Security Response Center says of updates: which update, by the number of
// its KB article, first fixes a CVE in which product, and which updates it replaces. The records judge nothing by
// themselves (intel.Update): fixed builds are in CVE records, and whoever joins both knows what a device lacks.
//
// One form is read today, told by its content: the definitions of WES-NG (https://github.com/bitsadmin/wesng), lists
// of lines in a zip, made of all that Microsoft published since 2008 (definition.go, collect.go).
//
// Products keep Microsoft's words, with one blank between words. Rows on CBL-Mariner and Azure Linux are left out:
// these are packages of a distribution, which its own advisories judge.
package msrc

import (
	"cmp"
	"context"
	"io/fs"
	"iter"
	"net/http"
	"os"

	"github.com/muster-project/muster/internal/intel"
)

// Address is where WES-NG publishes its definitions.
const Address = "https://raw.githubusercontent.com/bitsadmin/wesng/master/definitions.zip"

// Feed is Microsoft's updates.
type Feed struct {
	Client *http.Client
	// URL is the definitions' address; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// Fetch downloads the definitions if they have changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{"definitions.zip": cmp.Or(f.URL, Address)})
}

// Parse yields a record for each CVE, and for each update without one (intel.Feed). The records of lists
// do not depend on the order of their rows.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return func(yield func(intel.Record, error) bool) { definitions(ctx, fsys, yield) }
}
