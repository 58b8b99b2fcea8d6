package api_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/store/storetest"
)

func TestHealth(t *testing.T) {
	l := newLab(t)
	l.equal("healthz", l.get("/healthz").StatusCode, 200)
	l.equal("readyz", l.get("/readyz").StatusCode, 200)
	storetest.NeedFolder(l)
	if err := os.RemoveAll(filepath.Join(l.folder, "files")); err != nil {
		t.Fatal(err)
	}
	l.equal("healthz without files", l.get("/healthz").StatusCode, 200)
	r := l.get("/readyz")
	l.refused(r, http.StatusServiceUnavailable, defender.CodeServiceUnavailable)
	if r.Header.Get("Retry-After") == "" || !strings.Contains(l.log.String(), "not ready") {
		t.Errorf("Retry-After %q, log %s", r.Header.Get("Retry-After"), l.log)
	}
}

func TestMetrics(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 3, 2))
	l.call("SoftwareVulnerabilitiesByMachine")
	l.call("SoftwareVulnerabilitiesByMachine?pageSize=0")
	l.do("BREW", "/nothing", nil)
	text := string(l.get("/metrics").body)
	for _, want := range []string{
		`muster_http_requests_total{call="SoftwareVulnerabilitiesByMachine",method="GET",status="200"} 1`,
		`muster_http_requests_total{call="SoftwareVulnerabilitiesByMachine",method="GET",status="400"} 1`,
		`muster_http_requests_total{call="none",method="other",status="404"} 1`,
		`muster_export_rows_total{call="SoftwareVulnerabilitiesByMachine"} 6`,
		`muster_snapshot_number{organization="` + org + `"} 1`,
		"muster_http_request_duration_seconds_count",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// begin begins reading a page that is larger than the buffers between a client and the server.
func (l *lab) begin() *http.Response {
	l.Helper()
	r, err := http.NewRequestWithContext(l.Context(), http.MethodGet,
		l.server.URL+"/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=200000", nil)
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { response.Body.Close() })
	return response
}

// crowded is a server with one place for pages.
func crowded(t *testing.T) *lab {
	l := newLab(t, func(c *api.Config) { c.MaxExports, c.MaxWait = 1, 800*time.Millisecond })
	l.seal(l.fleet(0, 0, 20, 1000))
	return l
}

func TestExportsWait(t *testing.T) {
	l := crowded(t)
	reader, left := l.begin(), make(chan struct{})
	go func() { // reads a few MB a second
		defer close(left)
		for piece := make([]byte, 64<<10); ; time.Sleep(10 * time.Millisecond) {
			if _, err := io.ReadFull(reader.Body, piece); err != nil {
				return
			}
		}
	}()
	refused := l.call("SoftwareVulnerabilitiesByMachine?pageSize=1")
	l.refused(refused, http.StatusServiceUnavailable, defender.CodeServiceUnavailable)
	if refused.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	reader.Body.Close()
	<-left
	l.until("the place is free", func() bool {
		return l.call(
			"SoftwareVulnerabilitiesByMachine?pageSize=1").StatusCode == 200
	})
}

// A client that does not read keeps its place until another needs it.
func TestClientsThatDoNotReadLoseTheirPlace(t *testing.T) {
	l := crowded(t)
	idle := l.begin()
	// The idle client keeps its place until the buffers between the two are full.
	l.until("another client has the place",
		func() bool { return l.call("SoftwareVulnerabilitiesByMachine?pageSize=1").StatusCode == 200 })
	if got, err := io.ReadAll(idle.Body); err == nil {
		t.Errorf("%d bytes read to a clean end", len(got))
	}
	slow := l.begin()
	time.Sleep(2 * l.config.MaxWait)
	if _, err := io.Copy(io.Discard, slow.Body); err != nil {
		t.Errorf("a slow client that nobody waits for: %v", err)
	}
}

func TestStopping(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Publisher.Stop() })
	l.refused(l.do(http.MethodPost, "/v1/generations?wait=true", nil), http.StatusServiceUnavailable,
		defender.CodeServiceUnavailable)
}
