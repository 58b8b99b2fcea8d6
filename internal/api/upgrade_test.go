package api_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/storetest"
)

// given is what the folder's own program gave to clients (testdata/folders).
type given struct {
	Commit string
	Made   time.Time
	Pages  map[string]struct {
		Next   string // the link to the second page
		Rows   int    // from there on
		SHA256 string
	}
	Files map[string][]string // links, each before the SHA-256 of its file
}

// earlier are the commits whose folders are tested.
var earlier = []string{"91d0a60", "a1bb599", "b2bfb9b", "0f26ab5"}

// openEarlier opens a folder of an earlier commit, just after its last snapshot.
func openEarlier(t *testing.T, commit string) (*lab, given) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "folders", commit+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var g given
	if err := json.Unmarshal(text, &g); err != nil || g.Commit != commit {
		t.Fatalf("%s: %v", commit, err)
	}
	folder := t.TempDir()
	extract(t, filepath.Join("testdata", "folders", commit+".tar.gz"), folder)
	storetest.NeedFolder(t)
	l := labAt(t, folder, g.Made.Add(5*time.Minute),
		func(c *api.Config) { c.PublicURL, c.AnyHost = "https://muster.example.com", true })
	if err := l.publisher.Resume(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	return l, g
}

func extract(t *testing.T, archive, folder string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for entries := tar.NewReader(unzipped); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, filepath.FromSlash(entry.Name))
		if entry.FileInfo().IsDir() {
			err = os.MkdirAll(path, 0o700)
		} else {
			var data []byte
			if data, err = io.ReadAll(entries); err == nil {
				err = os.WriteFile(path, data, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// here returns a link with the server's present address.
func (l *lab) here(link string) string {
	return strings.Replace(link, "https://muster.example.com", l.server.URL, 1)
}

// rowsFrom follows the pages from a link on.
func (l *lab) rowsFrom(link string) (rows []string) {
	l.Helper()
	for next := &link; next != nil; {
		p := l.page(l.get(l.here(*next)))
		for _, row := range p.Value {
			rows = append(rows, string(row))
		}
		next = p.NextLink
	}
	return rows
}

// honours checks that links and tokens still lead to the same content.
func (l *lab) honours(g given) {
	l.Helper()
	for call, pull := range g.Pages {
		rows := l.rowsFrom(pull.Next)
		if got := hashOf([]byte(strings.Join(rows, "\n"))); len(rows) != pull.Rows || got != pull.SHA256 {
			l.Errorf("%s: %d rows after the first page, want %d as they were", call, len(rows), pull.Rows)
		}
	}
	for call, links := range g.Files {
		for i := 0; i < len(links); i += 2 {
			r := l.get(l.here(links[i]))
			if r.StatusCode != http.StatusOK || hashOf(r.body) != links[i+1] {
				l.Errorf("%s: link %d answers with status %d, or another file", call, i/2, r.StatusCode)
			}
		}
	}
}

func hashOf(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// sound checks that verifying finds nothing.
func (l *lab) sound(snapshots, deltas int) {
	l.Helper()
	v, err := l.verifier.Verify(l.Context(), org)
	if err != nil || len(v.Problems)+len(v.Unknown) > 0 || v.Snapshots != snapshots || v.Deltas != deltas {
		l.Errorf("verifying: %+v, %v; want %d snapshots, %d deltas and nothing wrong", v, err, snapshots, deltas)
	}
}

// seenFirst returns the first-seen times of rows, by device and key.
func (l *lab) seenFirst(call, key, time string) map[string]string {
	l.Helper()
	all := map[string]string{}
	for _, row := range l.rowsFrom("https://muster.example.com/api/machines/" + call) {
		var members map[string]any
		if err := json.Unmarshal([]byte(row), &members); err != nil {
			l.Fatal(err)
		}
		all[fmt.Sprint(members["deviceName"], " ", members[key])] = fmt.Sprint(members[time])
	}
	return all
}

// TestEarlierFoldersGoOn: law 7, on folders of earlier commits.
func TestEarlierFoldersGoOn(t *testing.T) {
	for _, commit := range earlier {
		t.Run(commit, func(t *testing.T) { testEarlierFolder(t, commit) })
	}
}

func testEarlierFolder(t *testing.T, commit string) {
	l, g := openEarlier(t, commit)
	l.honours(g)
	l.sound(3, 2)
	findings := l.seenFirst("SoftwareVulnerabilitiesByMachine", "id", "firstSeenTimestamp")
	products := l.seenFirst("SoftwareInventoryByMachine", "softwareName", "softwareFirstSeenTimestamp")
	if len(findings) == 0 || len(products) == 0 {
		t.Fatal("nothing was found in the earlier folder")
	}

	id := hashOf([]byte("web0.example.com"))[:40]
	r := l.do(http.MethodPost, "/v1/reports",
		strings.NewReader(`{"device":{"name":"web0.example.com","id":"`+
			id+`","osPlatform":"Linux","osVersion":"debian_12"},`+
			`"software":[{"name":"Google Chrome","vendor":"Google LLC","version":"120.0","platform":"windows"}]}`),
		"Content-Type: application/json")
	if r.StatusCode != http.StatusAccepted {
		t.Fatalf("reporting: %d %s", r.StatusCode, r.body)
	}
	if r = l.do(http.MethodPost, "/v1/generations?wait=true", nil); r.StatusCode != http.StatusOK {
		t.Fatalf("publishing: %d %s", r.StatusCode, r.body)
	}
	l.honours(g)
	l.sound(4, 3)
	l.keeps("web0", findings, l.seenFirst("SoftwareVulnerabilitiesByMachine", "id", "firstSeenTimestamp"))
	l.keeps("web0", products, l.seenFirst("SoftwareInventoryByMachine", "softwareName", "softwareFirstSeenTimestamp"))
	changed := l.rowsFrom("https://muster.example.com/api/machines/SoftwareVulnerabilityChangesByMachine?sinceTime=" +
		g.Made.Add(time.Minute).Format(time.RFC3339))
	if len(changed) == 0 {
		t.Error("no row of the delta")
	}
	for _, row := range changed {
		if !strings.Contains(row, `"deviceName":"web0.example.com"`) || !strings.Contains(row, `"status":"Fixed"`) {
			t.Errorf("row of the delta: %s", row)
		}
	}

	feed := `{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2024-0001","knownRansomwareCampaignUse":"Known"}]}`
	if r = l.put("/v1/feeds/kev/kev?file=kev.json", feed); r.StatusCode >= 300 {
		t.Fatalf("importing a feed: %d %s", r.StatusCode, r.body)
	}
	for range 17 { // the earlier snapshots retire
		l.advance(24 * time.Hour)
		if r = l.do(http.MethodPost, "/v1/generations?wait=true", nil); r.StatusCode != http.StatusOK {
			t.Fatalf("publishing: %d %s", r.StatusCode, r.body)
		}
		if err := l.publisher.Retire(t.Context(), org); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(l.folder, "files", org, "*", "2026-11-2[34]", "1[248]00", "*", "*",
		"*")); err != nil || len(left) > 0 {
		t.Errorf("files of earlier snapshots are left: %q, %v", left, err)
	}
	v, err := l.verifier.Verify(t.Context(), org)
	if err != nil || len(v.Problems)+len(v.Unknown) > 0 {
		t.Errorf("verifying: %+v, %v", v, err)
	}
	l.keeps("web0", findings, l.seenFirst("SoftwareVulnerabilitiesByMachine", "id", "firstSeenTimestamp"))
}

// Each subtest is named by sentences of doc/contract.md, section 8.
func TestUpgradeOfAnUnchangedFleetChangesNothing(t *testing.T) {
	t.Run("Where a newer version of muster writes rows in another form, the first changes of a fleet that did not "+
		"change are empty. Rows that an earlier version made are shown as that version wrote them", func(t *testing.T) {
		for _, commit := range earlier {
			t.Run(commit, func(t *testing.T) { testUpgradeOfAnUnchangedFleet(t, commit) })
		}
	})
}

func testUpgradeOfAnUnchangedFleet(t *testing.T, commit string) {
	l, g := openEarlier(t, commit)
	before := l.stored()
	if r := l.do(http.MethodPost, "/v1/generations?wait=true", nil); r.StatusCode != http.StatusOK {
		t.Fatalf("publishing: %d %s", r.StatusCode, r.body)
	}
	for d, rows := range l.stored() {
		if defender.Dataset(d) == defender.Configurations { // this version has other checks
			checkOtherChecks(t, rows.delta)
		} else if len(rows.delta) > 0 || len(rows.full) != len(before[d].full) {
			t.Errorf("%v: %d rows, %d before; the delta has rows:\n%s", defender.Dataset(d), len(rows.full), len(before[d].full),
				rows.delta)
		}
		checkForms(t, rows.full)
	}
	l.honours(g)
	l.sound(4, 3)
}

// checkOtherChecks checks changes of configurations that come with another set of checks: rows of new ones, and of
// those that say nothing any more without facts that older collectors do not send. What an old check said stays.
func checkOtherChecks(t *testing.T, delta []string) {
	t.Helper()
	for _, row := range delta {
		if !strings.Contains(row, `"Status":"New"`) && !strings.Contains(row, `"Status":"Fixed"`) {
			t.Errorf("an old check says something else of an unchanged device: %s", row)
		}
	}
}

// storedRows are lines of the files of the newest snapshot.
type storedRows struct{ full, delta []string }

// stored reads all rows of the newest snapshot, of all groups.
func (l *lab) stored() (all [defender.DatasetCount]storedRows) {
	l.Helper()
	newest, err := l.store.Publication.Latest(l.Context(), org)
	if err != nil {
		l.Fatal(err)
	}
	m, err := l.publisher.Manifest(newest)
	if err != nil {
		l.Fatal(err)
	}
	for d := range all {
		for delta, into := range map[bool]*[]string{false: &all[d].full, true: &all[d].delta} {
			parts, err := m.Parts(delta, func(int64) bool { return true }, defender.Dataset(d))
			if err != nil {
				l.Fatal(err)
			}
			read := func(lines []byte) error {
				for line := range bytes.Lines(lines) {
					*into = append(*into, string(line))
				}
				return nil
			}
			if err := l.files.Rows(l.Context(), parts, snapshot.Position{}, parts.End(), read); err != nil {
				l.Fatal(err)
			}
		}
	}
	return all
}

// forms are those of times and numbers in files (doc/contract.md, section 4).
var forms = map[string]*regexp.Regexp{
	"FirstSeenTimestamp":         regexp.MustCompile(`^"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"$`),
	"LastSeenTimestamp":          regexp.MustCompile(`^"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"$`),
	"SoftwareFirstSeenTimestamp": regexp.MustCompile(`^"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"$`),
	"SoftwareLastSeenTimestamp":  regexp.MustCompile(`^"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"$`),
	"Timestamp":                  regexp.MustCompile(`^"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"$`),
	"CvssScore":                  regexp.MustCompile(`^\d+\.\d+$`),
	"ConfigurationImpact":        regexp.MustCompile(`^\d+\.\d+$`),
}

func checkForms(t *testing.T, rows []string) {
	t.Helper()
	for _, line := range rows {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatal(err)
		}
		for key, form := range forms {
			if value := members[key]; value != nil && !form.Match(value) {
				t.Errorf("%s is %s in %s", key, value, line)
			}
		}
	}
}

// keeps checks that the rows of all devices but one have the same first-seen times as before, of which
// a fraction is cut.
func (l *lab) keeps(but string, before, now map[string]string) {
	l.Helper()
	for key, seen := range before {
		if whole, _, _ := strings.Cut(seen, "."); !strings.HasPrefix(key, but) && now[key] != whole {
			l.Errorf("%s was seen first at %s, now %q", key, seen, now[key])
		}
	}
}
