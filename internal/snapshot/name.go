package snapshot

import (
	"fmt"
	"time"

	"github.com/muster-project/muster/defender"
)

// Naming says where the files of one range's attempt lie. All names follow
// from it, so that the files of a dead attempt can be found without a search.
type Naming struct {
	Organization string
	// Begun is the generation's time: it gives the path's day and minute.
	Begun   time.Time
	Group   int64
	Ordinal int
	// Attempt is the attempt's UUID.
	Attempt string
}

// part is the name of a part, in the form of contract.md, section 5:
// organization/flat-va/YYYY-MM-DD/HHMM/json/_RbacGroupId=n/part-00000-uuid.c000.json.gz.
func (n Naming) part(d defender.Dataset, delta bool) string {
	return fmt.Sprintf("%s/%s/%s/json/_RbacGroupId=%d/part-%05d-%s.c000.json.gz",
		n.Organization, d.Folder(delta), n.Begun.UTC().Format("2006-01-02/1504"), n.Group, n.Ordinal, n.Attempt)
}

// sheet is the name of the sheet.
func (n Naming) sheet() string {
	return fmt.Sprintf("%s/sheet/%s/%d/sheet-%05d-%s",
		n.Organization, n.Begun.UTC().Format("2006-01-02/1504"), n.Group, n.Ordinal, n.Attempt)
}

// Names lists every file the attempt may have made.
func (n Naming) Names() []string {
	names := []string{n.sheet()}
	for d := range defender.Dataset(defender.DatasetCount) {
		names = append(names, n.part(d, false), n.part(d, true))
	}
	return names
}

// ManifestName is the name of a manifest: id is a UUID, so that two runs that
// finish the same generation never write the same file.
func ManifestName(organization string, number int64, id string) string {
	return fmt.Sprintf("%s/%08d-%s.json", manifestFolder(organization), number, id)
}

func manifestFolder(organization string) string { return organization + "/manifest" }
