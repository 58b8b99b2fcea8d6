package api_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

func TestHealth(t *testing.T) {
	l := newLab(t)
	l.equal("healthz", l.get("/healthz").StatusCode, 200)
	l.equal("readyz", l.get("/readyz").StatusCode, 200)
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

func TestExportsWait(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.MaxExports, c.MaxWait = 1, 50*time.Millisecond })
	l.seal(l.fleet(0, 0, 20, 1000))
	// One client begins a page that is larger than what fits between it and the
	// server, and does not read on.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.server.URL+"/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=200000", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	slow, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	refused := l.call("SoftwareVulnerabilitiesByMachine?pageSize=1")
	l.refused(refused, http.StatusServiceUnavailable, defender.CodeServiceUnavailable)
	if refused.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	slow.Body.Close()
	l.until("the place is free", func() bool { return l.call("SoftwareVulnerabilitiesByMachine?pageSize=1").StatusCode == 200 })
}

func TestStopping(t *testing.T) {
	l := newLab(t, func(c *api.Config) {
		stopped, stop := context.WithCancel(context.Background())
		stop()
		c.Lifetime = stopped
	})
	l.refused(l.do(http.MethodPost, "/v1/generations?wait=true", nil), http.StatusServiceUnavailable, defender.CodeServiceUnavailable)
}
