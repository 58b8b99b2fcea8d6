// Package photon reads what VMware publishes of the CVEs in the packages of Photon OS, a list for each release
// (https://packages.vmware.com/photon/photon_cve_metadata/).
//
//	[{"cve_id":"CVE-2023-38545","pkg":"curl","cve_score":9.8,"aff_ver":"all versions before 7.88.1-4.ph4 are vulnerable",
//	  "res_ver":"7.88.1-4.ph4","status":"Fixed"}]
//
// The release is in no field: it follows from the ends of the versions (".ph4").
package photon

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

const folder = "https://packages.vmware.com/photon/photon_cve_metadata"

// Feed is the list of a release.
type Feed struct {
	Client *http.Client
	// URL is the folder of the lists; empty for the official one.
	URL string
	// Name is the ecosystem: "Photon OS:4.0".
	Name string
}

var _ intel.Feed = Feed{}

var isRelease = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)

// Address returns the list's address; empty if the name is no release.
func (f Feed) Address() string {
	release, ok := strings.CutPrefix(f.Name, ecosystem)
	if !ok || !isRelease.MatchString(release) {
		return ""
	}
	return strings.TrimSuffix(cmp.Or(f.URL, folder), "/") + "/cve_data_photon" + release + ".json"
}

// Fetch downloads the list if it has changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	address := f.Address()
	if address == "" {
		return since, fmt.Errorf("fetching CVEs of %.80q: want a release of Photon OS (Photon OS:4.0)", f.Name)
	}
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{"cve_data_photon.json": address})
}

// maxList bounds a list, in bytes; real ones have some MB.
const maxList = 256 << 20

// Parse yields one record for each package and CVE (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry = maxList
	return intel.Decode(ctx, limits.Documents(fsys), decode)
}
