package main

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory"
)

// The steps of TestMainJob that check findings and their changes.

func (j *job) vulnerabilities() []defender.AssetVulnerability {
	return decodeRows[defender.AssetVulnerability](j.site, j.full(defender.Vulnerabilities))
}

// changes are the rows of the delta after a snapshot.
func (j *job) changes(after published) []defender.DeltaAssetVulnerability {
	since := "sinceTime=" + url.QueryEscape(after.GeneratedTime.Format(time.RFC3339))
	return decodeRows[defender.DeltaAssetVulnerability](j.site,
		j.rows(export{callOf(defender.Vulnerabilities, true, false), since}))
}

// finding is a row of the Windows device, from what rows differ in.
func (j *job) finding(vendor, name, version, cve string,
	change func(*defender.AssetVulnerability)) defender.AssetVulnerability {
	row := defender.AssetVulnerability{
		ID:       strings.Join([]string{windowsID, vendor, name, version, cve}, "_"),
		DeviceID: windowsID, RBACGroupName: "None", DeviceName: "windows.corp.example.com",
		OSPlatform: "Windows11", OSVersion: "10.0.26100.2314", OSArchitecture: "x64",
		SoftwareVendor: vendor, SoftwareName: name, SoftwareVersion: version, CVEID: &cve,
		DiskPaths: []string{}, RegistryPaths: []string{},
		LastSeenTimestamp: j.begun.Format(time.DateTime), FirstSeenTimestamp: j.begun.Format(time.DateTime),
		ExploitabilityLevel: defender.NoExploit, RecommendationReference: "va-_-" + vendor + "-_-" + name,
		SecurityUpdateAvailable: true,
	}
	change(&row)
	return row
}

// ended makes the release one whose support ended on a day.
func ended(row *defender.AssetVulnerability, day string) {
	status, date := defender.VersionEnded, day+"T00:00:00+00:00"
	row.EndOfSupportStatus, row.EndOfSupportDate = &status, &date
}

// named are the findings that the Windows device must show at first.
func (j *job) named() []defender.AssetVulnerability {
	return []defender.AssetVulnerability{
		j.finding("google", "chrome", "81.0.4044.138", "CVE-2023-3079", func(row *defender.AssetVulnerability) {
			row.ExploitabilityLevel = defender.ExploitIsVerified
			row.DiskPaths = []string{`C:\Program Files\Google\Chrome\Application\chrome.exe`}
			row.RegistryPaths = []string{`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Google Chrome`}
			ended(row, "2020-05-19")
		}),
		j.finding("mozilla", "firefox", "83.0.0.0", "CVE-2024-9680", func(row *defender.AssetVulnerability) {
			critical := defender.SeverityCritical
			row.ExploitabilityLevel, row.CVSSScore, row.VulnerabilitySeverityLevel = defender.ExploitIsVerified, 9.8, &critical
		}),
		j.finding("openssl", "openssl", "3.3.1.0", "CVE-2024-9143",
			func(row *defender.AssetVulnerability) {
				low := defender.SeverityLow // OpenSSL's own word; there is no score
				row.VulnerabilitySeverityLevel = &low
				ended(row, "2026-04-09")
			}),
		j.finding("7-zip", "7-zip", "22.01.0.0", "CVE-2024-11477", func(*defender.AssetVulnerability) {}),
	}
}

// checkFindings compares whole rows, and their number with the totals of publishing.
func (j *job) checkFindings() {
	rows := j.vulnerabilities()
	if told := j.first.Totals.Rows["vulnerabilities"]; int64(len(rows)) != told || told < 1900 {
		j.Errorf("%d rows, publishing told of %d", len(rows), told)
	}
	byID := keyed(rows)
	if len(byID) != len(rows) {
		j.Errorf("%d rows have %d ids", len(rows), len(byID))
	}
	for _, want := range j.named() {
		if diff := gocmp.Diff(want, byID[want.ID]); diff != "" {
			j.Errorf("%s (-want +got):\n%s", want.ID, diff)
		}
	}
}

func keyed(rows []defender.AssetVulnerability) map[string]defender.AssetVulnerability {
	byID := map[string]defender.AssetVulnerability{}
	for _, row := range rows {
		byID[row.ID] = row
	}
	return byID
}

// checkRedHat looks at the UBI device, which AlmaLinux's feed serves.
func (j *job) checkRedHat() {
	count := 0
	for _, row := range j.vulnerabilities() {
		if row.DeviceName != "ubi9" {
			continue
		}
		count++
		epoch, _, ok := strings.Cut(row.SoftwareVersion, ":")
		if _, err := strconv.Atoi(epoch); !ok || err != nil || !strings.Contains(row.SoftwareVersion, ".el9") {
			j.Errorf("version %q", row.SoftwareVersion)
		}
		said := []string{row.SoftwareVendor, row.OSPlatform, row.OSVersion, row.OSArchitecture}
		if want := []string{"red_hat", "Linux", "enterprise_linux_9.6", "x86_64"}; !slices.Equal(said, want) {
			j.Errorf("%s: %q, want %q", row.ID, said, want)
		}
		if id := row.RecommendedSecurityUpdateID; id == nil || !strings.HasPrefix(*id, "ALSA-") ||
			row.RecommendedSecurityUpdateURL == nil || !row.SecurityUpdateAvailable {
			j.Errorf("%s: no advisory: %+v", row.ID, row)
		}
	}
	if count < 150 || count > 400 {
		j.Errorf("%d findings", count)
	}
}

// updateSoftware updates all four products past the fixes of the named
// findings.
func (j *job) updateSoftware() {
	before := j.vulnerabilities()
	j.report(windows(j.begun.Add(time.Hour), "114.0.5735.110", "131.0.2", "3.3.3", "24.07"))
	j.last = j.publish(devices)
	after := j.vulnerabilities()
	j.checkDelta(j.first, j.last, before, after)
	fixed := map[string]defender.Status{}
	for _, row := range j.changes(j.first) {
		fixed[row.ID] = row.Status
	}
	for _, gone := range j.named() {
		if fixed[gone.ID] != defender.Fixed {
			j.Errorf("%s is %q, want %q", gone.ID, fixed[gone.ID], defender.Fixed)
		}
		for _, row := range after {
			if row.DeviceID == windowsID && *row.CVEID == *gone.CVEID {
				j.Errorf("%s is still there", row.ID)
			}
		}
	}
	j.checkFirstSeen(before, after)
}

// changeThree upgrades Chrome, removes 7-Zip and adds VLC. Firefox and OpenSSL,
// and all other devices, stay as they are.
func (j *job) changeThree() {
	before, last := j.vulnerabilities(), j.last
	j.report(windows(j.begun.Add(2*time.Hour), "120.0.6099.62", "131.0.2", "3.3.3", "",
		inventory.Software{Vendor: "VideoLAN", Name: "VLC media player", Version: "3.0.18"}))
	j.last = j.publish(devices)
	after := j.vulnerabilities()
	j.checkDelta(last, j.last, before, after)
	j.checkFirstSeen(before, after)
	got := map[string][]defender.Status{}
	for _, row := range j.changes(last) {
		software := row.SoftwareName + " " + row.SoftwareVersion
		got[software] = append(got[software], row.Status)
	}
	for software, all := range got {
		got[software] = slices.Compact(slices.Sorted(slices.Values(all)))
	}
	want := map[string][]defender.Status{
		"chrome 114.0.5735.110": {defender.Fixed}, "chrome 120.0.6099.62": {defender.New},
		"7-zip 24.07.0.0": {defender.Fixed}, "vlc_media_player 3.0.18.0": {defender.New},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		j.Errorf("changes by release (-want +got):\n%s", diff)
	}
}

// checkDelta compares the delta of a snapshot with two full exports: law 1, seen from outside.
func (j *job) checkDelta(last, made published, before, after []defender.AssetVulnerability) {
	j.Helper()
	var want []defender.DeltaAssetVulnerability
	add := func(row defender.AssetVulnerability, status defender.Status) {
		event := made.BegunTime.UTC().Format("2006-01-02T15:04:05.000Z")
		want = append(want, defender.DeltaAssetVulnerability{AssetVulnerability: row, Status: status, EventTimestamp: event})
	}
	old, now := keyed(before), keyed(after)
	for id, row := range old {
		if _, kept := now[id]; !kept {
			add(row, defender.Fixed)
		}
	}
	for id, row := range now {
		was, known := old[id]
		was.LastSeenTimestamp = row.LastSeenTimestamp
		switch {
		case !known:
			add(row, defender.New)
		case !gocmp.Equal(was, row):
			add(row, defender.Updated)
		}
	}
	byID := func(a, b defender.DeltaAssetVulnerability) int { return cmp.Compare(a.ID, b.ID) }
	got := j.changes(last)
	slices.SortFunc(want, byID)
	slices.SortFunc(got, byID)
	if diff := gocmp.Diff(want, got); diff != "" {
		j.Errorf("delta of snapshot %d (-want +got):\n%.5000s", made.Number, diff)
	}
}

// checkFirstSeen checks that a CVE which an upgrade did not fix keeps its first-seen time on the
// device.
func (j *job) checkFirstSeen(before, after []defender.AssetVulnerability) {
	j.Helper()
	type finding struct{ device, product, cve string }
	of := func(row defender.AssetVulnerability) finding {
		return finding{row.DeviceID, row.SoftwareVendor + "/" + row.SoftwareName, *row.CVEID}
	}
	first := map[finding]string{}
	for _, row := range before {
		first[of(row)] = row.FirstSeenTimestamp
	}
	moved := 0
	old := keyed(before)
	for _, row := range after {
		was, known := first[of(row)]
		if _, same := old[row.ID]; known && !same {
			moved++
		}
		if known && row.FirstSeenTimestamp != was {
			j.Errorf("%s: first seen %s, was %s", row.ID, row.FirstSeenTimestamp, was)
		}
	}
	if moved == 0 {
		j.Error("no finding went from one version to the next")
	}
}
