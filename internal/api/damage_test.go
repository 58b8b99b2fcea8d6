package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
)

// A pull shows one snapshot: if a repair gives a snapshot of its window a new manifest, the pull
// must begin again.
func TestRepairEndsPullsOfWhatItSealedAnew(t *testing.T) {
	l := newLab(t)
	since := l.clock().Add(-time.Minute)
	for i := range 3 {
		l.seal(l.fleet(0, 10*i, 10*i+3, 2))
		l.advance(time.Hour)
	}
	const calls = "SoftwareVulnerabilityChangesByMachine?pageSize=4&sinceTime="
	first := l.page(l.call(calls + since.UTC().Format(time.RFC3339)))
	l.damage(30, "/DeltaVa/", "/1300/")
	var dry, done control.RepairReport
	l.decode(l.do(http.MethodPost, "/v1/repair?dryRun=true", nil), 200, &dry)
	l.decode(l.do(http.MethodPost, "/v1/repair", nil), 200, &done)
	if len(done.Files) != 1 || done.Files[0].How != "made again" || len(dry.Files) != 1 || !dry.Dry {
		t.Fatalf("repaired %+v, dry %+v", done, dry)
	}
	l.refused(l.get(*first.NextLink), http.StatusGone, defender.CodeSkipTokenExpired)
	rows, _ := l.pull(l.server.URL + "/api/machines/" + calls + since.UTC().Format(time.RFC3339))
	if len(rows) == 0 {
		t.Error("a new pull has no rows")
	}
	newest := l.page(l.call("SoftwareVulnerabilitiesByMachine?pageSize=4"))
	l.equal("a page of what was not repaired", l.get(*newest.NextLink).StatusCode, 200)
}

// A repair that fails says so: not that a generation failed, and not that a repair is needed.
func TestARepairThatFailsIsCalledARepair(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 3, 2))
	if err := l.files.Close(); err != nil {
		t.Fatal(err)
	}
	said := l.refused(l.do(http.MethodPost, "/v1/repair", nil), http.StatusInternalServerError,
		defender.CodeInternalServerError)
	if !strings.HasPrefix(said, "the repair failed") || strings.Contains(said, "generation") {
		t.Errorf("it says %q", said)
	}
}

// A server does not read folders that clients name.
func TestRepairReadsNoFolderForClients(t *testing.T) {
	l := newLab(t)
	l.equal("who works on the folder itself", l.do(http.MethodPost, "/v1/repair?from="+t.TempDir(), nil).StatusCode, 200)
	l.refused(l.do(http.MethodPost, "/v1/repair?from=nowhere", nil), http.StatusBadRequest, defender.CodeInvalidInput)
	app := l.addClient(`{"name":"manager","permissions":["Muster.Manage.All"]}`)
	l.config.Trusted = nil
	l.start()
	var reply tokenReply
	l.decode(l.askToken(newer(app), formOf(app)), http.StatusOK, &reply)
	token := bearer(reply.AccessToken)
	l.equal("a manager", l.do(http.MethodPost, "/v1/repair", nil, token).StatusCode, 200)
	l.refused(l.do(http.MethodPost, "/v1/repair?from="+t.TempDir(), nil, token), http.StatusBadRequest,
		defender.CodeInvalidInput)
}

// Damage that the server finds is in the metrics and in /readyz.
func TestDamageThatWasFoundIsTold(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 3, 2))
	unpaced := func(context.Context, int64) error { return nil }
	if _, err := l.verifier.VerifyAll(t.Context(), unpaced); err != nil {
		t.Fatal(err)
	}
	before := l.readiness()
	l.damage(30, "flat-va")
	l.advance(time.Hour)
	if _, err := l.verifier.VerifyAll(t.Context(), unpaced); err != nil {
		t.Fatal(err)
	}
	after := l.readiness()
	if after.Status != "ready" || after.Problems <= before.Problems || !after.VerifiedTime.After(before.VerifiedTime) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	text := string(l.get("/metrics").body)
	if !strings.Contains(text, `muster_verify_problems{organization="`+org+`"}`) ||
		!strings.Contains(text, "muster_verify_timestamp_seconds") {
		t.Errorf("metrics:\n%s", text)
	}
}

type ready struct {
	Status       string
	Problems     int
	VerifiedTime time.Time
}

func (l *lab) readiness() (r ready) {
	l.Helper()
	if err := json.Unmarshal(l.get("/readyz").body, &r); err != nil {
		l.Fatal(err)
	}
	return r
}
