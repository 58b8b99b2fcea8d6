package api_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/row"
)

// full and bare are rows with all values and with only the required ones.
var (
	full = row.Vulnerability{
		SoftwareKey: chrome, CVE: "CVE-2023-3079", Score: 8.8, Scored: true,
		Update: row.Update{Title: "September 2025", ID: "5065429",
			URL: "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5065429"},
		UpdateAvailable: true, EndOfSupport: eos(defender.ProductEnded), Exploitability: defender.ExploitIsInKit,
		MitigationStatus: "Mitigated", BatchTitle: "September", BatchURL: "https://example.com/september",
	}
	bare = row.Vulnerability{SoftwareKey: chrome, CVE: "CVE-2024-0001"}
)

func eos(status string) row.EndOfSupport {
	return row.EndOfSupport{Status: status, Date: time.Date(2021, 5, 11, 0, 0, 0, 0, time.UTC)}
}

// oddDevice has the rows of one device: each kind once with all values and once with only the
// required ones.
func oddDevice() (r assess.Rows) {
	device := (&row.Device{ID: deviceID(0), Name: "host.example.com", OSPlatform: "Windows11",
		OSVersion:      "10.0.22631.4751",
		OSArchitecture: "x64", GroupName: defender.GroupNone}).Piece()
	precise, whole := row.NewTimestamp(noon.Add(123_456_700)), row.NewTimestamp(noon)
	found, nowhere := row.Evidence([]string{`C:\a.exe`}, []string{`HKLM\a`}), row.Evidence(nil, nil)
	add := func(v row.Vulnerability, evidence *row.EvidencePiece) {
		p := v.Piece()
		r[defender.Vulnerabilities] = row.AppendVulnerability(r[defender.Vulnerabilities], &device, &p,
			evidence, precise, whole)
	}
	add(full, &found)
	add(bare, &nowhere)
	acme := row.SoftwareKey{Vendor: "acme", Name: "tool", Version: "1.0"}
	ending, tool := chrome.Piece(eos(defender.VersionEnding)), acme.Piece(row.EndOfSupport{})
	r[defender.Software] = row.AppendSoftware(nil, &device, &ending, &found, 2, whole)
	r[defender.Software] = row.AppendSoftware(r[defender.Software], &device, &tool, &nowhere, 0, whole)
	r[defender.NoProductCode] = row.AppendNoProductCode(nil, &device, &ending, precise, `HKLM\a`)
	r[defender.NoProductCode] = row.AppendNoProductCode(r[defender.NoProductCode], &device, &tool, precise, "")
	check := (&row.Configuration{ID: "scid-2010", Name: "x", Category: defender.CategoryNetwork, Impact: 7.5}).Piece()
	r[defender.Configurations] = row.AppendConfiguration(nil, &device, &check, precise, true, true)
	return r
}

// sealRows publishes one device.
func (l *lab) sealRows(r assess.Rows) {
	l.Helper()
	l.seal(slice{devices: []rowsOf{{deviceID(0), r, changed(r, defender.New, l.clock())}}})
}

// member is a key of a row, and the value as it was sent.
type member struct{ key, value string }

// membersOf splits a row into members, in the order sent.
func (l *lab) membersOf(row string) (all []member) {
	l.Helper()
	d := json.NewDecoder(strings.NewReader(row))
	if _, err := d.Token(); err != nil {
		l.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			l.Fatalf("%v in %s", err, row)
		}
		all = append(all, member{key.(string), string(value)})
	}
	return all
}

// pageRows gets all rows of a call, and fileLines those of the same dataset via
// files.
func (l *lab) pageRows(t *testing.T, call string) []string {
	t.Helper()
	rows, _ := l.pull(l.server.URL + "/api/machines/" + call)
	return rows
}

func (l *lab) fileLines(t *testing.T, call string) (lines []string) {
	t.Helper()
	for _, link := range l.links(l.call(call)).ExportFiles {
		lines = append(lines, strings.Split(strings.TrimSuffix(unpack(t, string(l.get(link).body)), "\n"), "\n")...)
	}
	return lines
}

// values returns the values of one key, as JSON, row by row; "" if a row has no such key.
func (l *lab) values(rows []string, key string) (all []string) {
	l.Helper()
	for _, row := range rows {
		value := ""
		for _, m := range l.membersOf(row) {
			if m.key == key {
				value = m.value
			}
		}
		all = append(all, value)
	}
	return all
}

// kinds are the JSON types of contract.md, section 4, by the words after a key;
// a key without a word is a string.
var kinds = map[string]*regexp.Regexp{
	"":               regexp.MustCompile(`^".*"$`),
	"string":         regexp.MustCompile(`^".*"$`),
	"string or null": regexp.MustCompile(`^(".*"|null)$`),
	"int":            regexp.MustCompile(`^\d+$`),
	"number":         regexp.MustCompile(`^\d+(\.\d+)?$`),
	"bool":           regexp.MustCompile(`^(true|false)$`),
	"bool or null":   regexp.MustCompile(`^(true|false|null)$`),
	"[]":             regexp.MustCompile(`^\[.*\]$`),
}

// assetVulnerability are the 27 keys; unknown values are null.
const assetVulnerability = `id string, deviceId string, rbacGroupId int, rbacGroupName, deviceName, osPlatform, osVersion, osArchitecture,
	softwareVendor, softwareName, softwareVersion, cveId string or null, vulnerabilitySeverityLevel string or null,
	recommendedSecurityUpdate string or null, recommendedSecurityUpdateId string or null, recommendedSecurityUpdateUrl string or null,
	diskPaths [], registryPaths [], lastSeenTimestamp, firstSeenTimestamp, endOfSupportStatus string or null, endOfSupportDate string or null,
	exploitabilityLevel, recommendationReference, cvssScore number, securityUpdateAvailable bool, cveMitigationStatus string or null`

// The keys of the other rows.
const (
	assetSoftware = `deviceId, rbacGroupId int, rbacGroupName, deviceName, osPlatform, softwareVendor, softwareName, softwareVersion,
	numberOfWeaknesses int, diskPaths [], registryPaths [], softwareFirstSeenTimestamp, endOfSupportStatus, endOfSupportDate string or null`
	assetNonCpeSoftware = `deviceId, rbacGroupId int, rbacGroupName, deviceName, osPlatform, softwareVendor, softwareName, softwareVersion,
	softwareLastSeenTimestamp, registryPath string or null`
	assetConfiguration = `deviceId, rbacGroupId int, rbacGroupName, deviceName, osPlatform, osVersion, timestamp, configurationId,
	configurationCategory, configurationSubcategory, configurationImpact number, isCompliant bool, isApplicable bool,
	isExpectedUserImpact bool, configurationName, recommendationReference`
)

// TestSection4Keys compares the keys of rows, their order and types.
func TestSection4Keys(t *testing.T) {
	l := newLab(t)
	l.sealRows(oddDevice())
	for _, c := range []struct{ sentence, pages, files, keys string }{
		{"**AssetVulnerability**, a finding, has the keys `id` string, `deviceId` string, `rbacGroupId` int",
			"SoftwareVulnerabilitiesByMachine", "SoftwareVulnerabilitiesExport", assetVulnerability},
		{"**DeltaAssetVulnerability**, a change, has the keys of a finding, then `status` (`New`, " +
			"`Fixed`, `Updated`) and `eventTimestamp`", "SoftwareVulnerabilityChangesByMachine?sinceTime=" + since,
			"SoftwareVulnerabilityChangesExport?sinceTime=" + since, assetVulnerability + ", status, eventTimestamp"},
		{"**AssetSoftware** has the keys `deviceId`, `rbacGroupId` int, `rbacGroupName`, `deviceName`",
			"SoftwareInventoryByMachine", "SoftwareInventoryExport", assetSoftware},
		{"**AssetNonCpeSoftware** has the keys `deviceId`, `rbacGroupId` int, `rbacGroupName`, `deviceName`",
			"SoftwareInventoryNoProductCodeByMachine", "SoftwareInventoryNonCpeExport", assetNonCpeSoftware},
		{"**AssetConfiguration** has the keys `deviceId`, `rbacGroupId` int, `rbacGroupName`, `deviceName`",
			"SecureConfigurationsAssessmentByMachine", "SecureConfigurationsAssessmentExport", assetConfiguration},
		{"**DeltaAssetSoftware** and **DeltaAssetNonCpeSoftware**, changes that only muster has, have the keys of their rows, then " +
			"`status` and `eventTimestamp`", "SoftwareInventoryChangesByMachine?sinceTime=" + since,
			"SoftwareInventoryChangesExport?sinceTime=" + since, assetSoftware + ", status, eventTimestamp"},
		{"**DeltaAssetSoftware** and **DeltaAssetNonCpeSoftware**, changes that only muster has, have the keys of their rows, then " +
			"`status` and `eventTimestamp`", "SoftwareInventoryNoProductCodeChangesByMachine?sinceTime=" + since,
			"SoftwareInventoryNoProductCodeChangesExport?sinceTime=" + since, assetNonCpeSoftware + ", status, eventTimestamp"},
		{"**DeltaAssetConfiguration**, a change that only muster has, has the keys of a configuration, then `status`, " +
			"`eventTimestamp` and `previousIsCompliant` bool", "SecureConfigurationChangesByMachine?sinceTime=" + since,
			"SecureConfigurationChangesExport?sinceTime=" + since,
			assetConfiguration + ", status, eventTimestamp, previousIsCompliant bool or null"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			pages, files := l.pageRows(t, c.pages), l.fileLines(t, c.files)
			l.equal("rows via files", len(files), len(pages))
			for i, row := range pages {
				l.checkKeys(row, c.keys)
				l.checkSpelling(row, files[i])
			}
		})
	}
	t.Run("The keys of a row are in the order of the lists below", func(t *testing.T) {
		row := l.pageRows(t, "SecureConfigurationsAssessmentByMachine")[0]
		if at := strings.Index(row, `"deviceId":`); at != 1 ||
			!strings.HasSuffix(row, `"recommendationReference":"sca-_-scid-2010"}`) {
			t.Errorf("row %s", row)
		}
	})
	t.Run("Files have the order of pages; Microsoft's files have another one, which no client needs", func(t *testing.T) {
		row, line := l.pageRows(t, "SoftwareVulnerabilitiesByMachine")[0], l.fileLines(t, "SoftwareVulnerabilitiesExport")[0]
		l.checkSpelling(row, line)
	})
	t.Run("A row of a page has all of these 27 keys and no other", func(t *testing.T) {
		for _, row := range l.pageRows(t, "SoftwareVulnerabilitiesByMachine") {
			l.equal("keys", len(l.membersOf(row)), 27)
		}
	})
	t.Run("A row of a file also has `IsOnboarded` bool, `CveBatchTitle` and `CveBatchUrl`, where their values are "+
		"known", func(t *testing.T) {
		lines := l.fileLines(t, "SoftwareVulnerabilitiesExport")
		l.equal("IsOnboarded", l.values(lines, "IsOnboarded"), []string{"true", "true"})
		l.equal("CveBatchTitle", l.values(lines, "CveBatchTitle"), []string{`"September"`, ""})
		l.equal("CveBatchUrl", l.values(lines, "CveBatchUrl"), []string{`"https://example.com/september"`, ""})
	})
	t.Run("Pages write keys in camelCase, and those whose value is null too. Files write keys in PascalCase and "+
		"leave out those whose value is null. Their first letters are as in `Id`, `DeviceId`, `RbacGroupId`, "+
		"`OSPlatform`, `OSVersion` and `OSArchitecture`", func(t *testing.T) {
		row, line := l.pageRows(t, "SoftwareVulnerabilitiesByMachine")[1], l.fileLines(t, "SoftwareVulnerabilitiesExport")[1]
		if !strings.Contains(row, `"recommendedSecurityUpdate":null,`) || strings.Contains(line, "null") {
			t.Errorf("page %s\nfile %s", row, line)
		}
		for _, key := range []string{"Id", "DeviceId", "RbacGroupId", "OSPlatform", "OSVersion", "OSArchitecture"} {
			if !strings.Contains(line, `"`+key+`":`) {
				t.Errorf("no %s in %s", key, line)
			}
		}
	})
}

// checkKeys compares a row of a page with a list such as "id string, cveId string or null".
func (l *lab) checkKeys(row, list string) {
	l.Helper()
	var want, got []string
	members := l.membersOf(row)
	for i, entry := range strings.Split(list, ",") {
		key, kind, _ := strings.Cut(strings.TrimSpace(entry), " ")
		want = append(want, key)
		if i < len(members) && !kinds[kind].MatchString(members[i].value) {
			l.Errorf("%s is %s, want %s", key, members[i].value, kind)
		}
	}
	for _, m := range members {
		got = append(got, m.key)
	}
	l.equal("keys", got, want)
}

// checkSpelling compares a row of a page with that of a file.
func (l *lab) checkSpelling(page, line string) {
	l.Helper()
	var want []member
	for _, m := range l.membersOf(page) {
		m.key = strings.ToUpper(m.key[:1]) + m.key[1:]
		if strings.HasPrefix(m.key, "Os") {
			m.key = "OS" + m.key[2:]
		}
		switch m.key {
		case "EventTimestamp":
			m.value = strings.NewReplacer("T", " ", ".000Z", "").Replace(m.value)
		case "CvssScore", "ConfigurationImpact":
			if !strings.Contains(m.value, ".") {
				m.value += ".0"
			}
		}
		if m.value != "null" {
			want = append(want, m)
		}
	}
	var got []member
	for _, m := range l.membersOf(line) {
		if m.key != "IsOnboarded" && m.key != "CveBatchTitle" && m.key != "CveBatchUrl" {
			got = append(got, m)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		l.Errorf("file has\n%v, page\n%v", got, want)
	}
}
