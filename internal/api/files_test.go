package api_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
	"github.com/muster-project/muster/internal/testneed"
)

// oneLink publishes a snapshot of one part and returns the link to it.
func oneLink(l *lab) (link string, content []byte) {
	l.Helper()
	l.seal(l.fleet(0, 0, 3, 4))
	link = l.links(l.call("SoftwareVulnerabilitiesExport")).ExportFiles[0]
	r := l.get(link)
	if r.StatusCode != http.StatusOK {
		l.Fatalf("status %d: %s", r.StatusCode, r.body)
	}
	return link, r.body
}

func TestSection5(t *testing.T) {
	l := newLab(t)
	link, content := oneLink(l)
	t.Run("A file is gzip with a single member … A line is one JSON object and ends with `\\n`. The text is UTF-8 "+
		"and has no BOM", func(t *testing.T) {
		text := unpack(t, string(content))
		if lines := strings.Split(text, "\n"); len(lines) != 13 || lines[12] != "" {
			t.Fatalf("%d lines", len(lines))
		}
		for line := range strings.Lines(text) {
			if !json.Valid([]byte(line)) || !strings.HasPrefix(line, `{"Id":"`) {
				t.Errorf("line %q", line)
			}
		}
	})
	t.Run("A link is answered by 200, the type `application/octet-stream` … and a `Content-Length`. The reply has no "+
		"`Content-Encoding`, is no redirect and asks for no credential", func(t *testing.T) {
		r := l.get(link, "Accept-Encoding: gzip")
		l.equal("status", r.StatusCode, 200)
		l.equal("type", r.Header.Get("Content-Type"), "application/octet-stream")
		l.equal("length", r.Header.Get("Content-Length"), strconv.Itoa(len(content)))
		l.equal("encoding", r.Header.Values("Content-Encoding"), []string(nil))
		l.equal("body", r.body, content)
	})
	t.Run("A bearer token that comes along does no harm", func(t *testing.T) {
		l.equal("status", l.get(link, "Authorization: Bearer stray").StatusCode, 200)
	})
	t.Run("`HEAD` and `Range` work", func(t *testing.T) {
		head := l.do(http.MethodHead, link, nil)
		l.equal("length", head.Header.Get("Content-Length"), strconv.Itoa(len(content)))
		l.equal("ranges", head.Header.Get("Accept-Ranges"), "bytes")
		for _, name := range []string{"Range", "x-ms-range"} {
			r := l.get(link, name+": bytes=10-19")
			l.equal("status", r.StatusCode, http.StatusPartialContent)
			l.equal("range", r.Header.Get("Content-Range"), fmt.Sprintf("bytes 10-19/%d", len(content)))
			l.equal("body", r.body, content[10:20])
		}
		tag := head.Header.Get("Etag")
		if !regexp.MustCompile(`^"0x[0-9A-F]{16}"$`).MatchString(tag) {
			t.Errorf("ETag %q", tag)
		}
		l.equal("If-Range, same", l.get(link, "Range: bytes=10-19", "If-Range: "+tag).StatusCode, 206)
		l.equal("If-Range, other", l.get(link, "Range: bytes=10-19", `If-Range: "0x1"`).StatusCode, 200)
		l.equal("If-None-Match", l.get(link, "If-None-Match: "+tag).StatusCode, 304)
		bad := l.get(link, "Range: bytes=9999999-")
		l.refused(bad, http.StatusRequestedRangeNotSatisfiable, "RequestedRangeNotSatisfiable")
		l.equal("range", bad.Header.Get("Content-Range"), fmt.Sprintf("bytes */%d", len(content)))
	})
	t.Run("Files without rows are not listed", func(t *testing.T) {
		empty := newLab(t)
		empty.seal(empty.fleet(0, 0, 3, 0))
		if files := empty.links(empty.call("SoftwareVulnerabilitiesExport")).ExportFiles; len(files) != 0 {
			t.Errorf("links %q", files)
		}
	})
	t.Run("The path of a link is … which one strict client takes apart. In place of `flat-va` the other datasets "+
		"have `ScaExport`, `SoftwareInventory`, `NonCpeSoftwareInventory` and `DeltaVa`. Changes that only muster has are in "+
		"`DeltaSca`, `DeltaSoftwareInventory` and `DeltaNonCpeSoftwareInventory`. The slashes of a link are not escaped", func(t *testing.T) {
		for call, folder := range map[string]string{
			"SoftwareVulnerabilitiesExport": "flat-va", "SecureConfigurationsAssessmentExport": "ScaExport",
			"SoftwareInventoryExport": "SoftwareInventory", "SoftwareInventoryNonCpeExport": "NonCpeSoftwareInventory",
			"SoftwareVulnerabilityChangesExport?sinceTime=" + since: "DeltaVa",

			"SecureConfigurationChangesExport?sinceTime=" + since:            "DeltaSca",
			"SoftwareInventoryChangesExport?sinceTime=" + since:              "DeltaSoftwareInventory",
			"SoftwareInventoryNoProductCodeChangesExport?sinceTime=" + since: "DeltaNonCpeSoftwareInventory",
		} {
			form := regexp.MustCompile(`^` + regexp.QuoteMeta(l.server.URL) + `/tvm-export/` + org + `/` + folder +
				`/2026-11-23/1200/json/_RbacGroupId=0/part-00000-[0-9a-f-]{36}\.c000\.json\.gz` +
				`\?sv=[^&]+&st=[^&]+&se=[^&]+&sr=b&sp=r&sig=[^&]+$`)
			for _, link := range l.links(l.call(call)).ExportFiles {
				if !form.MatchString(link) {
					t.Errorf("link %q", link)
				}
				l.equal(call, l.get(link).StatusCode, 200)
			}
		}
	})
	t.Run("A client may send `%2F` for a slash, as Azure's URL builder does, and `%3D` for `=`. The signature is "+
		"over the decoded name", func(t *testing.T) {
		address, query, _ := strings.Cut(link, "?")
		name := strings.TrimPrefix(address, l.server.URL+"/tvm-export/")
		for _, escaped := range []string{url.PathEscape(name), strings.ReplaceAll(url.PathEscape(name), "=", "%3D"),
			strings.ReplaceAll(name, "=", "%3D")} {
			r := l.get("/tvm-export/" + escaped + "?" + query)
			if r.StatusCode != 200 || !bytes.Equal(r.body, content) {
				t.Errorf("%s: status %d", escaped, r.StatusCode)
			}
		}
	})
}

// azureError checks the XML of a refused link and returns its detail.
func (l *lab) azureError(r reply) string {
	l.Helper()
	var e struct {
		XMLName                                  xml.Name `xml:"Error"`
		Code, Message, AuthenticationErrorDetail string
	}
	if err := xml.Unmarshal(r.body, &e); err != nil || r.StatusCode != http.StatusForbidden ||
		e.Code != "AuthenticationFailed" || e.Message == "" {
		l.Errorf("status %d, %v: %s", r.StatusCode, err, r.body)
	}
	if got := r.Header.Get("Content-Type"); got != "application/xml" {
		l.Errorf("Content-Type %q", got)
	}
	return e.AuthenticationErrorDetail
}

func TestRefusedLinks(t *testing.T) {
	l := newLab(t)
	link, _ := oneLink(l)
	const phrase = "Signature not valid in the specified key time frame: "
	t.Run("Before and after its time a link gets 403 with a body as Azure's storage has it", func(t *testing.T) {
		for _, move := range []time.Duration{time.Hour, -70 * time.Minute} {
			l.advance(move)
			if detail := l.azureError(l.get(link)); !strings.HasPrefix(detail, phrase) {
				t.Errorf("detail %q", detail)
			}
		}
		l.advance(10*time.Minute - time.Second)
		l.equal("st lies slightly in the past", l.get(link).StatusCode, 200)
		l.advance(time.Second)
	})
	t.Run("A link whose signature is wrong gets 403 with that code and another detail", func(t *testing.T) {
		for _, forged := range []string{
			strings.Replace(link, "sig=", "sig=A", 1), strings.Replace(link, "sr=b", "sr=c", 1),
			strings.Replace(link, "sp=r", "sp=rw", 1),
			strings.Replace(link, "2026-11-23T13", "2026-11-23T14", 1), strings.Replace(link, "part-00000", "part-00001", 1),
			strings.Replace(link, "sv=20", "sv=30", 1), strings.Split(link, "?")[0],
			l.server.URL + "/tvm-export/%2e%2e%2fmuster.db?sig=x",
		} {
			if detail := l.azureError(l.get(forged)); detail == "" || strings.Contains(detail, "time frame") {
				t.Errorf("%s: detail %q", forged, detail)
			}
		}
	})
	t.Run("links of another key", func(t *testing.T) {
		l.config.Keys = strangeKeys(l)
		before := l.server.URL
		l.start()
		l.azureError(l.get(strings.Replace(link, before, l.server.URL, 1)))
	})
}

func TestLinksAndRetention(t *testing.T) {
	l := newLab(t)
	full, _ := oneLink(l)
	delta := l.links(l.call("SoftwareVulnerabilityChangesExport?sinceTime=" + since)).ExportFiles[0]
	first, err := l.store.Publication.Latest(t.Context(), org)
	if err != nil {
		t.Fatal(err)
	}
	l.advance(time.Minute)
	l.seal(l.fleet(0, 0, 1, 1))
	l.equal("superseded", l.get(full).StatusCode, 200)
	if err := l.retain(first.Number, publication.Retiring, publication.Kept); err != nil {
		t.Fatal(err)
	}
	l.refused(l.get(full), 404, defender.CodeResourceNotFound)
	l.equal("delta is kept", l.get(delta).StatusCode, 200)
	if err := l.retain(first.Number, publication.Kept, publication.Retiring); err != nil {
		t.Fatal(err)
	}
	l.equal("full is kept", l.get(full).StatusCode, 200)
	l.refused(l.get(delta), 404, defender.CodeResourceNotFound)
}

// fileNamed returns the path of the file whose name has all words.
func (l *lab) fileNamed(words ...string) (name string) {
	l.Helper()
	storetest.NeedFolder(l)
	err := filepath.WalkDir(filepath.Join(l.folder, "files"), func(path string, e os.DirEntry, err error) error {
		for _, word := range words {
			if err != nil || e.IsDir() || !strings.Contains(path, word) {
				return err
			}
		}
		name = path
		return nil
	})
	if err != nil || name == "" {
		l.Fatalf("no file with %q: %v", words, err)
	}
	return name
}

// damage changes one byte of the file whose name has all words.
func (l *lab) damage(at int, words ...string) {
	l.Helper()
	name := l.fileNamed(words...)
	data, err := os.ReadFile(name)
	if err != nil {
		l.Fatal(err)
	}
	data[at] ^= 0xff
	if err := os.WriteFile(name, data, 0o600); err != nil {
		l.Fatal(err)
	}
}

func TestDamage(t *testing.T) {
	t.Run("a damaged part is never served as if whole", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 3, 4))
		link := l.links(l.call("SoftwareVulnerabilitiesExport")).ExportFiles[0]
		l.damage(30, "flat-va")
		for _, r := range []reply{l.get(link), l.call("SoftwareVulnerabilitiesByMachine"),
			l.call("SoftwareVulnerabilitiesByMachine", "Accept-Encoding: gzip")} {
			message := l.refused(r, http.StatusInternalServerError, defender.CodeInternalServerError)
			if strings.Contains(message, "flat-va") || !strings.Contains(l.log.String(), r.Header.Get("X-Request-Id")) ||
				!strings.Contains(l.log.String(), "flat-va") {
				t.Errorf("message %q, log %s", message, l.log)
			}
			l.equal("encoding of an error", r.Header.Get("Content-Encoding"), "")
		}
	})
	t.Run("when reading fails in the middle the connection is cut", func(t *testing.T) {
		l := newLab(t)
		l.seal(l.fleet(0, 0, 40, 50), l.fleet(0, 40, 41, 1))
		l.damage(30, "flat-va", "part-00001")
		for _, accepted := range []string{"identity", "gzip"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
				l.server.URL+"/api/machines/SoftwareVulnerabilitiesByMachine", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", accepted)
			response, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				continue // cut before the client saw the header
			}
			got, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err == nil {
				t.Errorf("%s: %d bytes read to a clean end", accepted, len(got))
			}
		}
	})
}

func TestFailedGeneration(t *testing.T) {
	l := newLab(t)
	const wait = "/v1/generations?wait=true"
	l.accept(report("one.example.com", "1.0"), jsonBody)
	l.equal("the first", l.do(http.MethodPost, wait, nil).StatusCode, 200)
	l.damage(40, "/sheet/")
	message := l.refused(l.do(http.MethodPost, wait, nil), http.StatusInternalServerError, control.CodeSnapshotDamaged)
	if !strings.Contains(message, "rebuild=true") || !strings.Contains(message, "sheet") {
		t.Errorf("message %q", message)
	}
	var second struct{ State, Failure string }
	l.decode(l.get("/v1/generations/2"), 200, &second)
	if second.State != "failed" || !strings.Contains(second.Failure, "sheet") {
		t.Errorf("generation %+v", second)
	}
	l.advance(time.Minute)
	since := l.clock()
	l.advance(time.Minute)
	l.equal("a rebuilt one", l.do(http.MethodPost, wait+"&rebuild=true", nil).StatusCode, 200)
	delta := "SoftwareVulnerabilityChangesByMachine?sinceTime=" + since.UTC().Format(time.RFC3339)
	if message := l.refused(l.call(delta), http.StatusGone, "Gone"); !strings.Contains(message, "rebuilt") {
		t.Errorf("message %q", message)
	}
	l.equal("rows of the first stay", len(l.page(l.call("SoftwareInventoryNoProductCodeByMachine")).Value) > 0, true)
}

func TestReaders(t *testing.T) {
	l := newLab(t)
	link, content := oneLink(l)
	file := filepath.Join(t.TempDir(), "part.json.gz")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	want := unpack(t, string(content))
	run := func(t *testing.T, name string, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), testneed.Command(t, name), args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	t.Run("gzip -t", func(t *testing.T) { l.equal("gzip", run(t, "gzip", "-t", file), "") })
	t.Run("Python's zlib stopping at the first member", func(t *testing.T) {
		const program = `import sys, zlib
d = zlib.decompressobj(31)
t = d.decompress(open(sys.argv[1], "rb").read())
assert d.eof and not d.unused_data
sys.stdout.buffer.write(t)`
		l.equal("python", run(t, "python3", "-c", program, file), want)
	})
	t.Run("node", func(t *testing.T) {
		const program = `process.stdout.write(require("zlib").gunzipSync(require("fs").readFileSync(process.argv[1])))`
		l.equal("node", run(t, "node", "-e", program, file), want)
	})
	t.Run("curl", func(t *testing.T) {
		plain := run(t, "curl", "-sS", "--fail", l.server.URL+"/api/machines/SoftwareVulnerabilitiesByMachine")
		l.equal("curl --compressed", run(t, "curl", "-sS", "--fail", "--compressed",
			l.server.URL+"/api/machines/SoftwareVulnerabilitiesByMachine"), plain)
		var p page
		if err := json.Unmarshal([]byte(plain), &p); err != nil || len(p.Value) != 12 {
			t.Errorf("%d rows, %v", len(p.Value), err)
		}
		saved := filepath.Join(t.TempDir(), "curl.gz")
		run(t, "curl", "-sS", "--fail", "-r", "0-99", "-o", saved, link)
		run(t, "curl", "-sS", "--fail", "-C", "-", "-o", saved, link)
		got, err := os.ReadFile(saved)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes in two pieces, want %d (%v)", len(got), len(content), err)
		}
	})
}
