package api_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

var update = flag.Bool("update", false, "write golden files anew")

// masks hide what differs from run to run.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "http://HOST"},
	{regexp.MustCompile(`skiptoken=[A-Za-z0-9_-]+`), "skiptoken=TOKEN"},
	{regexp.MustCompile(`sig=[A-Za-z0-9_-]+`), "sig=SIGNATURE"},
	{regexp.MustCompile(`"target":"[0-9a-f-]{36}"`), `"target":"ID"`},
}

// transcript formats a request and its reply.
func transcript(request string, r reply) string {
	text := fmt.Sprintf("GET %s\n%d %s\n%s\n", request, r.StatusCode, r.Header.Get("Content-Type"), r.body)
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.with)
	}
	return text
}

// golden compares text with a file in testdata/golden.
func (l *lab) golden(name, text string) {
	l.Helper()
	path := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			l.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			l.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		l.Fatal(err)
	}
	l.equal(path, text, string(want))
}

// TestGolden compares the first page, the last page, or the links of every call with the golden
// files.
func TestGolden(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 1))
	for _, call := range defender.Calls() {
		t.Run(call.Name, func(t *testing.T) {
			request := "/api/machines/" + call.Name + "?pageSize=1"
			if call.Delta {
				request += "&sinceTime=" + since
			}
			first := l.get(request)
			text := transcript(request, first)
			if !call.Files {
				last := *l.page(first).NextLink
				text += transcript(strings.TrimPrefix(last, l.server.URL), l.get(last))
			}
			l.golden(call.Name, text)
		})
	}
}

func TestGoldenErrors(t *testing.T) {
	l := newLab(t)
	var text string
	for _, request := range []string{
		"/", "/api/machines", "/api/machines/SoftwareByMachine", "/api/machines//SoftwareInventoryByMachine", "/v2/reports",
		"/api/machines/SoftwareInventoryByMachine?pageSize=0", "/api/machines/SoftwareInventoryByMachine?%zz=1",
		"/api/machines/SoftwareVulnerabilityChangesByMachine",
		"/api/machines/SoftwareVulnerabilityChangesByMachine?sinceTime=2021-05-19",
		"/api/machines/SoftwareInventoryByMachine?$skiptoken=garbage",
		"/api/machines/SoftwareInventoryExport?sasValidHours=7",
		"/v1/reports/0", "/v1/generations/1", "/v1/generations/x", "/v1/devices/0", "/v1/feeds/x",
	} {
		text += transcript(request, l.get(request))
	}
	l.golden("errors", text)
}

// TestGoldenDenials compares replies to calls that are not allowed, not now, or no longer possible.
func TestGoldenDenials(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Limits = api.MicrosoftLimits() })
	first := l.seal(l.fleet(0, 0, 3, 1))
	next := *l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=1")).NextLink
	l.exhaust("SoftwareInventoryExport")
	l.advance(time.Minute)
	l.seal(l.fleet(0, 0, 3, 2))
	l.withdraw(first.Number)
	var text string
	add := func(request string) {
		r := l.get(request)
		text += transcript(strings.TrimPrefix(request, l.server.URL), r)
		for _, name := range []string{"Retry-After", "WWW-Authenticate"} {
			if value := r.Header.Get(name); value != "" {
				text += name + ": " + value + "\n"
			}
		}
	}
	add(next)
	add("/api/machines/SoftwareVulnerabilityChangesByMachine?sinceTime=" + since)
	l.exhaust("SoftwareInventoryExport")
	add("/api/machines/SoftwareInventoryExport")
	l.config.Trusted.Permissions = nil
	add("/api/machines/SoftwareVulnerabilitiesByMachine")
	add("/v1/generations")
	l.config.Trusted.Delegated = true
	add("/api/machines/SoftwareVulnerabilitiesByMachine")
	l.golden("denials", text)
}
