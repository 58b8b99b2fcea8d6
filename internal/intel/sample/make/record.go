package main

// record has the facts of a CVE record, format 5, that the sample keeps.
type record struct {
	DataType    string `json:"dataType"`
	DataVersion string `json:"dataVersion"`
	Metadata    struct {
		ID        string `json:"cveId"`
		State     string `json:"state"`
		Assigner  string `json:"assignerShortName,omitempty"`
		Published string `json:"datePublished,omitempty"`
	} `json:"cveMetadata"`
	Containers struct {
		CNA container   `json:"cna"`
		ADP []container `json:"adp,omitempty"`
	} `json:"containers"`
}

type container struct {
	Affected   []product   `json:"affected,omitempty"`
	Metrics    []metric    `json:"metrics,omitempty"`
	References []reference `json:"references,omitempty"`
}

type product struct {
	Vendor        string    `json:"vendor,omitempty"`
	Product       string    `json:"product,omitempty"`
	CPEs          []string  `json:"cpes,omitempty"`
	Platforms     []string  `json:"platforms,omitempty"`
	DefaultStatus string    `json:"defaultStatus,omitempty"`
	Versions      []version `json:"versions,omitempty"`
}

type version struct {
	Version         string   `json:"version"`
	Status          string   `json:"status"`
	Type            string   `json:"versionType,omitempty"`
	LessThan        string   `json:"lessThan,omitempty"`
	LessThanOrEqual string   `json:"lessThanOrEqual,omitempty"`
	Changes         []change `json:"changes,omitempty"`
}

type change struct {
	At     string `json:"at"`
	Status string `json:"status"`
}

type metric struct {
	V31   *score `json:"cvssV3_1,omitempty"`
	V30   *score `json:"cvssV3_0,omitempty"`
	V40   *score `json:"cvssV4_0,omitempty"`
	V20   *score `json:"cvssV2_0,omitempty"`
	Other *other `json:"other,omitempty"`
}

type score struct {
	Version  string  `json:"version"`
	Vector   string  `json:"vectorString"`
	Base     float64 `json:"baseScore"`
	Severity string  `json:"baseSeverity,omitempty"`
}

// other is CISA's SSVC decision or its note on the KEV catalog.
type other struct {
	Type    string `json:"type"`
	Content struct {
		Added   string   `json:"dateAdded,omitempty"`
		Options []option `json:"options,omitempty"`
	} `json:"content"`
}

type option struct {
	Exploitation string `json:"Exploitation,omitempty"`
}

// reference is kept only for its tag "exploit".
type reference struct {
	Tags []string `json:"tags"`
}
