package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/watch"
)

// reportOf sends the reports of devices with clocks at a time.
func (l *lab) reportOf(devices int, said time.Time) reply {
	l.Helper()
	var body strings.Builder
	for i := range devices {
		fmt.Fprintf(&body, `{"device":{"name":"host-%d"},"time":%q,"software":[]}`+"\n", i, said.Format(time.RFC3339))
	}
	return l.do(http.MethodPost, "/v1/reports", strings.NewReader(body.String()), "Content-Type: application/x-ndjson")
}

func TestAServerInDoubtServesAndTellsWhy(t *testing.T) {
	log := new(memoryLog)
	l := newLab(t, func(c *api.Config) { c.Audit = log })
	l.equal("reports", l.reportOf(30, noon).StatusCode, http.StatusAccepted)
	l.equal("a generation", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, http.StatusOK)
	l.equal("ready", string(l.get("/readyz").body), `{"status":"ready"}`+"\n")

	l.advance(365 * 24 * time.Hour)
	for _, address := range []string{"/v1/generations?wait=true", "/v1/generations",
		"/v1/generations?wait=true&rebuild=true"} {
		said := l.refused(l.do(http.MethodPost, address, nil), http.StatusConflict, "ClockAhead")
		if !strings.Contains(said, "2027-11-23") || !strings.Contains(said, "allowShrink=true") {
			t.Errorf("%s says %q", address, said)
		}
	}
	l.equal("ready", string(l.get("/readyz").body), `{"status":"ready","doubts":["ClockAhead"]}`+"\n")
	for _, want := range []string{
		`muster_publish_doubt{organization="` + org + `",reason="ClockAhead"} 1`,
		`muster_publish_doubt{organization="` + org + `",reason="FleetShrinks"} 0`,
	} {
		if text := string(l.get("/metrics").body); !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if text := string(l.get("/v1/generations").body); !strings.Contains(text,
		`"doubt":{"reason":"ClockAhead","message":"the clock reads `) {
		t.Errorf("generations are %s", text)
	}
	l.equal("an export", l.call("SoftwareInventoryByMachine").StatusCode, http.StatusOK)
	l.equal("a report", l.reportOf(1, noon).StatusCode, http.StatusAccepted)

	l.as(auth.Caller{ID: "reader", Permissions: []auth.Permission{auth.ReadSoftware}, Groups: []int64{0}})
	if text := string(l.get("/v1/generations").body); !strings.Contains(text, `"doubt":{"reason":"ClockAhead"}`) {
		t.Errorf("generations for a scoped caller are %s", text)
	}
	l.refused(l.do(http.MethodPost, "/v1/generations?allowShrink=true", nil),
		http.StatusForbidden, defender.CodeForbidden)
	l.manager()
	l.refused(l.do(http.MethodPost, "/v1/generations?allowShrink=maybe", nil), http.StatusBadRequest,
		defender.CodeInvalidInput)

	l.advance(-365 * 24 * time.Hour)
	l.equal("when the clock is right", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, http.StatusOK)
	l.equal("ready", string(l.get("/readyz").body), `{"status":"ready"}`+"\n")

	l.advance(365 * 24 * time.Hour)
	last := l.do(http.MethodPost, "/v1/generations?wait=true&allowShrink=true", nil)
	l.equal("by a word", last.StatusCode, http.StatusOK)
	lines := log.lines(l, last)
	if line := lines[len(lines)-1]; line["allowShrink"] != true || line["event"] != "make generation" ||
		line["caller"] != "test" {
		t.Errorf("the audit log has %v", line)
	}
}

func TestEveryDoubtHasACode(t *testing.T) {
	l := newLab(t)
	l.reportOf(30, noon)
	l.do(http.MethodPost, "/v1/generations?wait=true", nil)
	l.advance(-60 * 24 * time.Hour)
	l.refused(l.do(http.MethodPost, "/v1/generations?wait=true", nil), http.StatusConflict, "ClockBehind")
	l.advance(60 * 24 * time.Hour)
	for range 31 { // of a running server without reports
		l.advance(24 * time.Hour)
		if err := l.publisher.Watcher().Watch(t.Context(), org); err != nil && !errors.Is(err, watch.ErrDoubt) {
			t.Fatal(err)
		}
	}
	if said := l.refused(l.do(http.MethodPost, "/v1/generations?wait=true", nil), http.StatusConflict,
		"FleetShrinks"); !strings.Contains(said, "30 devices") {
		t.Errorf("it says %q", said)
	}
	l.equal("ready", string(l.get("/readyz").body), `{"status":"ready","doubts":["FleetShrinks"]}`+"\n")
	l.equal("by a word", l.do(http.MethodPost, "/v1/generations?wait=true&allowShrink=true", nil).StatusCode,
		http.StatusOK)
}

func TestOneOrganizationsWordEndsNoOthersDoubt(t *testing.T) {
	l := newLab(t)
	other := "11111111-2222-4333-8444-555555555555"
	if err := l.store.Organizations.Ensure(t.Context(), other, "other"); err != nil {
		t.Fatal(err)
	}
	both := func(do func(organization string)) {
		for _, organization := range []string{org, other} {
			l.as(auth.Caller{Organization: organization, ID: "test", Permissions: auth.Permissions(), AllGroups: true})
			do(organization)
		}
	}
	both(func(string) { l.reportOf(3, noon); l.do(http.MethodPost, "/v1/generations?wait=true", nil) })
	l.advance(60 * 24 * time.Hour)
	both(func(organization string) {
		l.refused(l.do(http.MethodPost, "/v1/generations?wait=true", nil), http.StatusConflict, "ClockAhead")
	})
	l.equal("a word for the other", l.do(http.MethodPost, "/v1/generations?wait=true&allowShrink=true", nil).StatusCode,
		http.StatusOK)
	both(func(organization string) {
		want := http.StatusOK
		if organization == org {
			want = http.StatusConflict
		}
		l.equal(organization, l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, want)
	})
	l.equal("ready", string(l.get("/readyz").body), `{"status":"ready","doubts":["ClockAhead"]}`+"\n")
}
