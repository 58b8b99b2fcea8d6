package feeds_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/osv"
)

// source is a server of files that supports validators and records what it sent.
type source struct {
	files map[string]string
	sent  []string
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, ok := s.files[r.URL.EscapedPath()]
	tag := fmt.Sprintf(`"%x"`, len(text))
	switch {
	case !ok:
		http.NotFound(w, r)
	case r.Header.Get("If-None-Match") == tag:
		w.WriteHeader(http.StatusNotModified)
	default:
		s.sent = append(s.sent, r.URL.EscapedPath())
		w.Header().Set("ETag", tag)
		fmt.Fprint(w, text)
	}
}

func serve(t *testing.T, files map[string]string) (*source, string) {
	t.Helper()
	s := &source{files: files}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func folder(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// archive makes a zip with one entry.
func archive(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tarball is a packed archive of one file.
func tarball(t *testing.T, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(text)), Mode: 0o600})
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err = errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every kind fetches a first time, gets nothing new the second time, takes a change, and parses
// what it fetched. (Package nvd tests its many files.)
func TestFetchThenParse(t *testing.T) {
	records := archive(t, "cves/CVE-2024-0001.json", `{"cveMetadata":{"cveId":"CVE-2024-0001","state":"REJECTED"}}`)
	release := func(address string) string {
		return fmt.Sprintf(`{"assets":[{"name":"2026-01-01_delta_CVEs_at_0100Z.zip","browser_download_url":"%[1]s/delta"},
			{"name":"2026-01-01_all_CVEs_at_midnight.zip.zip","browser_download_url":"%[1]s/all.zip.zip"}]}`, address)
	}
	tests := []struct {
		config     feeds.Config
		kind       intel.Kind
		start      string // the path in the feed's URL
		path, text string // the file it fetches
		source     string // the record in it
	}{
		{kind: intel.KEV, start: "/kev", path: "/kev", text: `{"vulnerabilities":[{"cveID":"CVE-2024-0001"}]}`,
			source: "CVE-2024-0001"},
		{kind: intel.EOL, start: "/full", path: "/full", text: `{"result":[{"name":"python"}]}`, source: "python"},
		{kind: intel.SOFA, start: "/v2", path: "/v2", source: "macOS Sequoia 15.1", text: `{"OSVersions":[{"SecurityReleases":[
			{"UpdateName":"macOS Sequoia 15.1","ProductVersion":"15.1","CVEs":{"CVE-2024-0001":{}}}]}]}`},
		{kind: intel.Metasploit, start: "/m", path: "/m", source: "exploit/a/b",
			text: `{"exploit_a/b":{"fullname":"exploit/a/b","type":"exploit","references":["CVE-2024-0001"],"mod_time":""}}`},
		{kind: intel.ExploitDB, start: "/e", path: "/e", source: "EDB-1",
			text: "id,file,type,platform,port,date_updated,verified,codes\n1,a.py,remote,linux,,2024-01-01,1,CVE-2024-0001\n"},
		{kind: intel.Nuclei, start: "/n", path: "/n", source: "CVE-2024-0001",
			text: `{"ID":"CVE-2024-0001","Info":{"Name":"x"},"file_path":"a.yaml"}`},
		{kind: intel.OSV, start: "/", path: "/AlmaLinux:9/all.zip",
			text: archive(t, "A.json", `{"id":"ALSA-1"}`), source: "ALSA-1",
			config: feeds.Config{Ecosystem: "AlmaLinux:9"}},
		{kind: intel.Ubuntu, start: "/main.tar.gz", path: "/main.tar.gz", source: "CVE-2024-0001", text: tarball(t, "n/vex/cve/a.json",
			`{"@context":"https://openvex.dev/ns/v0.2.0","author":"Canonical Ltd.","statements":[{"vulnerability":{"name":"CVE-2024-0001"},
			"status":"affected","products":[{"@id":"pkg:deb/ubuntu/a@1?arch=source&distro=jammy"}]}]}`)},
		{kind: intel.CVE5, start: "/latest", path: "/all.zip.zip", text: archive(t, "cves.zip", records),
			source: "CVE-2024-0001"},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			server, address := serve(t, map[string]string{tt.path: tt.text})
			server.files["/latest"] = release(address)
			tt.config.URL = address + tt.start
			feed, err := feeds.New(tt.kind, tt.config)
			if err != nil {
				t.Fatal(err)
			}
			dst := folder(t)
			fetch := func(since intel.Mark, sends bool) intel.Mark {
				t.Helper()
				server.sent = nil
				mark, err := feed.Fetch(t.Context(), dst, since)
				if err != nil {
					t.Fatal(err)
				}
				if slices.Contains(server.sent, tt.path) != sends {
					t.Errorf("the server sent %q", server.sent)
				}
				return mark
			}
			mark := fetch("", true)
			if again := fetch(mark, false); again != mark {
				t.Errorf("the mark of an unchanged source went from %q to %q", mark, again)
			}
			got, odd := inteltest.Parse(t, feed, dst.FS())
			if len(odd) > 0 || len(got) != 1 || got[0].Source != tt.source {
				t.Errorf("parsed %+v, left out %v; want %q", got, odd, tt.source)
			}
			server.files[tt.path] += " "
			if changed := fetch(mark, true); changed == mark {
				t.Errorf("the mark of a changed source is still %q", mark)
			}
		})
	}
}

func TestNew(t *testing.T) {
	for _, kind := range feeds.Kinds() {
		if feed, err := feeds.New(kind, feeds.Config{}); err != nil || feed == nil {
			t.Errorf("New(%q) = %v, %v", kind, feed, err)
		}
	}
	if feed, err := feeds.New("xml", feeds.Config{}); err == nil {
		t.Errorf("New(xml) = %v, want an error", feed)
	}
}

// TestAddress: a release of a distribution is in the archive of all releases, unless a mirror has
// archives of releases.
func TestAddress(t *testing.T) {
	const bucket = "https://storage.googleapis.com/osv-vulnerabilities/"
	for _, test := range []struct {
		kind       intel.Kind
		name, want string
	}{
		{intel.OSV, "Debian:12", bucket + "Debian/all.zip"}, {intel.OSV, "Rocky Linux:9", bucket + "Rocky%20Linux/all.zip"},
		{intel.OSV, "npm", bucket + "npm/all.zip"}, {intel.NVD, "nvd", "https://nvd.nist.gov/vuln/data-feeds"},
		{intel.MSRC, "msrc", "https://api.msrc.microsoft.com/cvrf/v3.0/updates"},
		{intel.MSRC, "wesng", "https://raw.githubusercontent.com/bitsadmin/wesng/master/definitions.zip"},
		{intel.NVD, "overrides", "https://github.com/anchore/nvd-data-overrides"}, {"other", "x", ""},
	} {
		if got := feeds.Address(test.kind, test.name); got != test.want {
			t.Errorf("%s %s: %q", test.kind, test.name, got)
		}
	}
	if got := (osv.Feed{URL: "https://mirror.example.com/osv/", Ecosystem: "Debian:12"}).Address(); got !=
		"https://mirror.example.com/osv/Debian:12/all.zip" {
		t.Errorf("of a mirror: %q", got)
	}
}
