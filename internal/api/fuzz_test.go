package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

// harmless checks a reply to an arbitrary request: it is not a failure of the server, and an
// error has the body of errors.
func harmless(t *testing.T, r *httptest.ResponseRecorder) {
	t.Helper()
	switch {
	case r.Code >= 500:
		t.Fatalf("status %d: %s", r.Code, r.Body)
	case r.Code >= 400 && r.Header().Get("Content-Type") == "application/xml":
		if !strings.Contains(r.Body.String(), "<Code>AuthenticationFailed</Code>") {
			t.Fatalf("status %d: %s", r.Code, r.Body)
		}
	case r.Code >= 400:
		var e defender.ErrorBody
		if err := json.Unmarshal(r.Body.Bytes(), &e); err != nil || e.Error.Code == "" || e.Error.Target == "" {
			t.Fatalf("status %d, %v: %s", r.Code, err, r.Body)
		}
	case !json.Valid(r.Body.Bytes()):
		t.Fatalf("status %d: no JSON: %s", r.Code, r.Body)
	}
}

// ask sends a request without the network, so that it may be one that no client would send.
func ask(handler http.Handler, path, query string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	r.URL.Path, r.URL.RawQuery = path, query
	r.RequestURI = r.URL.RequestURI()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func fuzzed(f *testing.F) (*lab, http.Handler) {
	l := newLab(f)
	l.seal(l.fleet(0, 0, 3, 2))
	c := l.config
	c.Registry = nil
	handler, err := api.New(c)
	if err != nil {
		f.Fatal(err)
	}
	return l, handler
}

// FuzzQuery requests pages with any query: parameters and skip tokens.
func FuzzQuery(f *testing.F) {
	l, handler := fuzzed(f)
	next := *l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=2")).NextLink
	_, query, _ := strings.Cut(next, "?")
	for _, q := range []string{query, query[:len(query)-1], "$top=3&pageSize=%20",
		"sinceTime=2026-11-20T10:00:00.5 00:00", "&&=&$=&%24", "includeClean=true;x"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, call := range []string{"SoftwareVulnerabilitiesByMachine", "SoftwareVulnerabilityChangesByMachine",
			"SoftwareInventoryExport"} {
			harmless(t, ask(handler, "/api/machines/"+call, query))
		}
	})
}

// FuzzToken opens skip tokens that are nearly good.
func FuzzToken(f *testing.F) {
	l, handler := fuzzed(f)
	_, token, _ := strings.Cut(*l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=2")).NextLink, "skiptoken=")
	f.Add(0, "A")
	f.Add(len(token), "=")
	f.Fuzz(func(t *testing.T, at int, with string) {
		if at < 0 || at > len(token) {
			return
		}
		changed := token[:at] + with + token[min(len(token), at+len(with)):]
		r := ask(handler, "/api/machines/SoftwareVulnerabilitiesByMachine", "$skiptoken="+changed)
		harmless(t, r)
		if same := changed == token; (r.Code == http.StatusOK) != same &&
			strings.TrimSpace(changed) != "" && isToken(changed) {
			t.Fatalf("token %q, the good one is %q: status %d", changed, token, r.Code)
		}
	})
}

// isToken tells whether a text needs no escaping in a query.
func isToken(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
	})
}

// FuzzLink asks for files by any name with any query.
func FuzzLink(f *testing.F) {
	l, handler := fuzzed(f)
	link := l.links(l.call("SoftwareVulnerabilitiesExport")).ExportFiles[0]
	address, query, _ := strings.Cut(strings.TrimPrefix(link, l.server.URL), "?")
	good := ask(handler, address, query)
	if good.Code != http.StatusOK {
		f.Fatalf("status %d: %s", good.Code, good.Body)
	}
	f.Add(address, query+"x")
	f.Add(address+"/..", query)
	f.Add("/tvm-export/../muster.db", strings.Replace(query, "sp=r", "sp=w", 1))
	f.Fuzz(func(t *testing.T, path, query string) {
		r := ask(handler, path, query)
		if r.Code == http.StatusOK && path == address {
			return // other parameters of a link are ignored
		}
		if r.Code == http.StatusOK && strings.HasPrefix(path, "/tvm-export") {
			t.Fatalf("%s?%s: a file", path, query)
		}
		if !strings.HasPrefix(path, "/metrics") {
			harmless(t, r)
		}
	})
}
