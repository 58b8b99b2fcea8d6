// Package sofa reads SOFA, the list of Apple's releases of macOS that Mac administrators publish
// (https://sofa.macadmins.io): for each major version its security releases, each with its version, its
// day, Apple's article about it, and the CVEs that it fixes.
//
// Both published forms are read. They differ in what a CVE's name leads to, which is not needed:
//
//	{"OSVersions":[{"OSVersion":"Sequoia 15","SecurityReleases":[{"UpdateName":"macOS Sequoia 15.7.9",
//	  "ProductVersion":"15.7.9","ReleaseDate":"2026-08-06T00:00:00Z","SecurityInfo":"https://support.apple.com/en-us/148171",
//	  "CVEs":{"CVE-2026-65400":true},"ActivelyExploitedCVEs":["CVE-2026-65400"]}]}]}
//
// A major version is a product of its own (subject.MacOSLine), as releases of Windows are: what was fixed in
// one says nothing about another (matching.md, 3.2).
package sofa

import (
	"context"
	"io/fs"
	"iter"
	"net/http"

	"github.com/muster-project/muster/internal/intel"
)

// Address is the official address of the releases of macOS, in the second form. The first one is
// https://sofafeed.macadmins.io/v1/macos_data_feed.json.
const Address = "https://sofafeed.macadmins.io/v2/macos_data_feed.json"

// Feed is the list of releases.
type Feed struct {
	Client *http.Client
	// URL is the list's address; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// maxLine bounds a major version with its releases, in bytes; real ones have about 100 kB.
const maxLine = 8 << 20

// Parse yields one record for each CVE that a release fixes (intel.Feed). A list of the releases of another
// system has none.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return intel.Decode(ctx, intel.Elements(fsys, "OSVersions", maxLine), decode)
}
