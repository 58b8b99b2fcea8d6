package main

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
)

// spellings are those of the fields, by the patterns of their JSON in pages:
// contract.md, section 4.
const spellings = `
id                           "[0-9a-f]{40}_[^_].*_CVE-\d{4}-\d{4,}"
deviceId                     "[0-9a-f]{40}"
rbacGroupId                  0
rbacGroupName                "None"
deviceName                   "[^"]+"
osPlatform                   "(Windows\w+|macOS|Linux)"
osVersion                    "([a-z_]+_linux_)?\d[\d.]*"
osArchitecture               "\w+"
softwareVendor               "[a-z0-9_.+~-]+"
softwareName                 "[a-z0-9_.+~:-]+"
softwareVersion              "[^" ]+"
cveId                        "CVE-\d{4}-\d{4,}"
vulnerabilitySeverityLevel   null|"(None|Low|Medium|High|Critical)"
recommendedSecurityUpdate    null|"[^"]+"
recommendedSecurityUpdateId  null|"ALSA-\d{4}:\d+"
recommendedSecurityUpdateUrl null|"https://[^"]+"
diskPaths                    \[(".+")?\]
registryPaths                \[(".+")?\]
registryPath                 null|".+"
lastSeenTimestamp            TIME
firstSeenTimestamp           TIME
softwareFirstSeenTimestamp   TIME
softwareLastSeenTimestamp    MILLIS
timestamp                    MILLIS
eventTimestamp               "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z"
status                       "(New|Fixed|Updated)"
endOfSupportStatus           null|"(None|(Upcoming )?EOS (Version|Software))"
endOfSupportDate             null|"\d{4}-\d\d-\d\dT00:00:00\+00:00"
exploitabilityLevel          "(NoExploit|ExploitIsPublic|ExploitIsVerified|ExploitIsInKit)"
recommendationReference      "(va-_-[^"]+-_-[^"]+|sca-_-scid-\d+)"
cvssScore                    \d(\.\d)?|10
securityUpdateAvailable      true|false
cveMitigationStatus          null
numberOfWeaknesses           \d+
configurationId              "scid-\d+"
configurationCategory        "(Application|OS|Network|Accounts|Security controls)"
configurationSubcategory     "[^"]*"
configurationImpact          \d|10
configurationName            "[^"]+"
isCompliant                  true|false
isApplicable                 true|false
isExpectedUserImpact         true|false
previousIsCompliant          null|true|false
`

// patterns compiles the spellings.
func patterns() map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for line := range strings.Lines(strings.TrimSpace(spellings)) {
		field, pattern, _ := strings.Cut(strings.TrimSpace(line), " ")
		const whole = `\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`
		pattern = strings.NewReplacer("TIME", `"`+whole+`"`, "MILLIS", `"`+whole+`\.\d{3}"`).Replace(strings.TrimSpace(pattern))
		all[field] = regexp.MustCompile(`^(?:` + pattern + `)$`)
	}
	return all
}

// fieldCounts are how many fields the rows of pages have.
var fieldCounts = map[string]int{
	"SecureConfigurationsAssessmentByMachine": 16, "SoftwareInventoryByMachine": 14,
	"SoftwareVulnerabilitiesByMachine":      27,
	"SoftwareVulnerabilityChangesByMachine": 29, "SoftwareInventoryNoProductCodeByMachine": 10,
	"SecureConfigurationChangesByMachine": 19, "SoftwareInventoryChangesByMachine": 16,
	"SoftwareInventoryNoProductCodeChangesByMachine": 12,
}

// checkValues checks every field of every row of every dataset against the contract, and that keys
// are unique (section 1).
func (j *job) checkValues() {
	spelled := patterns()
	for _, pair := range j.all() {
		name := pair[0].call.Name
		seen := map[string]bool{}
		for _, row := range j.rows(pair[0]) {
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(row, &fields); err != nil || len(fields) != fieldCounts[name] {
				j.Fatalf("%s: %d fields, want %d (%v): %s", name, len(fields), fieldCounts[name], err, row)
			}
			for field, value := range fields {
				if pattern := spelled[field]; pattern == nil || !pattern.Match(value) {
					j.Errorf("%s: %s is %s in %s", name, field, value, row)
				}
			}
			key := keyOf(fields)
			if seen[key] {
				j.Errorf("%s: two rows have the key %s", name, key)
			}
			seen[key] = true
		}
	}
	for _, row := range j.vulnerabilities() {
		j.checkDerived(&row)
	}
}

// keyOf is a row's unique key, of any dataset.
func keyOf(fields map[string]json.RawMessage) string {
	var key strings.Builder
	for _, field := range []string{"deviceId", "configurationId", "softwareVendor", "softwareName", "softwareVersion",
		"cveId", "eventTimestamp"} {
		key.Write(fields[field])
	}
	return key.String()
}

// checkDerived checks fields of a row that follow from other fields.
func (j *job) checkDerived(row *defender.AssetVulnerability) {
	want := *row
	want.ID = strings.Join([]string{row.DeviceID, row.SoftwareVendor, row.SoftwareName, row.SoftwareVersion, *row.CVEID},
		"_")
	want.RecommendationReference = "va-_-" + row.SoftwareVendor + "-_-" + row.SoftwareName
	want.VulnerabilitySeverityLevel = nil
	if severity := severityOf(row.CVSSScore); row.CVSSScore > 0 {
		want.VulnerabilitySeverityLevel = &severity
	} else if severity = wordOf(row.RecommendedSecurityUpdate); severity != "" {
		want.VulnerabilitySeverityLevel = &severity
	} else if row.CVSSScore == 0 {
		want.VulnerabilitySeverityLevel = row.VulnerabilitySeverityLevel // a word of the CVE's record, if any
	}
	if status := row.EndOfSupportStatus; status != nil && *status == defender.EndOfSupportNone {
		want.EndOfSupportStatus = nil
	}
	if diff := cmp.Diff(want, *row); diff != "" {
		j.Errorf("%s (-want +got):\n%s", row.ID, diff)
	}
}

// wordOf returns the severity that the title of an advisory begins with; "" for none.
func wordOf(title *string) string {
	if title == nil {
		return ""
	}
	word, _, _ := strings.Cut(*title, ":")
	return map[string]string{"Critical": "Critical", "Important": "High", "Moderate": "Medium", "Low": "Low"}[word]
}

// severityOf returns the severity of a score, by CVSS 3.
func severityOf(score float64) string {
	switch {
	case score >= 9:
		return "Critical"
	case score >= 7:
		return "High"
	case score >= 4:
		return "Medium"
	}
	return "Low"
}
