package nvd

// record has the fields of an NVD record that are read. Overrides have only the configurations,
// and the id in their annotation.
type record struct {
	CVE struct {
		ID             string          `json:"id"`
		Status         string          `json:"vulnStatus"`
		Published      string          `json:"published"`
		Modified       string          `json:"lastModified"`
		ExploitAdded   string          `json:"cisaExploitAdd"`
		ActionDue      string          `json:"cisaActionDue"`
		ExploitName    string          `json:"cisaVulnerabilityName"`
		Descriptions   []description   `json:"descriptions"`
		Metrics        metrics         `json:"metrics"`
		References     []reference     `json:"references"`
		Configurations []configuration `json:"configurations"`
	} `json:"cve"`
	Annotation struct {
		ID        string `json:"cve_id"`
		Published string `json:"published"`
		Modified  string `json:"modified"`
	} `json:"_annotation"`
}

type metrics struct {
	V31  []metric `json:"cvssMetricV31"`
	V30  []metric `json:"cvssMetricV30"`
	V40  []metric `json:"cvssMetricV40"`
	V2   []metric `json:"cvssMetricV2"`
	SSVC []struct {
		Data struct {
			Options []struct {
				Exploitation string `json:"exploitation"`
			} `json:"options"`
		} `json:"ssvcData"`
	} `json:"ssvcV203"`
}

type metric struct {
	Source string `json:"source"`
	Data   struct {
		Vector string `json:"vectorString"`
	} `json:"cvssData"`
}

// description is a text in one language.
type description struct {
	Language string `json:"lang"`
	Value    string `json:"value"`
}

type reference struct {
	URL  string   `json:"url"`
	Tags []string `json:"tags"`
}

// configuration joins nodes by its operator; empty is OR.
type configuration struct {
	Operator string `json:"operator"`
	Negate   bool   `json:"negate"`
	Nodes    []node `json:"nodes"`
}

// node joins CPE matches by its operator.
type node struct {
	Operator string  `json:"operator"`
	Negate   bool    `json:"negate"`
	Matches  []match `json:"cpeMatch"`
}

// match is a CPE and bounds for its version.
type match struct {
	Vulnerable     bool   `json:"vulnerable"`
	Criteria       string `json:"criteria"`
	StartIncluding string `json:"versionStartIncluding"`
	StartExcluding string `json:"versionStartExcluding"`
	EndIncluding   string `json:"versionEndIncluding"`
	EndExcluding   string `json:"versionEndExcluding"`
}

// and is the operator for conditions.
const and = "AND"
