package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/testneed"
)

// The one CVE of these tests.
const movedCVE = `{"cveMetadata":{"cveId":"CVE-2024-7964","state":"PUBLISHED","assignerShortName":"Chrome"},"containers":{"cna":{"affected":[
 {"vendor":"Google","product":"Chrome","versions":[
  {"version":"128.0.6613.84","status":"affected","lessThan":"128.0.6613.84","versionType":"custom"}]}]}}}`

// chrome is a report of a device that has a version of Chrome.
func chrome(name, version string) string {
	return `{"device":{"name":"` + name + `","osPlatform":"Windows11","osVersion":"10.0.22631.4751","osArchitecture":"x64"},"software":[` +
		`{"kind":"windows","vendor":"Google LLC","name":"Google Chrome","version":"` + version + `"}]}` + "\n"
}

const (
	affectedChrome = "127.0.6533.88"
	mendedChrome   = "128.0.6613.84"

	movedPull    = "/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=1"
	movedExport  = "/api/machines/SoftwareVulnerabilitiesExport"
	movedChanges = "/api/machines/SoftwareVulnerabilityChangesByMachine?sinceTime="
)

// movedScene is a data folder, or the places of nodes, with two snapshots, and what clients have of it.
type movedScene struct {
	*cluster
	data   string   // the folder; "" for places
	alone  []string // the environment without the places
	reader control.Issued
	token  string
	secret string // of an enrolment
	record string // the file of its one feed
	// nextLink is that of the first page of a pull, rest the rows of the pages behind it, links are to files,
	// files what they have.
	nextLink string
	rest     []string
	links    []string
	files    []string
	since    string // when the second snapshot was generated
}

// newMovedScene makes a folder, or uses the places if that is "", with the real program.
func newMovedScene(t *testing.T, c *cluster, data string) *movedScene {
	s := &movedScene{cluster: c, data: data}
	s.alone = slices.DeleteFunc(slices.Clone(c.env), func(v string) bool {
		return strings.HasPrefix(v, "MUSTER_DATABASE=") || strings.HasPrefix(v, "MUSTER_FILES=")
	})
	if err := json.Unmarshal([]byte(s.here("client", "add", "reader", "--json", "--permission",
		"Muster.Manage.All,Reports.Write.All,Vulnerability.Read.All")), &s.reader); err != nil {
		t.Fatal(err)
	}
	s.record = filepath.Join(t.TempDir(), "CVE-2024-7964.json")
	if err := os.WriteFile(s.record, []byte(movedCVE), 0o600); err != nil {
		t.Fatal(err)
	}
	s.here("feed", "import", "cve5", s.record, "--name", "records")
	var enrolment control.CreatedEnrollment
	if err := json.Unmarshal([]byte(s.here("enroll", "create", "rollout", "--count", "2", "--json")), &enrolment); err != nil {
		t.Fatal(err)
	}
	s.secret = enrolment.Secret
	m := s.origin()
	var err error
	if s.token, err = tokenOf(m.url, s.reader); err != nil {
		t.Fatal(err)
	}
	s.report(m, chrome("a", affectedChrome)+chrome("b", affectedChrome)+chrome("c", mendedChrome))
	second := s.report(m, chrome("c", affectedChrome)+chrome("d", affectedChrome))
	s.since = url.QueryEscape(second.GeneratedTime.UTC().Format(time.RFC3339))
	s.nextLink = s.firstLink(m)
	s.rest = s.pull(m, s.nextLink)
	var made defender.ExportFilesResponse
	s.decode(s.do(m, s.token, http.MethodGet, movedExport, "", http.StatusOK), &made)
	for _, link := range made.ExportFiles {
		s.links = append(s.links, at(m, link))
		s.files = append(s.files, string(s.do(m, "", http.MethodGet, at(m, link), "", http.StatusOK)))
	}
	if len(s.rest) != 3 || len(s.links) == 0 {
		t.Fatalf("%d rows behind the first page, %d links", len(s.rest), len(s.links))
	}
	s.stop(m)
	return s
}

// origin starts a server of what the scene was made with.
func (s *movedScene) origin() *member {
	s.Helper()
	if s.data == "" {
		return s.start("one")
	}
	return s.serve(s.alone, "--data", s.data)
}

// here runs a command on the folder, or on the places, that must succeed.
func (s *movedScene) here(args ...string) string {
	s.Helper()
	if s.data == "" {
		return s.muster(args...)
	}
	return (&cluster{TB: s.TB, env: append(slices.Clone(s.alone), "MUSTER_DATA="+s.data)}).muster(args...)
}

func (s *movedScene) decode(text []byte, into any) {
	s.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		s.Fatalf("%v: %.500s", err, text)
	}
}

// report sends reports and publishes.
func (s *movedScene) report(m *member, reports string) (made control.Generation) {
	s.Helper()
	s.do(m, s.token, http.MethodPost, "/v1/reports", reports, http.StatusAccepted)
	s.decode(s.do(m, s.token, http.MethodPost, "/v1/generations?wait=true", "", http.StatusOK), &made)
	return made
}

// firstLink is the nextLink of the first page of a new pull.
func (s *movedScene) firstLink(m *member) string {
	s.Helper()
	var page defender.Page[json.RawMessage]
	s.decode(s.do(m, s.token, http.MethodGet, movedPull, "", http.StatusOK), &page)
	return at(m, page.NextLink)
}

// pull returns the rows of a page and of those behind it.
func (s *movedScene) pull(m *member, address string) (rows []string) {
	s.Helper()
	for next := address; next != ""; {
		var page defender.Page[json.RawMessage]
		s.decode(s.do(m, s.token, http.MethodGet, next, "", http.StatusOK), &page)
		for _, row := range page.Value {
			rows = append(rows, string(row))
		}
		next = at(m, page.NextLink)
	}
	return rows
}

// goesOn checks that everything that the folder's server gave out is good at a member, and has the same bytes.
func (s *movedScene) goesOn(m *member) {
	s.Helper()
	if diff := cmp.Diff(s.rest, s.pull(m, s.nextLink)); diff != "" {
		s.Errorf("the rest of the pull (-before +after):\n%s", diff)
	}
	for i, link := range s.links {
		if got := string(s.do(m, "", http.MethodGet, link, "", http.StatusOK)); got != s.files[i] {
			s.Errorf("link %s has other bytes", link)
		}
	}
	if _, err := tokenOf(m.url, s.reader); err != nil {
		s.Errorf("the client's secret: %v", err)
	}
}

// next is the pull of the changes by one more report, without the times in them.
func (s *movedScene) next(m *member) []string {
	s.Helper()
	s.report(m, chrome("a", mendedChrome)+chrome("e", affectedChrome))
	rows := s.pull(m, movedChanges+s.since)
	for i := range rows {
		rows[i] = regexp.MustCompile(`"[^"]*Timestamp": ?"[^"]*"`).ReplaceAllString(rows[i], "")
	}
	slices.Sort(rows)
	return rows
}

// TestMove takes a folder of the real program to PostgreSQL and S3, is killed on the way, goes on, and serves
// the new place: what clients have goes on, and the next snapshot is what it would have been.
func TestMove(t *testing.T) {
	s := newMovedScene(t, newClusterOn(t, testneed.S3(t)), filepath.Join(t.TempDir(), "data"))
	key := strings.Repeat("4f", 32)
	s.env = append(s.env, "MUSTER_KEY="+key)
	if err := os.CopyFS(s.data+"-copy", os.DirFS(s.data)); err != nil {
		t.Fatal(err)
	}
	moving := slices.Concat(s.env, []string{"MUSTER_DATA=" + s.data})
	kills := 0
	for wait := 60 * time.Millisecond; ; wait += wait / 2 {
		command := exec.Command("muster", "move", "--json")
		command.Env = moving
		var out, complaint strings.Builder
		command.Stdout, command.Stderr = &out, &complaint
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(wait, func() { _ = command.Process.Kill() })
		err := command.Wait()
		if timer.Stop() {
			if err != nil {
				t.Fatalf("after %d kills: %v\n%s%s", kills, err, &out, &complaint)
			}
			s.told(out.String())
			break
		}
		kills++
	}
	t.Logf("the move was killed %d times", kills)

	refused := exec.Command("muster", "serve", "--data", s.data, "--listen", "127.0.0.1:0")
	refused.Env = s.alone
	if out, err := refused.CombinedOutput(); refused.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "the data folder was moved") {
		t.Errorf("the folder is served: %v\n%s", err, out)
	}
	if out := s.muster("move", "--data", s.data, "--json"); !strings.Contains(out, `"before": true`) {
		t.Errorf("moved again: %s", out)
	}
	s.muster("verify")

	one := s.start("one")
	if strings.Contains(one.out.String(), "clientSecret") {
		t.Error("another administrator was made")
	}
	s.goesOn(one)
	s.do(one, "", http.MethodPost, "/v1/enroll", `{"secret":"`+s.secret+`","device":{"name":"f"}}`, http.StatusCreated)
	there := s.next(one)
	s.stop(one)
	alone := s.serve(s.alone, "--data", s.data+"-copy")
	if diff := cmp.Diff(s.next(alone), there); diff != "" || len(there) != 2 {
		t.Errorf("the next changes of the folder and of the new place (-folder +place):\n%s", diff)
	}
	s.stop(alone)
	s.muster("verify")
}

// told checks what a move printed. One that was killed after its last step has nothing to tell.
func (s *movedScene) told(text string) {
	s.Helper()
	var moved struct {
		Before bool
		Tables []struct {
			Name string
			Rows int64
		}
		Folders []struct {
			Name  string
			Files int
		}
		Left []string
	}
	if s.decode([]byte(text), &moved); moved.Before {
		return
	}
	counts := map[string]int64{}
	for _, table := range moved.Tables {
		counts[table.Name] = table.Rows
	}
	for _, f := range moved.Folders {
		counts[f.Name+"/"] = int64(f.Files)
	}
	for name, want := range map[string]int64{"device": 4, "snapshot": 2, "client": 2, "enrollment": 1, "feed": 1, "feed/": 1, "table/": 1} {
		if counts[name] != want {
			s.Errorf("%s: %d, want %d of %v", name, counts[name], want, slices.Sorted(maps.Keys(counts)))
		}
	}
	if want := []string{node.AdministratorFile, node.AuditFile}; !slices.Equal(moved.Left, want) {
		s.Errorf("left %q, want %q", moved.Left, want)
	}
}
