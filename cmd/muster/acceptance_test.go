package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/testneed"
)

// TestMainJob is the main job from end to end, on real intelligence and real inventories, as a user
// does it: command lines import feeds and send reports, HTTP reads all exports, and the changes
// from snapshot to snapshot.
func TestMainJob(t *testing.T) {
	j := &job{site: newSite(t), shared: testneed.Shared(t),
		begun: time.Now().UTC().Truncate(time.Second).Add(-3 * time.Hour)}
	for _, step := range []struct {
		does string
		do   func(*job)
	}{
		{"feeds are imported", (*job).importFeeds},
		{"devices report", (*job).reportDevices},
		{"pages and files agree", (*job).compareForms},
		{"every row keeps the contract", (*job).checkValues},
		{"software is that of the inventories", (*job).checkSoftware},
		{"findings have the values of the contract", (*job).checkFindings},
		{"a stand-in feed serves Red Hat", (*job).checkRedHat},
		{"settings of this machine are judged", (*job).checkConfigurations},
		{"requests work as printed", (*job).checkPrinted},
		{"other programs read it", (*job).checkReaders},
		{"updates fix findings", (*job).updateSoftware},
		{"the delta is one upgrade, one removal, one addition", (*job).changeThree},
		{"pages and files agree again", (*job).compareForms},
		{"verify agrees", func(j *job) { j.muster("verify") }},
	} {
		if !t.Run(step.does, func(t *testing.T) { j.TB = t; step.do(j) }) {
			return // the later steps stand on this one
		}
	}
}

// job is the state of TestMainJob.
type job struct {
	*site
	shared string
	// begun is when the Windows device first reported, by its clock.
	begun time.Time
	// here is the name of this machine; hereSoftware is how much is on it.
	here         string
	hereSoftware int
	// first and last are the snapshots of the beginning and of now.
	first, last published
}

// devices is the number of devices.
const devices = 6

// importFeeds imports the feeds, the largest one last: every import builds a catalog of all.
func (j *job) importFeeds() {
	for _, feed := range []struct {
		kind, path string
		records    int64 // as shared/data says
		more       []string
	}{
		{"kev", "kev/known_exploited_vulnerabilities.json", 1404, nil},
		{"eol", "endoflife/api-v1-products-full.json.gz", 464, nil},
		{"nvd", "nvd/nvdcve-2.0-sample.json.gz", 92, nil},
		{"osv", "osv/AlmaLinux-9/all.zip", 1783, []string{"--name", "AlmaLinux:9"}},
		{"nvd", "nvd/nvd-data-overrides-main.tar.gz", 32184, nil},
		{"cve5", "cve5/vulnrichment-develop.tar.gz", 44130, nil},
	} {
		args := append([]string{"feed", "import", feed.kind, filepath.Join(j.shared, feed.path), "--json"}, feed.more...)
		told := decodeTold[control.FeedsReply](j.site, j.muster(args...))
		if got := told.Feeds[0]; got.Records != feed.records || got.Skipped > 150 { // odd parts of real records
			j.Errorf("%s: %+v, want %d records", feed.path, got, feed.records)
		}
	}
	var known struct{ Feeds []struct{ Kind, Name string } }
	if err := json.Unmarshal([]byte(j.muster("feed", "list", "--json")), &known); err != nil || len(known.Feeds) != 6 {
		j.Errorf("%d feeds, want 6 (%v): %v", len(known.Feeds), err, known)
	}
}

// reportDevices makes and sends the first reports, and publishes them.
func (j *job) reportDevices() {
	j.serve()
	debian := j.collectRoot("debian12")
	ubuntu := j.collectRoot("ubuntu1804", "--os", "ubuntu:18.04")
	j.muster("report", j.collect("here"), debian, ubuntu)
	j.muster("report", filepath.Join(j.shared, "inventory/rhel9-ubi/ubi9-9.6.spdx.json.gz"), "--name", "ubi9",
		"--os-platform", "Linux", "--os-version", "enterprise_linux_9.6", "--os-architecture", "x86_64")
	j.muster("report", filepath.Join(j.shared, "inventory/cyclonedx/dropwizard-1.3.15.bom.json.gz"), "--name",
		"dropwizard", "--os-platform", "Linux", "--os-version", "ubuntu_linux_18.04", "--os-architecture", "x64")
	j.report(windows(j.begun, "81.0.4044.138", "83.0", "3.3.1", "22.01"))
	j.first = j.publish(devices)
}

// collect collects a machine into a file, and returns the file's path.
func (j *job) collect(name string, more ...string) string {
	path := filepath.Join(j.TempDir(), name+".json")
	j.muster(append([]string{"collect", "--output", path}, more...)...)
	if name != "here" {
		return path
	}
	text, err := os.ReadFile(path)
	if err != nil {
		j.Fatal(err)
	}
	r, err := inventory.DecodeReport(text, inventory.Given{})
	if err != nil {
		j.Fatal(err)
	}
	j.here, j.hereSoftware = r.Device.Name, len(r.Software)
	return path
}

// collectRoot collects a recorded machine, laid out as its disk was.
func (j *job) collectRoot(name string, more ...string) string {
	root, recorded := j.TempDir(), filepath.Join(j.shared, "inventory", name)
	packed, err := os.Open(filepath.Join(recorded, "dpkg-status.gz"))
	if err != nil {
		j.Fatal(err)
	}
	defer packed.Close()
	status, err := gzip.NewReader(packed)
	if err != nil {
		j.Fatal(err)
	}
	j.place(status, root, "var/lib/dpkg/status")
	if release, err := os.Open(filepath.Join(recorded, "os-release")); err == nil {
		defer release.Close()
		j.place(release, root, "etc/os-release")
	}
	return j.collect(name, append(more, "--root", root, "--name", name)...)
}

func (j *job) place(content io.Reader, root, name string) {
	text, err := io.ReadAll(content)
	if err != nil {
		j.Fatal(err)
	}
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		j.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		j.Fatal(err)
	}
}

// windowsID is the id of the Windows device.
const windowsID = "0123456789abcdef0123456789abcdef01234567"

// windows is the report of the Windows device with four products at versions;
// an empty one is not installed. More is added as it is.
func windows(at time.Time, chrome, firefox, openssl, sevenZip string, more ...inventory.Software) *inventory.Report {
	const uninstall = `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\`
	software := append([]inventory.Software{
		{Vendor: "Google LLC", Name: "Google Chrome", Version: chrome,
			DiskPaths:     []string{`C:\Program Files\Google\Chrome\Application\chrome.exe`},
			RegistryPaths: []string{uninstall + "Google Chrome"}},
		{Vendor: "Mozilla", Name: "Mozilla Firefox (x64 en-US)", Version: firefox},
		{Vendor: "OpenSSL Software Foundation", Name: "OpenSSL", Version: openssl},
		{Vendor: "Igor Pavlov", Name: "7-Zip " + sevenZip + " (x64)", Version: sevenZip},
	}, more...)
	software = slices.DeleteFunc(software, func(s inventory.Software) bool { return s.Version == "" })
	for i := range software {
		software[i].Kind = "windows"
	}
	return &inventory.Report{
		Device: inventory.Device{ID: windowsID, Name: "windows.corp.example.com", OSPlatform: "Windows11",
			OSVersion: "10.0.26100.2314", OSArchitecture: "x64"},
		Time: at, Source: "collect", Software: software,
	}
}

// all are all export calls: what shows the same rows as
// pages and via files in pairs.
func (j *job) all() (pairs [][2]export) {
	for pair := range slices.Chunk(defender.Calls(), 2) {
		query := ""
		if pair[0].Delta {
			query = j.since()
		}
		pairs = append(pairs, [2]export{{pair[0], query}, {pair[1], query}})
	}
	return pairs
}

// since asks for every change there is.
func (j *job) since() string {
	return "sinceTime=" + url.QueryEscape(j.first.GeneratedTime.Add(-24*time.Hour).Format(time.RFC3339))
}

// callOf returns the call for a dataset, or its changes, in a form.
func callOf(dataset defender.Dataset, delta, files bool) defender.Call {
	i := slices.IndexFunc(defender.Calls(), func(c defender.Call) bool {
		return c.Dataset == dataset && c.Delta == delta && c.Files == files
	})
	return defender.Calls()[i]
}

// full are all rows of a dataset, as pages.
func (j *job) full(dataset defender.Dataset) []json.RawMessage {
	j.Helper()
	return j.rows(export{callOf(dataset, false, false), ""})
}

// compareForms pulls every export in both ways.
func (j *job) compareForms() {
	for _, pair := range j.all() {
		pages, files := j.rows(pair[0]), j.rows(pair[1])
		if len(pages) == 0 || len(pages) != len(files) {
			j.Fatalf("%s: %d rows as pages, %d via files", pair[0].call.Name, len(pages), len(files))
		}
		for i := range pages {
			if diff := gocmp.Diff(j.meaning(files[i]), j.meaning(pages[i])); diff != "" {
				j.Fatalf("%s: row %d (-files +pages):\n%s", pair[0].call.Name, i, diff)
			}
		}
	}
}

// checkSoftware counts what is installed: as many rows as shared/data says
// there are packages. No feed for Debian and Ubuntu was imported, nor one for
// Java libraries, so most of theirs has no product code.
func (j *job) checkSoftware() {
	coded, uncoded := map[string]int{}, map[string]int{}
	for _, row := range decodeRows[defender.AssetSoftware](j.site, j.full(defender.Software)) {
		coded[row.DeviceName]++
	}
	for _, row := range decodeRows[defender.AssetNonCpeSoftware](j.site, j.full(defender.NoProductCode)) {
		uncoded[row.DeviceName]++
	}
	// The Windows device has four products and its system; UBI has 193 packages, whose files its 18
	// Python distributions are; the application lists 167 libraries and itself, of which CVE records
	// name 12 by themselves.
	wantCoded := map[string]int{"windows.corp.example.com": 5, "ubi9": 193, "dropwizard": 12}
	wantUncoded := map[string]int{"debian12": 741, "ubuntu1804": 357, "dropwizard": 168 - 12}
	if n := coded[j.here] + uncoded[j.here]; n == 0 || n > j.hereSoftware+1 { // its system is a row, too
		j.Errorf("%d rows of this machine, which has %d packages", n, j.hereSoftware)
	}
	delete(coded, j.here)
	delete(uncoded, j.here)
	if diff := gocmp.Diff([]map[string]int{wantCoded, wantUncoded}, []map[string]int{coded, uncoded}); diff != "" {
		j.Errorf("software by device, with and without a product code (-want +got):\n%s", diff)
	}
}

// checkConfigurations checks this machine, the only one whose settings were collected. Its rows are
// unknown, but the form of every row is known.
func (j *job) checkConfigurations() {
	verdicts := map[bool]int{}
	for _, row := range decodeRows[defender.AssetConfiguration](j.site, j.full(defender.Configurations)) {
		verdicts[row.IsCompliant]++
		if row.DeviceName != j.here || !strings.HasPrefix(row.ConfigurationID, "scid-") ||
			row.RecommendationReference != "sca-_-"+row.ConfigurationID || row.ConfigurationImpact < 1 ||
			row.ConfigurationImpact > 10 {
			j.Errorf("%+v", row)
		}
	}
	if verdicts[true]+verdicts[false] < 15 {
		j.Errorf("%d checks", verdicts[true]+verdicts[false])
	}
}

// checkPrinted sends the requests of Microsoft's documentation; only the date of the delta differs.
func (j *job) checkPrinted() {
	day := j.first.GeneratedTime.Add(-24 * time.Hour).Format(time.DateOnly)
	for address, rows := range map[string]int{
		"SoftwareInventoryByMachine?pageSize=5%20%20&sinceTime=2021-05-19T18%3A35%3A49.924Z":       5,
		"SoftwareInventoryNoProductCodeByMachine?pageSize=3%20%20&sinceTime=2021-05-19":            3,
		"SoftwareVulnerabilityChangesByMachine?pageSize=5&sinceTime=" + day + "T18%3A35%3A49.924Z": 5,
		"SoftwareVulnerabilitiesByMachine?pageSize=5":                                              5,
	} {
		page := decodeTold[defender.Page[json.RawMessage]](j.site, string(j.get(http.StatusOK, address)))
		if len(page.Value) != rows || !strings.HasPrefix(page.NextLink, j.url+"/api/machines/") {
			j.Errorf("%s: %d rows, nextLink %q", address, len(page.Value), page.NextLink)
		}
		again := decodeTold[defender.Page[json.RawMessage]](j.site, string(j.get(http.StatusOK, page.NextLink)))
		if len(again.Value) != rows || again.NextLink == page.NextLink || gocmp.Equal(again.Value, page.Value) {
			j.Errorf("%s: second page %+v", address, again)
		}
	}
	links := decodeTold[defender.ExportFilesResponse](j.site,
		string(j.get(http.StatusOK, "SecureConfigurationsAssessmentExport?sasValidHours=2")))
	if len(links.ExportFiles) == 0 {
		j.Error("no files")
	}
}

// checkReaders has other programs read a part and a page: each prints how many
// rows it found.
func (j *job) checkReaders() {
	link := j.links(export{callOf(defender.Vulnerabilities, false, true), ""})[0]
	part := j.get(http.StatusOK, link)
	rows := strings.Count(string(j.unpack(part)), "\n")
	saved := j.file("part.json.gz", part)
	page := j.url + "/api/machines/SoftwareVulnerabilitiesByMachine"
	downloaded := filepath.Join(j.TempDir(), "downloaded.json.gz")
	for _, test := range []struct {
		name string
		argv []string
		want string
	}{
		{"gzip", []string{"gzip", "-t", saved}, ""},
		{"python stops at the first member", []string{"python3", "-c", `import json, sys, zlib
member = zlib.decompressobj(31)
text = member.decompress(open(sys.argv[1], "rb").read())
assert member.eof and not member.unused_data
print(len([json.loads(line) for line in text.decode().splitlines()]))`, saved}, fmt.Sprintln(rows)},
		{"node inflates a part", []string{"node", "-e", `const text = require("zlib").gunzipSync(require("fs").readFileSync(process.argv[1])).toString()
console.log(text.trimEnd().split("\n").map((line) => JSON.parse(line)).length)`, saved}, fmt.Sprintln(rows)},
		{"node fetches a page", []string{"node", "-e",
			`fetch(process.argv[1], {headers: {Authorization: process.argv[2]}}).then((r) => r.json()).then((page) => console.log(page.value.length))`, page, "Bearer " + j.token}, fmt.Sprintln(rows)},
		{"curl downloads a part", []string{"curl", "-sS", "--fail", "-o", downloaded, link}, ""},
		{"curl asks for a compressed page",
			[]string{"curl", "-sS", "--fail", "--compressed", "-H", "Authorization: Bearer " + j.token, page},
			string(j.get(http.StatusOK, page))},
	} {
		testneed.Command(j, test.argv[0])
		got, err := exec.CommandContext(j.Context(), test.argv[0], test.argv[1:]...).Output()
		if err != nil || string(got) != test.want {
			j.Errorf("%s: %v: %.200q, want %.200q", test.name, err, got, test.want)
		}
	}
	if got, err := os.ReadFile(downloaded); err != nil || string(got) != string(part) {
		j.Errorf("curl downloaded %d bytes, want %d (%v)", len(got), len(part), err)
	}
}
