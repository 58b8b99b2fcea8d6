package web_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/web/page"
)

// The numbers of the overview and of lists are those of /v1, of the exports below /api, and of the metrics.
func TestNumbersAreTheMetrics(t *testing.T) {
	s := started(t)
	b, session := s.as(t, everything())
	metrics := s.metrics(t, session)
	cves := ask(t, session,
		control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, &control.ListFilter{Limit: 1}))
	text := read(b.page("/", http.StatusOK))
	sums := cves.Sums.Severities
	for severity, n := range map[string]int64{"critical": sums.Critical, "high": sums.High, "medium": sums.Medium, "low": sums.Low} {
		if got := metrics(`muster_findings{`, `severity="`+severity+`"`); got != n {
			t.Errorf("%s: the metrics have %d findings, the API %d", severity, got, n)
		}
		name := strings.ToUpper(severity[:1]) + severity[1:]
		if !strings.Contains(text, name+" "+page.Number(n)+" ") {
			t.Errorf("the overview does not say that %d findings are %s", n, severity)
		}
		if rows := len(b.rows("/findings.csv?severity=" + severity)); int64(rows) != n {
			t.Errorf("the CSV has %d findings that are %s, the metrics %d", rows, severity, n)
		}
	}
	devices := ask(t, session, control.List[control.FleetRows](control.ListOfDevices, &control.ListFilter{Limit: 1})).Total
	if got := metrics("muster_devices{", ""); got != devices || !strings.Contains(text, page.Count(devices, "device", "devices")) {
		t.Errorf("the metrics have %d devices, the API %d", got, devices)
	}
}

// metrics returns what finds the sum of a metric's values in lines with a label.
func (s *site) metrics(t *testing.T, session *control.Session) func(name, label string) int64 {
	t.Helper()
	token, err := session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := s.browser(t).do(http.MethodGet, "/metrics", nil, "Authorization: Bearer "+token, "Accept: text/plain")
	if r.StatusCode != http.StatusOK {
		t.Fatalf("metrics: %d %s", r.StatusCode, r.body)
	}
	value := regexp.MustCompile(` ([0-9.e+]+)$`)
	return func(name, label string) (sum int64) {
		for line := range strings.Lines(r.body) {
			line = strings.TrimSpace(line)
			found := value.FindStringSubmatch(line)
			if found != nil && strings.HasPrefix(line, name) && strings.Contains(line, label) {
				n, err := strconv.ParseFloat(found[1], 64)
				if err != nil {
					t.Fatal(err)
				}
				sum += int64(n)
			}
		}
		return sum
	}
}

// Callers with disjoint groups, and what has no group, add up to one who sees all: devices, findings and each severity;
// by the API and by their pages. CVEs do not: one may be in both.
func TestGroupsAddUp(t *testing.T) {
	s := started(t)
	sums := func(groups ...string) (all [6]int64) {
		t.Helper()
		b, session := s.as(t, []auth.Permission{auth.ReadVulnerabilities}, groups...)
		got := ask(t, session,
			control.List[control.VulnerabilityRows](control.ListOfVulnerabilities, &control.ListFilter{Limit: 1}))
		ones := ask(t, session, control.List[listed.DeviceFindingRows](listed.Findings, &control.ListFilter{Limit: 1}))
		of := got.Sums.Severities
		all = [6]int64{ones.Total, of.Critical, of.High, of.Medium, of.Low + of.Unrated,
			ask(t, session, control.List[control.FleetRows](control.ListOfDevices, &control.ListFilter{Limit: 1})).Total}
		text := read(b.page("/findings", http.StatusOK))
		if !strings.Contains(text, "of "+page.Number(ones.Total)+" ") || got.Sums.Findings != ones.Total {
			t.Errorf("%v: %d and %d findings: %.300s", groups, got.Sums.Findings, ones.Total, text)
		}
		return all
	}
	both, lisbon, tokyo := sums("Lisbon", "Tokyo"), sums("Lisbon"), sums("Tokyo")
	for i := range both {
		if lisbon[i]+tokyo[i] != both[i] || both[0] == 0 {
			t.Errorf("%v and %v do not add up to %v", lisbon, tokyo, both)
			break
		}
	}
}
