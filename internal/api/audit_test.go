package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
)

// memoryLog is an audit log in memory. Its disk can be full: then half of a line is written.
type memoryLog struct {
	mu   sync.Mutex
	text bytes.Buffer
	full bool
}

// Write implements io.Writer.
func (t *memoryLog) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.full {
		n, _ := t.text.Write(p[:len(p)/2])
		return n, errors.New("no space left on device")
	}
	return t.text.Write(p)
}

func (t *memoryLog) fill(full bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.full = full
}

// audited is a server with an audit log.
func audited(t *testing.T) (*lab, *memoryLog) {
	log := new(memoryLog)
	l := newLab(t, func(c *api.Config) { c.Audit = log })
	l.seal(l.fleet(0, 0, 2, 3))
	return l, log
}

// lines waits for the line of a reply's request, which is the last one.
func (t *memoryLog) lines(l *lab, last reply) (lines []map[string]any) {
	l.Helper()
	l.until("the line is written", func() bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		return strings.Contains(t.text.String(), last.Header.Get("X-Request-Id"))
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	for text := range strings.Lines(t.text.String()) {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) == nil {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestAuditLog(t *testing.T) {
	l, log := audited(t)
	link := l.links(l.call("SoftwareInventoryExport")).ExportFiles[0]
	next := *l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=1")).NextLink
	for _, c := range []struct {
		name    string
		request func() reply
		want    map[string]any // some of the line
	}{
		{"export read with call and rows",
			func() reply { return l.call("SoftwareVulnerabilitiesByMachine") }, map[string]any{
				"event": "read export", "outcome": "done", "call": "SoftwareVulnerabilitiesByMachine", "rows": 6.0,
				"organization": org, "caller": "test", "address": "127.0.0.1"}},
		{"links made", func() reply { return l.call("SoftwareVulnerabilitiesExport") }, map[string]any{
			"event": "make links", "outcome": "done", "caller": "test", "links": 1.0}},
		{"file downloaded", func() reply { return l.get(link) }, map[string]any{
			"event": "download file", "outcome": "done", "status": 200.0, "caller": nil}},
		{"a forged link", func() reply { return l.get(link + "x") },
			map[string]any{"event": "download file", "outcome": "denied", "status": 403.0}},
		{"report received", func() reply {
			return l.do(http.MethodPost, "/v1/reports", strings.NewReader(report("one.example.com", "1.0")), jsonBody)
		}, map[string]any{"event": "receive reports", "outcome": "done", "reports": 1.0}},
		{"generation asked", func() reply { return l.do(http.MethodPost, "/v1/generations?wait=true", nil) }, map[string]any{
			"event": "make generation", "outcome": "done", "method": "POST"}},
		{"device removed", func() reply { return l.do(http.MethodDelete, "/v1/devices/none", nil) }, map[string]any{
			"event": "remove device", "outcome": "refused", "path": "/v1/devices/none"}},
		{"devices read", func() reply { return l.get("/v1/devices") },
			map[string]any{"event": "read devices", "outcome": "done"}},
		{"a new line in a path", func() reply { return l.get("/v1/devices/a%0D%0A%7B%22event%22:%22forged%22%7D") },
			map[string]any{
				"event": "read device", "path": "/v1/devices/a\r\n{\"event\":\"forged\"}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.request()
			all := log.lines(l, r)
			line := all[len(all)-1]
			l.equal("request", line["request"], any(r.Header.Get("X-Request-Id")))
			if line["time"] == nil || line["level"] != nil {
				t.Errorf("time %v, level %v", line["time"], line["level"])
			}
			for key, want := range c.want {
				l.equal(key, line[key], want)
			}
		})
	}
	t.Run("no health checks", func(t *testing.T) {
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			l.get(path)
		}
		all := log.lines(l, l.get("/v1/devices"))
		if before := all[len(all)-2]; before["event"] != "read device" {
			t.Errorf("%v is recorded", before)
		}
	})
	t.Run("no skip token, and no signature", func(t *testing.T) {
		log.lines(l, l.get(next))
		log.lines(l, l.get(link))
		_, token, _ := strings.Cut(next, "skiptoken=")
		_, signature, _ := strings.Cut(link, "sig=")
		for _, secret := range []string{token, signature} {
			if secret == "" || strings.Contains(log.text.String(), secret) || strings.Contains(l.log.String(), secret) {
				t.Errorf("%q is in a log", secret)
			}
		}
	})
}

// Denied callers are recorded; repetitions are not, so that nobody can push older lines out of
// the log.
func TestAuditOfTheDenied(t *testing.T) {
	l, log := audited(t)
	may := l.config.Trusted.Permissions
	l.config.Trusted.Permissions = []auth.Permission{auth.ReadSoftware}
	denied := l.call("SoftwareVulnerabilitiesByMachine")
	all := log.lines(l, denied)
	l.equal("outcome", all[len(all)-1]["outcome"], any("denied"))
	l.config.Trusted.Permissions = may
	for range 150 {
		l.get("/tvm-export/forged?sig=x")
	}
	if n := len(log.lines(l, l.get("/v1/devices"))); n > 105 {
		t.Errorf("%d lines", n)
	}
	l.config.Limits = api.MicrosoftLimits()
	l.start()
	l.exhaust("SoftwareInventoryExport")
	for range 10 {
		l.refused(l.call("SoftwareInventoryExport"), http.StatusTooManyRequests, defender.CodeTooManyRequests)
	}
	var limited int
	for _, line := range log.lines(l, l.get("/v1/devices")) {
		if line["status"] == float64(http.StatusTooManyRequests) {
			limited++
		}
	}
	l.equal("lines of a caller who does not wait", limited, 1)
}

// While the audit log cannot be written managers cannot change anything, reports and exports
// continue, and the lines are in the server's log.
func TestFullAuditLog(t *testing.T) {
	l, log := audited(t)
	log.fill(true)
	lost := l.call("SoftwareVulnerabilitiesByMachine")
	l.equal("exports go on", lost.StatusCode, http.StatusOK)
	l.until("the line is in the server's log",
		func() bool { return strings.Contains(l.log.String(), lost.Header.Get("X-Request-Id")) })
	refused := l.do(http.MethodPost, "/v1/generations", nil)
	message := l.refused(refused, http.StatusServiceUnavailable, defender.CodeServiceUnavailable)
	if !strings.Contains(message, "audit log") || refused.Header.Get("Retry-After") == "" {
		t.Errorf("message %q, Retry-After %q", message, refused.Header.Get("Retry-After"))
	}
	l.equal("reports go on", l.do(http.MethodPost, "/v1/reports", strings.NewReader(report("one.example.com", "1.0")),
		jsonBody).StatusCode, http.StatusAccepted)
	if text := string(l.get("/metrics").body); !strings.Contains(text, "muster_audit_failures_total 3") {
		t.Error("the metric does not tell")
	}
	log.fill(false)
	log.lines(l, l.get("/v1/devices"))
	l.equal("changes go on", l.do(http.MethodPost, "/v1/generations", nil).StatusCode, http.StatusAccepted)
}

// GET /v1/audit pages the lines of the caller's organization and no others, to the end and then on.
func TestReadAuditLog(t *testing.T) {
	l := newLab(t, auditedInFiles(t))
	manager := l.config.Trusted
	own := l.addClient(`{"name":"auditor","permissions":["Audit.Read.All"]}`)
	var other control.Issued
	l.change(http.MethodPost, "/v1/organizations", `{"name":"Other"}`, &other)
	authority := auth.Config{Clients: l.store.Access, Organizations: l.store.Organizations, Keys: l.config.Keys,
		Clock: l.clock}
	l.config.Trusted = nil
	l.start()
	auditor, theirs := bearer(tokenOf(l, authority, own, exports)), bearer(tokenOf(l, authority, other, exports))
	for i := range 25 {
		l.get(fmt.Sprintf("/v1/devices/none-%d", i), auditor) // denied
		l.get("/v1/devices", theirs)
		l.get("/v1/devices", "Authorization: Bearer x")
	}
	read := func(query, token string) (page struct {
		Lines []map[string]any
		Next  string
		More  bool
	}) {
		l.decode(l.get("/v1/audit?"+query, token), http.StatusOK, &page)
		return page
	}
	l.until("lines are written", func() bool { return len(read("", theirs).Lines) >= 25 })
	for token, organization := range map[string]string{auditor: org, theirs: other.TenantID} {
		var lines []map[string]any
		page := read("limit=3", token)
		for lines = page.Lines; page.More; lines = append(lines, page.Lines...) {
			page = read("limit=3&after="+page.Next, token)
		}
		requests := map[any]bool{}
		for _, line := range lines {
			l.equal("organization", line["organization"], any(organization))
			requests[line["request"]] = true
		}
		if len(lines) < 10 {
			t.Errorf("%d lines", len(lines))
		}
		if last := read("after="+page.Next, token); len(last.Lines) == 0 || last.Lines[0]["event"] != "read audit" {
			t.Errorf("after the last page: %v", last.Lines)
		} else if requests[last.Lines[0]["request"]] {
			t.Error("a line is read twice")
		}
	}
	next := read("limit=1", auditor).Next
	for query, status := range map[string]int{"since=yesterday": 400, "limit=0": 400, "limit=10001": 400, "after=x": 400,
		"after=" + next + "x": 400, "after=" + next: 200, "since=2030-01-01T00:00:00Z": 200, "since=2020-01-01T00:00:00Z": 200} {
		l.equal(query, l.get("/v1/audit?"+query, auditor).StatusCode, status)
	}
	l.equal("a place of another organization", l.get("/v1/audit?after="+next, theirs).StatusCode, http.StatusBadRequest)
	for query, want := range map[string]bool{"caller=auditor": true, "caller=AUDITOR": true, "caller=audit": false,
		"caller=" + own.ClientID: true, "event=DEVICE": true, "event=nothing": false, "outcome=denied": true, "outcome=den": false,
		"path=/none-7": true, "path=/none-99": false, "changes=true&caller=auditor&outcome=done": false} {
		if got := len(read(query, auditor).Lines) > 0; got != want {
			t.Errorf("lines by %s: %v, want %v", query, got, want)
		}
	}
	l.equal("no flag", l.get("/v1/audit?changes=maybe", auditor).StatusCode, http.StatusBadRequest)
	l.equal("later than everything", len(read("since=2100-01-01T00:00:00Z", auditor).Lines), 0)

	l.config.Trusted = &auth.Caller{Organization: org, ID: "one", Permissions: auth.Permissions(), Groups: []int64{0}}
	l.start()
	l.equal("some groups", l.get("/v1/audit").StatusCode, http.StatusForbidden)
	l.config.Trusted = &auth.Caller{Organization: org, ID: "one", AllGroups: true, Permissions: []auth.Permission{auth.Manage}}
	l.start()
	l.equal("without the permission", l.get("/v1/audit").StatusCode, http.StatusForbidden)
	l.config.Trusted, l.config.Trail = manager, nil
	l.start()
	l.equal("no files", l.get("/v1/audit").StatusCode, http.StatusNotFound)
}
