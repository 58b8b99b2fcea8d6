// Package eol reads endoflife.date, API v1: when support of a product's release lines ends. It
// reads each product's identifiers, by which it is found, and its release cycles (matching.md,
// 3.4). The source writes a CPE in full, cut off after the product, or as an old URI; all three
// name the same pair.
package eol

import (
	"cmp"
	"context"
	"io/fs"
	"iter"
	"net/http"
	"os"

	"github.com/muster-project/muster/internal/intel"
)

// Address is the official address of all products with details.
const Address = "https://endoflife.date/api/v1/products/full"

// Feed is endoflife.date.
type Feed struct {
	Client *http.Client
	// URL is the address of all products with details; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns where the list of all products is (intel.Feed).
func (f Feed) Address() string { return cmp.Or(f.URL, Address) }

// Fetch downloads all products if they have changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{"products-full.json": f.Address()})
}

// maxProduct bounds a product in bytes; the largest real ones have about 100 kB.
const maxProduct = 4 << 20

// Parse yields one record per product (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return intel.Decode(ctx, intel.Elements(fsys, "result", maxProduct), decode)
}
