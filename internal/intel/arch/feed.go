// Package arch reads the list of Arch Linux's security tracker (https://security.archlinux.org): groups of flaws of
// packages with one state.
//
//	[{"name":"AVG-1324","packages":["glibc","lib32-glibc"],"affected":"2.38-1","fixed":"2.38-2","severity":"High",
//	  "status":"Fixed","type":"arbitrary code execution","issues":["CVE-2023-4911"],"advisories":["ASA-202310-01"]}]
package arch

import (
	"cmp"
	"context"
	"io/fs"
	"iter"
	"net/http"
	"os"

	"github.com/muster-project/muster/internal/intel"
)

// Address is the list's official address.
const Address = "https://security.archlinux.org/all.json"

// Feed is the list.
type Feed struct {
	Client *http.Client
	// URL is the list's address; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns where the list is (intel.Feed).
func (f Feed) Address() string { return cmp.Or(f.URL, Address) }

// Fetch downloads the list if it has changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{"all.json": f.Address()})
}

// maxList bounds the list, in bytes; real ones have about 1 MB.
const maxList = 64 << 20

// Parse yields one record for each group (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry = maxList
	return intel.Decode(ctx, limits.Documents(fsys), decode)
}
