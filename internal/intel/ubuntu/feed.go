// Package ubuntu reads what Canonical says of each CVE in the form of OpenVEX, one document a CVE
// (https://documentation.ubuntu.com/security/security-updates/vex/): which packages of which releases are affected,
// and why they are not fixed, are not affected, or are not assessed yet.
//
//	{"@context":"https://openvex.dev/ns/v0.2.0","author":"Canonical Ltd.","statements":[
//	  {"vulnerability":{"name":"CVE-2023-38545"},"timestamp":"2023-10-11T06:00:00Z","products":[
//	    {"@id":"pkg:deb/ubuntu/curl@7.47.0-1ubuntu2.19?arch=source&distro=xenial"}],
//	   "status":"affected","action_statement":"This package (for the given release) is no longer supported. …"}]}
//
// Versions are those that a release has now, and not those that were the first with a fix. So a product that is
// fixed makes no statement here: OSV's documents of the same publisher say in which version.
package ubuntu

import (
	"cmp"
	"context"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// Address is the archive of Canonical's repository of notices, which has the documents. The other official place
// (https://security-metadata.canonical.com/vex/) packs them with xz, which muster does not read.
const Address = "https://github.com/canonical/ubuntu-security-notices/archive/refs/heads/main.tar.gz"

// fileName is the name of the archive once fetched.
const fileName = "ubuntu-vex.tar.gz"

// Feed is Canonical's documents.
type Feed struct {
	Client *http.Client
	// URL is the archive's address; empty for the official one.
	URL string
}

var _ intel.Feed = Feed{}

// Address returns where the archive is (intel.Feed).
func (f Feed) Address() string { return cmp.Or(f.URL, Address) }

// Fetch downloads the archive if it has changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{fileName: f.Address()})
}

// The limits of an archive, which has 80,000 documents beside as many in OSV's form.
const (
	maxEntries = 4_000_000
	maxTotal   = 128 << 30
	maxRatio   = 1000
)

// Parse yields a record for each CVE of which a document says something that counts (intel.Feed). What lies beside
// the documents in the repository, in OSV's form, is passed over, and so are the documents of notices, which say
// only what is fixed.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.Limits{Entries: maxEntries, Entry: maxDocument, Total: maxTotal, Ratio: maxRatio, Skip: isBeside}
	return intel.Decode(ctx, limits.Documents(fsys), decode)
}

// isBeside reports whether an entry of an archive is none of a CVE, by its folder.
func isBeside(name string) bool {
	file, in, ok := strings.Cut(name, "/")
	if !ok || !intel.IsArchive(file) {
		return false
	}
	return strings.Contains(in, "/osv/") || strings.Contains("/"+in, "/usn/")
}
