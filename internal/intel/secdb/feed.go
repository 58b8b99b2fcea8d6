// Package secdb reads lists of security fixes as Alpine publishes them, and as Wolfi and Chainguard do after it: of
// each repository of packages a document that names, of each package, the version in which a flaw was fixed.
//
//	{"reponame":"main","urlprefix":"https://dl-cdn.alpinelinux.org/alpine","distroversion":"v3.15","packages":[
//	  {"pkg":{"name":"zlib","secfixes":{"1.2.12-r0":["CVE-2018-25032"],"0":["CVE-2022-1"]}}}]}
//
// Version 0 means that the package was never affected. Alpine's old branches are YAML. What is not fixed is in
// neither. What a list says counts in place of OSV's copy (matching.md, 3.2; doc/decision/0121).
package secdb

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// Feed is the lists of one publisher, of Alpine for one release.
type Feed struct {
	Client *http.Client
	// URL is the folder of the lists; empty for the official one.
	URL string
	// Name is the ecosystem: "Alpine:v3.20", "Wolfi" or "Chainguard".
	Name string
}

var _ intel.Feed = Feed{}

// lists returns the folder in which a publisher has its lists, and their paths there.
func (f Feed) lists() (folder string, paths []string) {
	base, branch, _ := strings.Cut(f.Name, ":")
	switch {
	case base == alpine && isBranch.MatchString(branch):
		folder, paths = "https://secdb.alpinelinux.org", []string{branch + "/main.json", branch + "/community.json"}
		if oneRepository.MatchString(branch) {
			paths = paths[:1]
		}
	case f.Name == wolfi:
		folder, paths = "https://packages.wolfi.dev", []string{"os/security.json"}
	case f.Name == chainguard:
		folder, paths = "https://packages.cgr.dev", []string{"chainguard/security.json"}
	}
	return strings.TrimSuffix(cmp.Or(f.URL, folder), "/"), paths
}

// oneRepository is a release from before the second repository.
var oneRepository = regexp.MustCompile(`^v(2\.[0-9]+|3\.[0-2])$`)

// Address returns the address of the first list; empty if nobody publishes lists of that name.
func (f Feed) Address() string {
	folder, paths := f.lists()
	if len(paths) == 0 {
		return ""
	}
	return folder + "/" + paths[0]
}

// Fetch downloads the lists that have changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	folder, paths := f.lists()
	if len(paths) == 0 {
		return since, fmt.Errorf("fetching fixes of %.80q: want Alpine with a branch (Alpine:v3.20), Wolfi or Chainguard", f.Name)
	}
	addresses := map[string]string{}
	for _, path := range paths {
		addresses[path[strings.LastIndexByte(path, '/')+1:]] = folder + "/" + path
	}
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, addresses)
}

// maxPackage bounds a package with its fixes, in bytes; real ones have some 10 kB. maxList bounds a list in YAML.
const maxPackage, maxList = 8 << 20, 16 << 20

// Parse yields one record for each flaw that was fixed in a package (intel.Feed). Of a release of Alpine of which
// one of the two repositories is missing an error says so.
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry = maxList
	documents := func(yield func(intel.Document, error) bool) {
		for _, all := range [...]iter.Seq2[intel.Document, error]{
			intel.Elements(fsys, "packages", maxPackage), limits.YAML(fsys),
		} {
			for doc, err := range all {
				if !yield(doc, err) {
					return
				}
			}
		}
	}
	return func(yield func(intel.Record, error) bool) {
		seen := map[string]map[string]bool{} // repositories, by branch of Alpine
		for r, err := range intel.Decode(ctx, documents, decode) {
			if l := r.Listing; err == nil && l != nil && l.Branch != "" {
				if seen[l.Branch] == nil {
					seen[l.Branch] = map[string]bool{}
				}
				seen[l.Branch][l.Repository] = true
			}
			if !yield(r, err) {
				return
			}
		}
		for _, branch := range slices.Sorted(maps.Keys(seen)) {
			if missing := lacking(branch, seen[branch]); missing != "" && !yield(intel.Record{}, missed(branch, missing)) {
				return
			}
		}
	}
}

// lacking returns the repository of a release of Alpine that was not seen; empty if there is none.
func lacking(branch string, seen map[string]bool) string {
	for _, name := range [...]string{"main", "community"} {
		if !seen[name] && !(name == "community" && oneRepository.MatchString(branch)) {
			return name
		}
	}
	return ""
}

func missed(branch, repository string) error {
	return &intel.RecordError{Source: alpine + ":" + branch + "/" + repository,
		Err: fmt.Errorf("the list of the repository is not among the files: nothing is known of its packages")}
}
