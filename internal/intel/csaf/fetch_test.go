package csaf_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/csaf"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// publisher is a server of documents as Red Hat's guidelines describe it: an archive with its name in
// archive_latest.txt, documents in folders of years, changes.csv and deletions.csv, newest first.
type publisher struct {
	sync.Mutex
	archive          string // its day
	archived, files  map[string]string
	changed, deleted map[string]time.Time
	asked            []string
	brokenDocument   string // a path that is answered with another document
	busy             bool
}

func (p *publisher) archiveName() string { return "csaf_vex_" + p.archive + ".tar.zst" }

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.Lock()
	defer p.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/vex/")
	if !strings.HasSuffix(path, ".sha256") { // this one has no hashes; those that have are in package feeds
		p.asked = append(p.asked, path)
	}
	switch {
	case p.busy:
		w.WriteHeader(http.StatusServiceUnavailable)
	case path == "archive_latest.txt":
		fmt.Fprintln(w, p.archiveName())
	case path == "changes.csv":
		fmt.Fprint(w, lines(p.changed))
	case path == "deletions.csv":
		fmt.Fprint(w, lines(p.deleted))
	case path == p.archiveName():
		_, _ = w.Write(archiveOf(p.archived))
	case path == p.brokenDocument:
		fmt.Fprint(w, `{"document":{"tracking":{"id":"CVE-1999-0001"}}}`)
	case p.files[path] != "":
		fmt.Fprint(w, p.files[path])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// lines writes a list as it is published.
func lines(times map[string]time.Time) string {
	var list []string
	for path, t := range times {
		list = append(list, fmt.Sprintf("%s\x00%q,%q\n", t.Format(time.RFC3339), path, t.Format("2006-01-02T15:04:05-07:00")))
	}
	slices.Sort(list)
	slices.Reverse(list)
	var b strings.Builder
	for _, line := range list {
		_, line, _ = strings.Cut(line, "\x00")
		b.WriteString(line)
	}
	return b.String()
}

func archiveOf(files map[string]string) []byte {
	var b bytes.Buffer
	z, _ := zstd.NewWriter(&b)
	w := tar.NewWriter(z)
	for path, text := range files {
		_ = w.WriteHeader(&tar.Header{Name: path, Typeflag: tar.TypeReg, Size: int64(len(text)), Mode: 0o600})
		_, _ = w.Write([]byte(text))
	}
	_ = w.Close()
	_ = z.Close()
	return b.Bytes()
}

// publish changes a document at a time; how tells what is said of tar.
func (p *publisher) publish(t *testing.T, id, details string, at time.Time) {
	t.Helper()
	v := vex{id: id, purls: map[string]string{"tar": "pkg:rpm/redhat/tar?arch=src"}, parts: []string{el9 + "tar"},
		status: object{"known_affected": list{el9 + "tar"}}, done: list{none("none_available", details, el9+"tar")}}
	path := "2024/" + strings.ToLower(id) + ".json"
	p.files[path] = strings.ReplaceAll(v.text(t), `"cve":"CVE-2024-0001"`, `"cve":"`+id+`"`)
	p.changed[path] = at
	delete(p.deleted, path)
}

func (p *publisher) withdraw(id string, at time.Time) {
	path := "2024/" + strings.ToLower(id) + ".json"
	delete(p.files, path)
	delete(p.changed, path)
	p.deleted[path] = at
}

func (p *publisher) pack(day string) {
	p.archive, p.archived = day, map[string]string{}
	for path, text := range p.files {
		p.archived[path] = text
	}
}

// requests returns what was asked for since the last call, without the lists.
func (p *publisher) requests() []string {
	p.Lock()
	defer p.Unlock()
	asked := slices.DeleteFunc(p.asked, func(path string) bool {
		return path == "archive_latest.txt" || path == "changes.csv" || path == "deletions.csv"
	})
	p.asked = nil
	return asked
}

// said reads a folder: the state of tar by CVE.
func said(t *testing.T, dir fs.FS) map[string]string {
	t.Helper()
	records, odd := inteltest.Parse(t, csaf.Feed{}, dir)
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	got := map[string]string{}
	for _, r := range records {
		got[r.CVE.ID] += r.Packages[0].Fix.State.String()
	}
	return got
}

func TestFetch(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2024, 3, n, 12, 0, 0, 0, time.UTC) }
	p := &publisher{files: map[string]string{}, changed: map[string]time.Time{}, deleted: map[string]time.Time{}}
	p.publish(t, "CVE-2024-0001", "Affected", day(1))
	p.publish(t, "CVE-2024-0002", "Affected", day(2))
	p.publish(t, "CVE-2024-0003", "Affected", day(3))
	p.pack("2024-03-04")
	server := httptest.NewServer(p)
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	feed := csaf.Feed{URL: server.URL + "/vex/"}
	var mark intel.Mark
	step := func(what string, want map[string]string, asked ...string) {
		t.Helper()
		next, err := feed.Fetch(t.Context(), dst, mark)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		mark = next
		if diff := cmp.Diff(want, said(t, dst.FS())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff(asked, p.requests(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", what, diff)
		}
	}
	const one, two, three = "CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003"
	// A document of the day before the archive is fetched again: the archive may be older than its name says.
	step("the first time", map[string]string{one: "pending", two: "pending", three: "pending"},
		p.archiveName(), "2024/cve-2024-0003.json")
	before := mark
	step("nothing new", map[string]string{one: "pending", two: "pending", three: "pending"})
	if mark != before {
		t.Errorf("the mark changed: %s", mark)
	}
	p.publish(t, two, "Fix deferred", day(5))
	step("a change", map[string]string{one: "pending", two: "deferred", three: "pending"}, "2024/cve-2024-0002.json")
	p.withdraw(one, day(6))
	p.withdraw(two, day(6))
	step("removed", map[string]string{three: "pending"})
	p.publish(t, two, "Affected", day(7))
	step("published again", map[string]string{two: "pending", three: "pending"}, "2024/cve-2024-0002.json")
	p.pack("2024-03-08")
	step("a new archive alone is not fetched", map[string]string{two: "pending", three: "pending"})
	mark = ""
	step("from the beginning", map[string]string{two: "pending", three: "pending"}, p.archiveName(), "2024/cve-2024-0002.json")
}

// A fetch that fails leaves the feed as it was.
func TestFetchFails(t *testing.T) {
	p := &publisher{files: map[string]string{}, changed: map[string]time.Time{}, deleted: map[string]time.Time{}}
	p.publish(t, "CVE-2024-0001", "Affected", time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))
	p.pack("2024-03-04")
	server := httptest.NewServer(p)
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	feed := csaf.Feed{URL: server.URL + "/vex"}
	mark, err := feed.Fetch(t.Context(), dst, "")
	if err != nil {
		t.Fatal(err)
	}
	p.publish(t, "CVE-2024-0002", "Affected", time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC))
	for _, test := range []struct {
		what  string
		spoil func()
	}{
		{"another document", func() { p.brokenDocument = "2024/cve-2024-0002.json" }},
		{"no document", func() { delete(p.files, "2024/cve-2024-0002.json"); p.brokenDocument = "" }},
		{"a name that leads elsewhere", func() { p.changed["../../etc/passwd.json"] = time.Unix(1710000000, 0) }},
		{"busy", func() { p.busy = true }},
	} {
		test.spoil()
		if next, err := feed.Fetch(t.Context(), dst, mark); err == nil || next != mark {
			t.Errorf("%s: %v", test.what, err)
		}
		if diff := cmp.Diff(map[string]string{"CVE-2024-0001": "pending"}, said(t, dst.FS())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
	p.busy, p.archive = false, "../x"
	if _, err := feed.Fetch(t.Context(), dst, mark); err == nil {
		t.Error("an archive of a name that leads elsewhere is fetched")
	}
}
