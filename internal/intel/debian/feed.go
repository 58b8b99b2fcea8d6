// Package debian reads the list of Debian's security tracker: of each source package and each CVE what is known in
// each release (https://security-tracker.debian.org/tracker/data/json).
//
//	{"sope":{"CVE-2025-53603":{"description":"…","releases":{"bookworm":{"status":"resolved",
//	  "repositories":{"bookworm":"5.8.0-1"},"fixed_version":"5.8.0-1+deb12u1","urgency":"not yet assigned"}}}}}
//
// It has what OSV's copy lacks: why there is no fix, that a release is not affected, and that nobody knows yet. It
// has no names of advisories (DSA, DLA), which are in OSV's. What it says counts in place of the copy
// (matching.md, 3.2; doc/decision/0121).
package debian

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io/fs"
	"iter"
	"net/http"
	"os"

	"github.com/muster-project/muster/internal/intel"
)

// Address is the list's official address.
const Address = "https://security-tracker.debian.org/tracker/data/json"

// fileName is the name of the list once fetched.
const fileName = "debian.json"

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
	return intel.Download{Client: f.Client}.Files(ctx, dst, since,
		map[string]string{fileName: f.Address()})
}

// maxIssue bounds what is said of a CVE in a package, in bytes; real ones have a few kB.
const maxIssue = 1 << 20

// Parse yields one record for each source package and CVE (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return intel.Decode(ctx, intel.Members(fsys, 2, maxIssue), decode)
}

// IsBeginning reports whether a JSON text begins as the list does: an object of packages, each an object of CVEs,
// each with its releases.
func IsBeginning(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	for _, want := range [...]func(json.Token) bool{isObject, isName, isObject, isIssue, isObject} {
		if token, err := d.Token(); err != nil || !want(token) {
			return false
		}
	}
	for d.More() {
		key, err := d.Token()
		if err != nil || key == "releases" {
			return err == nil
		}
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return false
		}
	}
	return false
}

func isObject(t json.Token) bool { return t == json.Delim('{') }

func isName(t json.Token) bool {
	_, ok := t.(string)
	return ok
}

func isIssue(t json.Token) bool {
	name, _ := t.(string)
	return intel.IsCVE(name) || isTemporary(name)
}
