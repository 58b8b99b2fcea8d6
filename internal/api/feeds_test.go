package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/snapshot"
)

const kev = `{"title":"CISA Catalog of Known Exploited Vulnerabilities","catalogVersion":"2026.11.23","dateReleased":"2026-11-23T00:00:00Z","count":2,"vulnerabilities":[` +
	`{"cveID":"CVE-2023-3079","vendorProject":"Google","product":"Chromium V8","vulnerabilityName":"x","dateAdded":"2023-06-07","shortDescription":"x","requiredAction":"x","dueDate":"2023-06-28","knownRansomwareCampaignUse":"Unknown"},` +
	`{"cveID":"CVE-2024-9680","vendorProject":"Mozilla","product":"Firefox","vulnerabilityName":"x","dateAdded":"2024-10-15","shortDescription":"x","requiredAction":"x","dueDate":"2024-11-05","knownRansomwareCampaignUse":"Known"}]}`

// kevOf returns a feed of n vulnerabilities.
func kevOf(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"cveID":"CVE-2024-%04d","dateAdded":"2024-10-15"}`, i))
	}
	return fmt.Sprintf(`{"catalogVersion":"1","count":%d,"vulnerabilities":[%s]}`, n, strings.Join(all, ","))
}

type feedList struct {
	Build *struct{ URL, State, Failure, Catalog string }
	Feeds []struct {
		Kind, Name string
		Records    int
		Unchanged  bool
		Error      string
	}
	Catalog *struct{ ID string }
}

func (l *lab) put(url, body string, headers ...string) reply {
	l.Helper()
	return l.do(http.MethodPut, url, strings.NewReader(body), headers...)
}

// built returns the build that a reply names, once it has ended.
func (l *lab) built(list feedList) (b struct{ State, Failure, Catalog string }) {
	l.Helper()
	if list.Build == nil {
		l.Fatalf("no build is named in %+v", list)
	}
	for b.State == "" || b.State == "waiting" || b.State == "running" {
		l.decode(l.get(list.Build.URL), 200, &b)
	}
	return b
}

func TestFeeds(t *testing.T) {
	l := newLab(t)
	var list feedList
	l.decode(l.get("/v1/feeds"), 200, &list)
	if len(list.Feeds) != 0 || list.Catalog != nil {
		t.Errorf("before any feed: %+v", list)
	}
	t.Run("one file", func(t *testing.T) {
		l.decode(l.put("/v1/feeds/kev/kev?file=kev.json", kev), 200, &list)
		if len(list.Feeds) != 1 || list.Feeds[0].Records != 2 {
			t.Errorf("imported %+v", list)
		}
		if b := l.built(list); b.State != "built" || b.Catalog == "" {
			t.Errorf("build %+v", b)
		}
		l.decode(l.get("/v1/feeds"), 200, &list)
		if len(list.Feeds) != 1 || list.Feeds[0].Name != "kev" || list.Catalog == nil || list.Catalog.ID == "" {
			t.Errorf("listed %+v", list)
		}
	})
	t.Run("a feed shrank by more than half: 409, unless `allowShrink`", func(t *testing.T) {
		l.equal("as it was", l.put("/v1/feeds/kev/small?file=kev.json", kevOf(5)).StatusCode, 200)
		l.refused(l.put("/v1/feeds/kev/small?file=kev.json", kevOf(1)), http.StatusConflict, control.CodeFeedShrinks)
		l.decode(l.put("/v1/feeds/kev/small?file=kev.json&allowShrink=true", kevOf(1)), 200, &list)
	})
	t.Run("several files", func(t *testing.T) {
		l.decode(l.putFiles("/v1/feeds/kev/twice", map[string]string{"a.json": kev, "b.json": kev}), 200, &list)
		if len(list.Feeds) != 1 || list.Feeds[0].Name != "twice" || list.Feeds[0].Records == 0 {
			t.Errorf("imported %+v", list)
		}
	})
}

// putFiles sends the files of a feed as a form.
func (l *lab) putFiles(path string, files map[string]string) reply {
	l.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, content := range files {
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err != nil {
			l.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		l.Fatal(err)
	}
	return l.put(path, body.String(), "Content-Type: "+form.FormDataContentType())
}

func TestRefusedFeeds(t *testing.T) {
	l := newLab(t)
	l.refused(l.put("/v1/feeds/nothing/x?file=x.json", kev), 404, defender.CodeNotFound)
	l.refused(l.put("/v1/feeds/kev/x", kev), 400, defender.CodeMissingRequiredParameter)
	for _, name := range []string{"..", "a/b", "a%5Cb", "%00"} {
		l.refused(l.put("/v1/feeds/kev/x?file="+name, kev), 400, defender.CodeInvalidInput)
	}
	l.refused(l.put("/v1/feeds/kev/-x?file=x.json", kev), 400, defender.CodeInvalidInput)
	for name, kind := range map[string]string{"all.ndjson": "kev", "all.jsonl": "osv", "all": "osv", "all.json.xz": "cve5",
		"all.tar": "osv", "all.xml": "nvd", "all.csv": "kev", "all.json": "epss"} {
		told := l.refused(l.put("/v1/feeds/"+kind+"/x?file="+name, kev), 400, defender.CodeInvalidInput)
		beside := l.refused(l.putFiles("/v1/feeds/"+kind+"/x", map[string]string{"a.json": kev, name: kev}), 400,
			defender.CodeInvalidInput)
		if want := fmt.Sprintf("file %q is not read: ", name); !strings.HasPrefix(told, want) || !strings.Contains(beside, "is not read: ") {
			t.Errorf("%s of %s: %q, beside others %q", name, kind, told, beside)
		}
	}
	l.refused(l.put("/v1/feeds/kev/x?file=x.json", kev[:200]), 400, defender.CodeInvalidInput)
	l.refused(l.put("/v1/feeds/kev/x?file=x.json", `{}`), 400, defender.CodeInvalidInput)
	l.refused(l.put("/v1/feeds/cve5/x?file=x.zip", "PK no zip"), 400, defender.CodeInvalidInput)
	l.refused(l.put("/v1/feeds/kev/x?file=x.json", kev, "Content-Encoding: gzip"), 415, "UnsupportedMediaType")
	l.refused(l.put("/v1/feeds/kev/x", "--x\r\n", "Content-Type: multipart/form-data; boundary=x"), 400,
		defender.CodeInvalidInput)
	l.refused(l.do(http.MethodPost, "/v1/feeds/refresh?kind=nothing&name=x", nil), 404, defender.CodeNotFound)
	l.refused(l.do(http.MethodPost, "/v1/feeds/refresh?kind=kev", nil), 400, defender.CodeMissingRequiredParameter)
	var list feedList
	l.decode(l.get("/v1/feeds"), 200, &list)
	if len(list.Feeds) != 0 {
		t.Errorf("left behind %+v", list)
	}
	if strings.Contains(l.log.String(), "request failed") {
		t.Errorf("a sender's mistakes are logged as ours: %s", l.log)
	}
}

func TestRefresh(t *testing.T) {
	l := newLab(t)
	content := kev
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "kev.json", noon, strings.NewReader(content))
	}))
	defer source.Close()
	_, _, err := l.library.Refresh(t.Context(), []library.Source{{Kind: intel.KEV, Name: "kev", URL: source.URL}}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"", "?kind=kev&name=kev"} {
		var list feedList
		l.decode(l.do(http.MethodPost, "/v1/feeds/refresh"+query, nil), 200, &list)
		if len(list.Feeds) != 1 || list.Feeds[0].Name != "kev" || !list.Feeds[0].Unchanged || list.Catalog != nil {
			t.Errorf("%s: %+v", query, list)
		}
	}
	source.Close()
	var list feedList
	l.decode(l.do(http.MethodPost, "/v1/feeds/refresh", nil), 200, &list)
	if len(list.Feeds) != 1 || list.Feeds[0].Error == "" {
		t.Errorf("a source that does not answer: %+v", list)
	}
}

// A feed without a name gets it from its records; names with blanks, empty parts and addresses pass
// through every layer; a mistaken feed has a code; a removed one is told until the next snapshot.
func TestFeedNames(t *testing.T) {
	l := newLab(t)
	of := func(ecosystems ...string) string {
		var affected []string
		for _, e := range ecosystems {
			affected = append(affected, fmt.Sprintf(`{"package":{"ecosystem":%q,"name":"p"},"versions":["1"]}`, e))
		}
		return `{"id":"A-1","modified":"2024-01-01T00:00:00Z","affected":[` + strings.Join(affected, ",") + `]}`
	}
	post := func(text, query string) reply {
		return l.do(http.MethodPost, "/v1/feeds?kind=osv&file=a.json"+query, strings.NewReader(text))
	}
	for _, name := range []string{"Rocky Linux:9", "Red Hat:rhel_eus:8.6::baseos", "Maven:https://maven.google.com", "openSUSE:Leap 15.6"} {
		var done control.FeedsReply
		l.decode(post(of(name), ""), 200, &done)
		if len(done.Feeds) != 1 || done.Feeds[0].Name != name || done.Feeds[0].Notes == nil {
			t.Errorf("%q: %+v", name, done.Feeds)
		}
		address := "/v1/feeds/osv/" + url.PathEscape(name)
		l.decode(l.put(address+"?file=a.json", of(name)), 200, &done)
		l.refused(l.put(address+"?file=a.json", of("Go")), http.StatusConflict, control.CodeFeedChanges)
		l.refused(post(of(name), "&before="+url.QueryEscape(done.Feeds[0].ImportedTime.Format(time.RFC3339Nano))),
			http.StatusConflict, control.CodeFeedNewer)
		l.decode(l.put(address+"?file=a.json&replace=true", of(name)), 200, &done)
		var list control.FeedList
		l.decode(l.get("/v1/feeds?rejected=true"), 200, &list)
		contents, err := list.Feeds[0].Contents.Decode()
		if err != nil || len(list.Feeds) != 1 || len(contents.Main()) != 1 || contents.Main()[0] != name ||
			contents.NewestTime == nil || list.Feeds[0].Rejections == nil {
			t.Errorf("listed %+v, %v", list.Feeds, err)
		}
		l.decode(l.do(http.MethodDelete, address, nil), 200, &done)
		if b := done.Build; b == nil || done.Feeds[0].Name != name {
			t.Errorf("removed %+v", done)
		}
		l.refused(l.do(http.MethodDelete, address, nil), 404, defender.CodeResourceNotFound)
		l.decode(l.get("/v1/feeds"), 200, &list)
		if last := len(list.Removed) - 1; len(list.Feeds) != 0 || last < 0 {
			t.Errorf("after the removal: %+v, %+v", list.Feeds, list.Removed)
		}
	}
	l.refused(post(of("npm", "Debian:12"), ""), 400, control.CodeFeedNameNeeded)
	l.refused(post(of("a|b"), ""), 400, control.CodeFeedNameNeeded)
	l.refused(post(of("Go"), "&before=soon"), 400, defender.CodeInvalidInput)
	l.refused(post(of("Go"), "&replace=maybe"), 400, defender.CodeInvalidInput)
	l.refused(l.do(http.MethodPost, "/v1/feeds?kind=nothing&file=a.json", strings.NewReader(kev)), 404, defender.CodeNotFound)
	l.refused(l.do(http.MethodPost, "/v1/feeds?file=a.json", strings.NewReader(kev)), 400, defender.CodeMissingRequiredParameter)
	for _, name := range []string{"a%2Fb", "%2e%2e", "..%2Fx", "a%00b", "%20a", "a%0A", "Maven:https:%2F%2F..%2Fa"} {
		reply := l.put("/v1/feeds/osv/"+name+"?file=a.json", of("Go"))
		if reply.StatusCode != 400 && reply.StatusCode != 404 {
			t.Errorf("name %q: status %d", name, reply.StatusCode)
		}
	}
	var list control.FeedList
	l.decode(l.get("/v1/feeds"), 200, &list)
	if len(list.Feeds) != 0 || len(list.Removed) != 4 {
		t.Errorf("left %+v, removed %+v", list.Feeds, list.Removed)
	}
	// A snapshot of the same second knows some removals and not others.
	for _, known := range []int64{3, 4} {
		name := func(number int64) string { return fmt.Sprintf("%s/manifest/%d.json", org, number) }
		l.sealManifest(name, func(m *snapshot.Manifest) { m.Removal = known })
		l.decode(l.get("/v1/feeds"), 200, &list)
		if int64(len(list.Removed)) != 4-known {
			t.Errorf("a snapshot that knows %d of 4 removals: told %+v", known, list.Removed)
		}
	}
}
