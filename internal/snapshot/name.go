package snapshot

import (
	"fmt"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
)

// Naming determines the names of all files of one attempt at a range, so that the files of a dead
// attempt can be found without a search.
type Naming struct {
	Organization string
	// Begun is the generation's time: it gives the day and minute in the path.
	Begun   time.Time
	Group   int64
	Ordinal int
	// Attempt is the attempt's UUID.
	Attempt string
}

// part is the name of a part, in the form of contract.md, section 5:
// organization/flat-va/YYYY-MM-DD/HHMM/json/_RbacGroupId=n/part-00000-uuid.c000.json.gz.
func (n Naming) part(d defender.Dataset, delta bool) string {
	return fmt.Sprintf("%s/%s/%s/json/_RbacGroupId=%d/part-%05d-%s"+partSuffix,
		n.Organization, d.Folder(delta), n.Begun.UTC().Format(minuteFolder), n.Group, n.Ordinal, n.Attempt)
}

// sheet is the name of the sheet.
func (n Naming) sheet() string {
	return fmt.Sprintf("%s/sheet/%s/%d/sheet-%05d-%s",
		n.Organization, n.Begun.UTC().Format(minuteFolder), n.Group, n.Ordinal, n.Attempt)
}

// projection is the name of the projection.
func (n Naming) projection() string {
	return fmt.Sprintf("%s/projection/%s/%d/projection-%05d-%s",
		n.Organization, n.Begun.UTC().Format(minuteFolder), n.Group, n.Ordinal, n.Attempt)
}

// index is the name of the index.
func (n Naming) index() string {
	return fmt.Sprintf("%s/index/%s/%d/index-%05d-%s",
		n.Organization, n.Begun.UTC().Format(minuteFolder), n.Group, n.Ordinal, n.Attempt)
}

// partSuffix is the end of the name of every part.
const partSuffix = ".c000.json.gz"

// minuteFolder is the part of a name with the time at which a generation began.
const minuteFolder = "2006-01-02/1504"

// parseIndexName returns the naming that gives an index its name.
func parseIndexName(name string) (n Naming, ok bool) {
	e := strings.Split(name, "/")
	if len(e) != 6 {
		return n, false
	}
	begun, err := time.Parse(minuteFolder, e[2]+"/"+e[3])
	_, scanErr := fmt.Sscanf(e[4]+" "+e[5], "%d index-%05d-%s", &n.Group, &n.Ordinal, &n.Attempt)
	n.Organization, n.Begun = e[0], begun
	return n, err == nil && scanErr == nil && n.index() == name
}

// besideIndex lists the files for which an index with a name may have been written.
func besideIndex(name string) (files []File) {
	n, ok := parseIndexName(name)
	if !ok {
		return nil
	}
	files = append(files, File{Path: n.sheet()}, File{Path: n.projection()})
	for d := range defender.Dataset(defender.DatasetCount) {
		files = append(files, File{Path: n.part(d, false)})
	}
	return files
}

// Names lists every file that the attempt may have made.
func (n Naming) Names() []string {
	names := []string{n.sheet(), n.projection(), n.index()}
	for d := range defender.Dataset(defender.DatasetCount) {
		names = append(names, n.part(d, false), n.part(d, true))
	}
	return names
}

// ManifestName returns the name of a manifest. id is a UUID, so that two runs that finish the same
// generation never write the same file.
func ManifestName(organization string, number int64, id string) string {
	return fmt.Sprintf("%s/%08d-%s%s", manifestFolder(organization), number, id, manifestSuffix)
}

// The suffixes of a manifest, its deltas, its summary, and a manifest of version 1.
const (
	manifestSuffix   = ".manifest"
	deltasSuffix     = ".deltas"
	summarySuffix    = ".summary"
	manifestV1Suffix = ".json"
)

// ManifestFiles lists a manifest and the files that may belong to it: they are kept until the
// snapshot is forgotten.
func ManifestFiles(manifest string) []string {
	return []string{manifest, deltasName(manifest), SummaryName(manifest)}
}

// ManifestNames lists every file that an attempt at a manifest may have made.
func ManifestNames(organization string, number int64, id string) []string {
	name := ManifestName(organization, number, id)
	return append(ManifestFiles(name), strings.TrimSuffix(name, manifestSuffix)+manifestV1Suffix)
}

// deltasName returns the name of the file of deltas for a manifest.
func deltasName(manifest string) string {
	return strings.TrimSuffix(manifest, manifestSuffix) + deltasSuffix
}

// SummaryName returns the name of the summary for a manifest (package answer). No manifest names it: it
// is derived from projections, and made again where it is missing.
func SummaryName(manifest string) string {
	return strings.TrimSuffix(manifest, manifestSuffix) + summarySuffix
}

func manifestFolder(organization string) string { return organization + "/manifest" }
