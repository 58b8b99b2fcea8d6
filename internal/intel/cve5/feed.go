package cve5

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// latestRelease is GitHub's description of the newest cvelistV5 release. Every release, including
// the hourly ones, has the archive of all records at midnight.
const latestRelease = "https://api.github.com/repos/CVEProject/cvelistV5/releases/latest"

// Page links to the archives of all records.
const Page = "https://github.com/CVEProject/cvelistV5/releases/latest"

// Feed is the CVE Program's list of all records.
type Feed struct {
	Client *http.Client
	// URL is the release description to start from; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns the page that links to the files (intel.Feed).
func (Feed) Address() string { return Page }

// Fetch downloads the newest archive of all records as all_CVEs.zip.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	url := cmp.Or(f.URL, latestRelease)
	source := intel.Download{Client: f.Client}
	release, err := source.Bytes(ctx, url)
	if err != nil {
		return since, err
	}
	archive, sums, err := archiveOf(release)
	if err != nil {
		return since, fmt.Errorf("release description %q: %w", url, err)
	}
	source.Sums = func(context.Context, string, string) ([]intel.Sum, error) { return sums, nil }
	return source.Files(ctx, dst, since, map[string]string{"all_CVEs.zip": archive})
}

// archiveOf finds the address of the archive of all records, and the hash that GitHub names for it ("sha256:…", since
// June 2025).
func archiveOf(release []byte) (address string, sums []intel.Sum, err error) {
	var description struct {
		Assets []struct {
			Name   string `json:"name"`
			URL    string `json:"browser_download_url"`
			Digest string `json:"digest"`
		} `json:"assets"`
	}
	if err := json.Unmarshal(release, &description); err != nil {
		return "", nil, err
	}
	for _, asset := range description.Assets {
		if !strings.Contains(asset.Name, "_all_CVEs_at_midnight") {
			continue
		}
		if digits, ok := strings.CutPrefix(asset.Digest, "sha256:"); ok {
			sum, err := intel.SHA256(digits)
			if err != nil {
				return "", nil, fmt.Errorf("digest of %q: %w", asset.Name, err)
			}
			sums = append(sums, sum)
		}
		return asset.URL, sums, nil
	}
	return "", nil, fmt.Errorf("none of %d assets is the archive of all records", len(description.Assets))
}

// isOther reports whether a document is not a record: the archive contains indexes of changes,
// which are its longest files.
func isOther(name string) bool { return !strings.HasPrefix(path.Base(name), "CVE-") }

// Parse yields one record for each published or rejected CVE (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry, limits.Skip = maxRecord, isOther
	return intel.Decode(ctx, limits.Documents(fsys), decode)
}
