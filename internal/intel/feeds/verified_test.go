package feeds_test

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
)

// publisher is a server that has a hash beside its files, as the source documents it: right, wrong or none.
type publisher struct {
	base    string
	version int
	sums    string // "right", "wrong" or "none"
}

// summed returns the bytes whose hash is told.
func (p *publisher) summed(text []byte) []byte {
	if p.sums == "wrong" {
		return append(bytes.Clone(text), 'x')
	}
	return text
}

func (p *publisher) sha256(text []byte) string {
	sum := sha256.Sum256(p.summed(text))
	return hex.EncodeToString(sum[:])
}

// beside writes a hash that lies beside a file, if there is one.
func (p *publisher) beside(w http.ResponseWriter, text string) {
	if p.sums == "none" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	fmt.Fprint(w, text)
}

// packed is a text of this version, packed by gzip.
func (p *publisher) packed(what string) (packed, plain []byte) {
	plain = fmt.Appendf(nil, `{"%s":%d}`, what, p.version)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(plain)
	_ = z.Close()
	return b.Bytes(), plain
}

// offers are the hashes that publishers offer, and that a fetch compares.
var offers = map[string]struct {
	kind intel.Kind
	name string
	url  string // below the server
	// always: without a hash nothing is fetched.
	always bool
	serve  func(p *publisher, w http.ResponseWriter, name string)
}{
	"digest of a release's asset": {kind: intel.CVE5, url: "/latest", serve: func(p *publisher, w http.ResponseWriter, name string) {
		text := fmt.Appendf(nil, "archive %d", p.version)
		if name == "a.zip" {
			_, _ = w.Write(text)
			return
		}
		digest := ""
		if p.sums != "none" {
			digest = `,"digest":"sha256:` + p.sha256(text) + `"`
		}
		fmt.Fprintf(w, `{"assets":[{"name":"2026-11-29_all_CVEs_at_midnight.zip.zip","browser_download_url":"%s/a.zip"%s}]}`, p.base, digest)
	}},
	"NVD's META files": {kind: intel.NVD, serve: func(p *publisher, w http.ResponseWriter, name string) {
		packed, plain := p.packed(strings.TrimSuffix(strings.TrimSuffix(name, ".json.gz"), ".meta"))
		if strings.HasSuffix(name, ".meta") {
			p.beside(w, fmt.Sprintf("lastModifiedDate:2026-11-29T03:00:01-05:00\r\nsize:%d\r\ngzSize:%d\r\nsha256:%s\r\n", len(plain),
				len(packed), strings.ToUpper(p.sha256(plain))))
			return
		}
		_, _ = w.Write(packed)
	}},
	"CRC32C of Cloud Storage": {kind: intel.OSV, name: "Go", serve: func(p *publisher, w http.ResponseWriter, _ string) {
		text := fmt.Appendf(nil, "archive %d", p.version)
		sum := binary.BigEndian.AppendUint32(nil, crc32.Checksum(p.summed(text), crc32.MakeTable(crc32.Castagnoli)))
		if p.sums != "none" {
			w.Header().Set("X-Goog-Hash", "crc32c="+base64.StdEncoding.EncodeToString(sum))
		}
		_, _ = w.Write(text)
	}},
	"MD5 of Cloud Storage": {kind: intel.OSV, name: "Go", serve: func(p *publisher, w http.ResponseWriter, _ string) {
		text := fmt.Appendf(nil, "archive %d", p.version)
		sum := md5.Sum(p.summed(text))
		if p.sums != "none" {
			w.Header().Add("X-Goog-Hash", "crc32c=!")
			w.Header().Add("X-Goog-Hash", "md5="+base64.StdEncoding.EncodeToString(sum[:]))
			w.Header().Set("X-Goog-Stored-Content-Encoding", "identity")
		}
		_, _ = w.Write(text)
	}},
	"hash beside an archive": {kind: intel.CSAF, name: "Red Hat", serve: func(p *publisher, w http.ResponseWriter, name string) {
		archive := fmt.Sprintf("csaf_vex_2026-11-%02d.tar.zst", p.version*10)
		text := []byte("content of " + archive)
		switch name {
		case "archive_latest.txt":
			fmt.Fprintln(w, archive)
		case "changes.csv": // so many that a new archive is fetched
			for i := range 3000 * (p.version - 1) {
				fmt.Fprintf(w, "\"2026/cve-2026-%04d.json\",\"2026-11-15T00:00:00+00:00\"\n", i)
			}
		case "deletions.csv":
		case archive:
			_, _ = w.Write(text)
		default:
			p.beside(w, p.sha256(text)+"  "+archive+"\n")
		}
	}},
	"hash beside a document": {kind: intel.CSAF, name: "Red Hat", serve: func(p *publisher, w http.ResponseWriter, name string) {
		text := fmt.Appendf(nil, `{"document":{"tracking":{"id":"CVE-2026-0001","version":"%d"}}}`, p.version)
		switch name {
		case "archive_latest.txt":
			fmt.Fprintln(w, "csaf_vex_2026-11-01.tar.zst")
		case "csaf_vex_2026-11-01.tar.zst":
			fmt.Fprint(w, "an archive")
		case "changes.csv":
			fmt.Fprintf(w, "\"2026/cve-2026-0001.json\",\"2026-11-%02dT00:00:00+00:00\"\n", p.version+10)
		case "cve-2026-0001.json":
			_, _ = w.Write(text)
		case "cve-2026-0001.json.sha256":
			p.beside(w, p.sha256(text)+" cve-2026-0001.json")
		case "deletions.csv":
		default:
			w.WriteHeader(http.StatusForbidden) // as object storage says of what is not there
		}
	}},
	"checksum in repomd.xml": {kind: intel.UpdateInfo, name: "Amazon Linux:2023", always: true,
		serve: func(p *publisher, w http.ResponseWriter, name string) {
			packed, _ := p.packed("updates")
			if name != "repomd.xml" {
				_, _ = w.Write(packed)
				return
			}
			fmt.Fprintf(w, `<repomd><data type="updateinfo"><checksum type="sha256">%s</checksum><location href="repodata/updateinfo.xml.gz"/></data></repomd>`,
				p.sha256(packed))
		}},
}

// tlsAlone are the kinds whose publishers offer no hash that a fetch could compare, or none for these files:
// doc/feeds.md says why.
var tlsAlone = []intel.Kind{intel.KEV, intel.EOL, intel.EPSS, intel.MSRC, intel.SOFA, intel.Metasploit, intel.ExploitDB,
	intel.Nuclei, intel.Titles, intel.Checks, intel.Debian, intel.SecDB, intel.Arch, intel.Photon, intel.Ubuntu,
	intel.OVAL, intel.Bodhi}

// Every kind has an answer to what of a fetch is verified, in doc/feeds.md, too: by a hash that is compared, or by the
// connection alone.
func TestEveryKindSaysWhatIsVerified(t *testing.T) {
	text, err := os.ReadFile("../../../doc/feeds.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What is verified\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[intel.Kind]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| ((?:`\\w+`(?:, )?)+) \\| (.*) \\|$").FindAllStringSubmatch(section, -1) {
		for _, kind := range strings.Split(row[1], ", ") {
			if rows[intel.Kind(strings.Trim(kind, "`"))] != "" {
				t.Errorf("doc/feeds.md has two answers for %s", kind)
			}
			rows[intel.Kind(strings.Trim(kind, "`"))] = row[2]
		}
	}
	for _, kind := range feeds.Kinds() {
		offered := false
		for _, o := range offers {
			offered = offered || o.kind == kind
		}
		if offered == slices.Contains(tlsAlone, kind) {
			t.Errorf("kind %s: what is verified is not said, or twice", kind)
		}
		if isAlone := strings.HasPrefix(rows[kind], "nothing"); rows[kind] == "" || isAlone == offered {
			t.Errorf("doc/feeds.md says of kind %s %q; a hash is compared: %t", kind, rows[kind], offered)
		}
	}
}

// contents returns the files of a folder.
func contents(t *testing.T, dst *os.Root) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := fs.ReadDir(dst.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := dst.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}

// A file that has not the hash that its publisher names is refused, and what was fetched before stays. Where the
// publisher names none, the file is taken.
func TestWrongHashesAreRefused(t *testing.T) {
	for name, o := range offers {
		t.Run(name, func(t *testing.T) {
			p := &publisher{sums: "right", version: 1}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				o.serve(p, w, path.Base(r.URL.Path))
			}))
			defer server.Close()
			p.base = server.URL
			dst, err := os.OpenRoot(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer dst.Close()
			feed, err := feeds.New(o.kind, feeds.Config{URL: server.URL + o.url, Ecosystem: o.name})
			if err != nil {
				t.Fatal(err)
			}
			mark, err := feed.Fetch(t.Context(), dst, "")
			if err != nil {
				t.Fatalf("with the right hash: %v", err)
			}
			before := contents(t, dst)
			p.version, p.sums = 2, "wrong"
			next, err := feed.Fetch(t.Context(), dst, mark)
			if !errors.Is(err, intel.ErrSum) || next != mark {
				t.Errorf("with a wrong hash: %v, mark %q, want that of before", err, next)
			}
			if diff := cmp.Diff(before, contents(t, dst)); diff != "" {
				t.Errorf("with a wrong hash files changed (-before +after)\n%s", diff)
			}
			if o.always {
				return
			}
			p.sums = "none"
			if _, err := feed.Fetch(t.Context(), dst, mark); err != nil {
				t.Errorf("without a hash: %v", err)
			}
			if cmp.Equal(before, contents(t, dst)) {
				t.Error("without a hash nothing was fetched")
			}
		})
	}
}
