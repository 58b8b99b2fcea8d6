// Package epss reads the scores of the Exploit Prediction Scoring System, which FIRST publishes every
// day: for each CVE how likely it is that exploitation is seen in the next 30 days
// (https://www.first.org/epss/data_stats). A score judges no software; it says what to mend first.
//
// The file is a list of lines: a comment with the version of the model and the day, the names of the
// columns, and a line for each CVE.
//
//	#model_version:v2026.06.15,score_date:2026-08-16T00:00:00Z
//	cve,epss,percentile
//	CVE-1999-0001,0.03351,0.8765
//
// Files of before February 2022 have no comment, and the first ones no percentile.
package epss

import (
	"cmp"
	"context"
	"io/fs"
	"iter"
	"net/http"
	"os"

	"github.com/muster-project/muster/internal/intel"
)

// Address is the official address of the newest scores.
const Address = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"

// Feed is the list of scores.
type Feed struct {
	Client *http.Client
	// URL is the list's address; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns where the list is (intel.Feed).
func (f Feed) Address() string { return cmp.Or(f.URL, Address) }

// Fetch downloads the newest scores if they have changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	files := map[string]string{"epss_scores-current.csv.gz": f.Address()}
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, files)
}

// Parse yields one record per score (intel.Feed). Files that are no list of scores are passed over.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return func(yield func(intel.Record, error) bool) {
		p := parser{yield: yield}
		for line, err := range intel.DefaultLimits().Lines(fsys, maxLine) {
			if err == nil {
				err = ctx.Err()
			}
			if !p.next(&line, err) {
				return
			}
		}
		p.end()
	}
}
