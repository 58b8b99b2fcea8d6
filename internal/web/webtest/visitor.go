package webtest

import (
	"bytes"
	"encoding/csv"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

// Visitor sends requests as a browser does, and follows no redirect by itself.
type Visitor struct {
	testing.TB
	Site   *Site
	Client *http.Client
}

// Visitor returns one who is not signed in.
func (s *Site) Visitor(t testing.TB) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// As returns a visitor who is signed in as a new client.
func (s *Site) As(t testing.TB, permissions []auth.Permission, groups ...string) (*Visitor, *control.Session) {
	t.Helper()
	_, session := s.Client(t, permissions, groups...)
	return s.Visitor(t).SignIn(session), session
}

// Reply is a reply with its body.
type Reply struct {
	*http.Response
	Text string
}

// Do sends a request with what browsers send, and headers as "Name: value".
func (v *Visitor) Do(method, path string, form url.Values, headers ...string) *Reply {
	v.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(v.Context(), method, v.Site.URL+path, body)
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	response, err := v.Client.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.Fatal(err)
	}
	return &Reply{response, string(text)}
}

// Page returns a page that must have a status.
func (v *Visitor) Page(path string, status int) string {
	v.Helper()
	r := v.Do(http.MethodGet, path, nil)
	if r.StatusCode != status {
		v.Fatalf("%s: status %d, want %d: %s", path, r.StatusCode, status, r.Text)
	}
	return r.Text
}

// SignIn signs the visitor in.
func (v *Visitor) SignIn(session *control.Session) *Visitor {
	v.Helper()
	r := v.Do(http.MethodPost, "/sign-in", url.Values{"code": {v.Site.Code(v, session)}})
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
		v.Fatalf("signing in: status %d to %q: %s", r.StatusCode, r.Header.Get("Location"), r.Text)
	}
	return v
}

// Rows returns the rows of the CSV of a list, without the heading.
func (v *Visitor) Rows(path string) [][]string {
	v.Helper()
	all, err := csv.NewReader(bytes.NewBufferString(v.Page(path, http.StatusOK))).ReadAll()
	if err != nil || len(all) == 0 {
		v.Fatalf("%s: %v", path, err)
	}
	return all[1:]
}
