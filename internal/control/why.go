package control

import (
	"net/url"
	"time"
)

// Why says how a device's software was judged, with regard to one CVE or to none. It is made from the
// device's newest reports and the current catalog, which may be newer than the published snapshot.
type Why struct {
	DeviceID   string `json:"deviceId"`
	DeviceName string `json:"deviceName"`
	CVE        string `json:"cveId,omitempty"`
	// Affected says whether any of the software is affected by the CVE.
	Affected bool `json:"affected"`
	// Verdict is a coverage.Word on the CVE: "affected", "notDecided", "notAffected", "notCompared" or "notSought".
	Verdict string `json:"verdict,omitempty"`
	// Catalog is the id of the catalog that was asked.
	Catalog string `json:"catalog"`
	// Software is what statements on the CVE are about, what is affected first; without a CVE all of
	// the device's.
	Software []WhySoftware `json:"software"`
	// Elsewhere are products and titles that statements on the CVE are about, and that no software of
	// the device was taken for. Known is false if the catalog has no statement on the CVE.
	Elsewhere []string `json:"elsewhere,omitempty"`
	Known     bool     `json:"known"`
	// Text tells all of this in words, a sentence an item.
	Text []string `json:"text"`
}

// WhySoftware says what one piece of software was taken for, and what feeds say about it.
type WhySoftware struct {
	// Kind, Vendor, Name and Version are as reported.
	Kind    string `json:"kind"`
	Vendor  string `json:"vendor,omitempty"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	// SoftwareVendor, SoftwareName and SoftwareVersion are as in rows.
	SoftwareVendor  string `json:"softwareVendor"`
	SoftwareName    string `json:"softwareName"`
	SoftwareVersion string `json:"softwareVersion"`
	// Rule is how the software was identified ("alias", "purl", "none"), Subjects the CPE pairs and
	// packages whose statements were asked.
	Rule     string   `json:"rule"`
	Subjects []string `json:"subjects,omitempty"`
	// Compared are the versions that were compared, by the order of versions that Scheme names.
	Compared []string    `json:"compared,omitempty"`
	Scheme   string      `json:"scheme,omitempty"`
	Coverage WhyCoverage `json:"coverage"`
	// Findings is the number of CVEs by which it is affected, Advisories that of advisories without a CVE.
	Findings   int `json:"findings"`
	Advisories int `json:"advisories,omitempty"`
	// Unfixed counts those findings by what the publisher says of a fix that is not there, as in
	// WhyStatement.FixState.
	Unfixed  map[string]int `json:"unfixed,omitempty"`
	Affected bool           `json:"affected"`
	// Exception is what decides that the finding is hidden, marked or shown all the same; absent if nothing does.
	Exception  *WhyException  `json:"exception,omitempty"`
	Statements []WhyStatement `json:"statements,omitempty"`
	Text       []string       `json:"text"`
}

// WhyException is an exception that matches the finding and decides about it.
type WhyException struct {
	ID string `json:"id"`
	// Status and Action are as in Exception.
	Status    string     `json:"status"`
	Action    string     `json:"action"`
	Reason    string     `json:"reason,omitempty"`
	By        string     `json:"by,omitempty"`
	Source    string     `json:"source,omitempty"`
	UntilTime *time.Time `json:"untilTime,omitempty"`
}

// WhyCoverage says whether the software was assessed.
type WhyCoverage struct {
	State  string   `json:"state"`
	Reason string   `json:"reason,omitempty"`
	Wants  string   `json:"wants,omitempty"`
	Feeds  []string `json:"feeds,omitempty"`
}

// WhyStatement is one range of versions of one statement, and its effect.
type WhyStatement struct {
	// Source names feed and document, Subject the product, Trust the kind of author: "publisher",
	// "advisory", "cna", "adp", "override", "nvd" or "doubtful", the most trusted first.
	Source  string `json:"source"`
	Subject string `json:"subject"`
	Trust   string `json:"trust"`
	// Versions is the range in words.
	Versions   string   `json:"versions"`
	Unaffected bool     `json:"unaffected,omitempty"`
	Platforms  []string `json:"platforms,omitempty"`
	Target     string   `json:"target,omitempty"`
	Edition    string   `json:"edition,omitempty"`
	// Effect is what it does: "affects", "denies", "otherVersion", "noVersion", "otherPlatform",
	// "otherBuild", "otherSoftware", "otherEdition", "otherStream", "overruled", "outweighed",
	// "updateMissing", "updateInstalled" or "updateUnknown".
	Effect string `json:"effect"`
	// Decides marks the one that the finding rests on.
	Decides bool `json:"decides,omitempty"`
	// PlatformsBy, UpperBy and LowerBy are the sources that decided about the property in its place.
	PlatformsBy []string `json:"platformsBy,omitempty"`
	UpperBy     []string `json:"upperBy,omitempty"`
	LowerBy     []string `json:"lowerBy,omitempty"`
	// WholeBy are the statements of the package's publisher that count in place of all of it.
	WholeBy []string `json:"wholeBy,omitempty"`
	// Fix is the recommended update; absent if the source names none. FixState is what the publisher says of a
	// fix that is not there: "pending", "deferred", "wontFix", "endOfLife" or "underInvestigation".
	Fix      string `json:"fix,omitempty"`
	FixState string `json:"fixState,omitempty"`
	Text     string `json:"text"`
}

// WhyDevice explains how a device was judged; cve may be empty.
func WhyDevice(id, cve string) Request[Why] {
	request := get[Why](at("/v1/devices", id) + "/why")
	if cve != "" {
		request.Query = url.Values{"cve": {cve}}
	}
	return request
}

// WhyFinding explains a finding by the id of its row.
func WhyFinding(id string) Request[Why] { return get[Why](at("/v1/findings", id) + "/why") }

// What a check says of a device: DeviceCheck.Verdict.
const (
	CheckCompliant     = "compliant"
	CheckNonCompliant  = "nonCompliant"
	CheckNotApplicable = "notApplicable"
	CheckSilent        = "silent"
)

// DeviceChecks is what every check of settings says of a device, and by what. Like Why it is made from the device's
// newest reports and the checks of the current catalog, which may be newer than the published snapshot.
type DeviceChecks struct {
	DeviceID   string `json:"deviceId"`
	DeviceName string `json:"deviceName"`
	// Catalog is the id of the catalog whose checks were asked.
	Catalog string      `json:"catalog"`
	Counts  CheckCounts `json:"counts"`
	// Rows are failing checks, silent ones, those that pass, and those that do not apply, each with the most impact
	// first.
	Rows []DeviceCheck `json:"rows"`
}

// CheckCounts counts the checks for a device by what they say.
type CheckCounts struct {
	// Asked is all of them; Judged those that are not silent.
	Asked         int `json:"asked"`
	Judged        int `json:"judged"`
	NonCompliant  int `json:"nonCompliant"`
	Compliant     int `json:"compliant"`
	NotApplicable int `json:"notApplicable"`
	Silent        int `json:"silent"`
	// Silences counts the silent ones by reason, the most frequent first.
	Silences []CheckSilence `json:"silences"`
}

// CheckSilence is why checks are silent.
type CheckSilence struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// DeviceCheck is what a check says of a device.
type DeviceCheck struct {
	ID          string  `json:"configurationId"`
	Name        string  `json:"configurationName"`
	Category    string  `json:"configurationCategory"`
	Subcategory string  `json:"configurationSubcategory"`
	Impact      float64 `json:"configurationImpact"`
	UserImpact  bool    `json:"userImpact"`
	// Verdict is "compliant", "nonCompliant", "notApplicable" or "silent": Reason then says why.
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`
	// Source is the source of the report that carried the result of another tool, such as OpenSCAP. It is absent for
	// checks of muster and of the site: only they have Judges, Applies, Expected and Measured.
	Source string `json:"source,omitempty"`
	// Judges is the state that is judged, if the facts have two: "running", "configured" or "both".
	Judges string `json:"judges,omitempty"`
	// Applies and Expected are expressions: when the check applies, and what must be true of the facts.
	Applies  string `json:"applies,omitempty"`
	Expected string `json:"expected,omitempty"`
	// Measured are facts that were read, and MeasuredCut counts those that are left out beyond fifty.
	Measured    []MeasuredFact `json:"measured,omitempty"`
	MeasuredCut int            `json:"measuredCut,omitempty"`
	Remediation string         `json:"remediation,omitempty"`
	Command     string         `json:"command,omitempty"`
	References  []string       `json:"references,omitempty"`
}

// MeasuredFact is a fact that a check has read.
type MeasuredFact struct {
	Family string `json:"family"`
	Name   string `json:"name"`
	// State is "running" or "configured", of families that have both.
	State string `json:"state,omitempty"`
	// Value is absent if the fact is not set, or could not be read: Unread then says why.
	Value  *string `json:"value,omitempty"`
	Unread string  `json:"unread,omitempty"`
	// Origin says where it was set: a file and line, a key of a registry.
	Origin string `json:"origin,omitempty"`
}

// ShowDeviceChecks shows what checks of settings say of a device, and by what.
func ShowDeviceChecks(id string) Request[DeviceChecks] {
	return get[DeviceChecks](at("/v1/devices", id) + "/configurations")
}
