package nvd

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// official is where NIST publishes one file per year, remade daily.
const official = "https://nvd.nist.gov/feeds/json/cve/2.0"

// Page links to the files.
const Page = "https://nvd.nist.gov/vuln/data-feeds"

// firstYear is the year of the oldest file, which also contains older CVEs.
const firstYear = 2002

// Feed is NVD's yearly feeds.
type Feed struct {
	Client *http.Client
	// URL is the folder of the files; empty for the official one.
	URL string
	// Now returns the current time, up to whose year there are files; nil is time.Now.
	Now func() time.Time
}

var _ intel.Feed = Feed{}

// Address returns the page that links to the files (intel.Feed).
func (Feed) Address() string { return Page }

// Fetch downloads the files of the years that have changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	base := cmp.Or(f.URL, official)
	now := time.Now
	if f.Now != nil {
		now = f.Now
	}
	files := map[string]string{}
	for year := firstYear; year <= now().UTC().Year(); year++ {
		name := fmt.Sprintf("nvdcve-2.0-%d.json.gz", year)
		files[name] = strings.TrimSuffix(base, "/") + "/" + name
	}
	plain := intel.Download{Client: f.Client}
	return intel.Download{Client: f.Client, Sums: func(ctx context.Context, _, address string) ([]intel.Sum, error) {
		return sumsIn(ctx, plain, strings.TrimSuffix(address, ".json.gz")+".meta")
	}}.Files(ctx, dst, since, files)
}

// sumsIn reads the text that NVD has beside each file: lines of "name:value", of which sha256 is that of the file when
// it is unpacked (https://nvd.nist.gov/vuln/data-feeds, "META files"). There is none at a mirror without it.
func sumsIn(ctx context.Context, d intel.Download, address string) ([]intel.Sum, error) {
	text, err := d.Beside(ctx, address)
	if err != nil || text == "" {
		return nil, err
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if !strings.EqualFold(name, "sha256") {
			continue
		}
		sum, err := intel.SHA256(value)
		if err != nil {
			return nil, fmt.Errorf("fetching %q: %w", address, err)
		}
		sum.Unpacked = true
		return []intel.Sum{sum}, nil
	}
	return nil, fmt.Errorf("fetching %q: it has no SHA-256", address)
}

// Parse yields one record per CVE (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return intel.Decode(ctx, intel.Elements(fsys, "vulnerabilities", maxRecord), decode)
}
