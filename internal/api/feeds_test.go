package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
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
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for _, name := range []string{"a.json", "b.json"} {
			part, err := form.CreateFormFile("file", name)
			if err == nil {
				_, err = part.Write([]byte(kev))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		l.decode(l.put("/v1/feeds/kev/twice", body.String(), "Content-Type: "+form.FormDataContentType()), 200, &list)
		if len(list.Feeds) != 1 || list.Feeds[0].Name != "twice" || list.Feeds[0].Records == 0 {
			t.Errorf("imported %+v", list)
		}
	})
}

func TestRefusedFeeds(t *testing.T) {
	l := newLab(t)
	l.refused(l.put("/v1/feeds/nothing/x?file=x.json", kev), 404, defender.CodeNotFound)
	l.refused(l.put("/v1/feeds/kev/x", kev), 400, defender.CodeMissingRequiredParameter)
	for _, name := range []string{"..", "a/b", "a%5Cb", "%00"} {
		l.refused(l.put("/v1/feeds/kev/x?file="+name, kev), 400, defender.CodeInvalidInput)
	}
	l.refused(l.put("/v1/feeds/kev/-x?file=x.json", kev), 400, defender.CodeInvalidInput)
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
