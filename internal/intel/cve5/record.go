package cve5

import (
	"encoding/json"

	"github.com/muster-project/muster/internal/intel"
)

// record has the fields of a CVE record that are read.
type record struct {
	Metadata struct {
		ID        string `json:"cveId"`
		State     string `json:"state"`
		Assigner  string `json:"assignerShortName"`
		Published string `json:"datePublished"`
		Updated   string `json:"dateUpdated"`
	} `json:"cveMetadata"`
	Containers struct {
		CNA container   `json:"cna"`
		ADP []container `json:"adp"`
	} `json:"containers"`

	absurd error // what was left out of the record
}

// container is one publisher's statement.
type container struct {
	Title        string        `json:"title"`
	Affected     []product     `json:"affected"`
	Metrics      []metric      `json:"metrics"`
	References   []reference   `json:"references"`
	Descriptions []description `json:"descriptions"`
}

// description is a text in one language, by its tag (BCP 47).
type description struct {
	Language string `json:"lang"`
	Value    string `json:"value"`
}

// product is one entry of an affected list.
type product struct {
	Vendor        string    `json:"vendor"`
	Product       string    `json:"product"`
	PackageName   string    `json:"packageName"`
	CollectionURL string    `json:"collectionURL"`
	PackageURL    string    `json:"packageURL"`
	CPEs          []string  `json:"cpes"`
	Platforms     []string  `json:"platforms"`
	DefaultStatus string    `json:"defaultStatus"`
	Versions      []version `json:"versions"`

	required []intel.Platform // from Platforms, set by readPlatforms
}

// version is one item of a versions list: one version, or a range from it.
type version struct {
	Version         string   `json:"version"`
	Status          string   `json:"status"`
	Type            string   `json:"versionType"`
	LessThan        string   `json:"lessThan"`
	LessThanOrEqual string   `json:"lessThanOrEqual"`
	Changes         []change `json:"changes"`

	begun bool // Version is where a branch begins: of an assigner's habit, not of the record (mend)
}

// change changes the status inside a range, from one version on.
type change struct {
	At     string `json:"at"`
	Status string `json:"status"`
}

// metric is one score, or a statement of another kind.
type metric struct {
	V31   vector `json:"cvssV3_1"`
	V30   vector `json:"cvssV3_0"`
	V40   vector `json:"cvssV4_0"`
	V20   vector `json:"cvssV2_0"`
	Other struct {
		Type    string          `json:"type"`
		Content json.RawMessage `json:"content"`
	} `json:"other"`
}

type vector struct {
	Vector string `json:"vectorString"`
}

type reference struct {
	URL  string   `json:"url"`
	Tags []string `json:"tags"`
}

// known is the content of a metric of type "kev": CISA's note that the CVE is in its catalog.
type known struct {
	Added string `json:"dateAdded"`
}

// ssvc is the content of a metric of type "ssvc".
type ssvc struct {
	Options []struct {
		Exploitation string `json:"Exploitation"`
	} `json:"options"`
}

// The values of state, status and defaultStatus.
const (
	published  = "PUBLISHED"
	rejected   = "REJECTED"
	affected   = "affected"
	unaffected = "unaffected"
)
