package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/publication"
)

const (
	anExport = "SoftwareVulnerabilitiesByMachine"
	aDelta   = "SoftwareVulnerabilityChangesByMachine"
)

// Each subtest has the name of the sentence of doc/contract.md that it checks.

func TestSection7(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 2))
	t.Run(`Every error has the body {"error":{"code":"…","message":"…","target":"<request id>"}}, `+
		"and no reply with status 200 has it", func(t *testing.T) {
		for address, want := range map[string]defender.Error{
			"/nothing": {Code: "NotFound"},
			"/api/machines/" + anExport + "?pageSize=x":      {Code: "InvalidInput"},
			"/api/machines/" + aDelta:                        {Code: "MissingRequiredParameter"},
			"/api/machines/" + anExport + "?$skiptoken=none": {Code: "ODataError"},
			"/v1/reports":        {Code: "MethodNotAllowed"},
			"/v1/generations/99": {Code: "ResourceNotFound"},
		} {
			r := l.get(address)
			if r.StatusCode < 400 {
				t.Errorf("%s: status %d", address, r.StatusCode)
			}
			l.refused(r, r.StatusCode, want.Code)
		}
	})
	t.Run("400, `BadRequest`, `InvalidInput`, `MissingRequiredParameter`, `ODataError`: the code says what is wrong "+
		"with the request", func(t *testing.T) {
		l.refused(l.call(anExport+"?%zz"), http.StatusBadRequest, defender.CodeBadRequest)
		l.refused(l.call(anExport+"?pageSize=0"), http.StatusBadRequest, defender.CodeInvalidInput)
		l.refused(l.call(aDelta), http.StatusBadRequest, defender.CodeMissingRequiredParameter)
		l.refused(l.call(anExport+"?$skiptoken=none"), http.StatusBadRequest, defender.CodeODataError)
	})
	t.Run("401, `Unauthorized`: the token is absent, expired "+
		"or bad; the reply has `WWW-Authenticate: Bearer`", unauthorized)
	t.Run("403, `Forbidden`: a permission is missing, and the message names it: `The application does not have any "+
		"of the required application permissions "+
		"(Vulnerability.Read.All) to access the resource.`", func(t *testing.T) {
		may := l.config.Trusted.Permissions
		l.config.Trusted.Permissions = []auth.Permission{auth.ReadSoftware}
		defer func() { l.config.Trusted.Permissions = may }()
		message := l.refused(l.call(anExport), http.StatusForbidden, defender.CodeForbidden)
		l.equal("message", message, "The application does not have any of the required application permissions (Vulnerability.Read.All) to access the resource.")
	})
	t.Run("404, `NotFound`, `ResourceNotFound`: there is no such path, or nothing of that name", func(t *testing.T) {
		l.refused(l.get("/api/nothing"), http.StatusNotFound, defender.CodeNotFound)
		l.refused(l.call("Nothing"), http.StatusNotFound, defender.CodeResourceNotFound) // no such machine
		l.refused(l.get("/v1/devices/none"), http.StatusNotFound, defender.CodeResourceNotFound)
	})
	t.Run("410, `SkipTokenExpired`: the snapshot of a token is gone; only muster has this code", skipTokenExpired)
	t.Run("429, `TooManyRequests`: a limit is reached, and "+
		"`Retry-After` says for how many whole seconds", func(t *testing.T) {
		l, _ := limited(t)
		_, wait := l.exhaust(anExport)
		l.equal("wait", wait, time.Minute)
	})
	t.Run("500, 503, `InternalServerError`, `ServiceUnavailable`: the same request may succeed later", triedAgain)
	t.Run("Clients that ask again for ever after any failure "+
		"must not hurt the server: there is at least one", retriedForEver)
}

// unauthorized sends invalid tokens, and an expired one.
func unauthorized(t *testing.T) {
	l := newLab(t)
	app := l.addClient(`{"name":"siem","permissions":["Vulnerability.Read.All"]}`)
	l.config.Trusted = nil
	l.start()
	reply, err := l.config.Authority.Token(t.Context(),
		auth.TokenRequest{Tenant: app.TenantID, Origin: l.server.URL, Form: url.Values{
			"grant_type": {"client_credentials"}, "client_id": {app.ClientID}, "client_secret": {app.ClientSecret},
			"scope": {auth.DefaultResources()[0] + "/.default"}}})
	if err != nil {
		t.Fatal(err)
	}
	good := "Authorization: Bearer " + reply.AccessToken
	l.equal("a good token", l.call(anExport, good).StatusCode, http.StatusOK)
	l.advance(2 * time.Hour)
	for what, header := range map[string]string{"no token": "X: y", "an expired token": good, "a bad token": good + "x"} {
		r := l.call(anExport, header)
		l.refused(r, http.StatusUnauthorized, "Unauthorized")
		if challenge := r.Header.Get("WWW-Authenticate"); len(challenge) < 6 || challenge[:6] != "Bearer" {
			t.Errorf("%s: WWW-Authenticate is %q", what, challenge)
		}
	}
}

func skipTokenExpired(t *testing.T) {
	l := newLab(t)
	first := l.seal(l.fleet(0, 0, 2, 2))
	next := *l.page(l.call(anExport + "?pageSize=1")).NextLink
	l.advance(time.Minute)
	l.seal(l.fleet(0, 0, 2, 3))
	l.page(l.get(next))
	l.withdraw(first.Number)
	l.refused(l.get(next), http.StatusGone, defender.CodeSkipTokenExpired)
}

// triedAgain has a failing server, and one that stops.
func triedAgain(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 2))
	l.damage(30, "flat-va")
	l.refused(l.call(anExport), http.StatusInternalServerError, defender.CodeInternalServerError)
	stopping := newLab(t, func(c *api.Config) { c.Publisher.Stop() })
	r := stopping.do(http.MethodPost, "/v1/generations?wait=true", nil)
	stopping.refused(r, http.StatusServiceUnavailable, defender.CodeServiceUnavailable)
	if r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// retriedForEver has clients retry at once, with an invalid parameter, over their limit, and
// without a token. Others are served, and the log does not grow with the requests.
func retriedForEver(t *testing.T) {
	log := new(memoryLog)
	l, _ := limited(t)
	l.config.Audit = log
	l.start()
	l.exhaust("SoftwareInventoryExport")
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			for range 200 {
				address := []string{"SoftwareInventoryExport", fmt.Sprintf("%s?pageSize=0", "SoftwareInventoryByMachine")}[i%2]
				if r := l.call(address); r.StatusCode < 400 {
					t.Errorf("%s: status %d", address, r.StatusCode)
				}
			}
		})
	}
	for range 20 {
		l.page(l.call(anExport))
	}
	clients.Wait()
	last := l.get("/v1/devices")
	if n := len(log.lines(l, last)); n > 100 {
		t.Errorf("%d lines for 800 requests", n)
	}
	l.config.Trusted = nil
	l.start()
	garbage := func() reply { return l.call(anExport, "Authorization: Bearer garbage") }
	before := len(log.lines(l, last))
	for range 100 {
		l.refused(garbage(), http.StatusUnauthorized, "Unauthorized")
	}
	for range 50 {
		r := garbage()
		l.refused(r, http.StatusTooManyRequests, defender.CodeTooManyRequests)
		l.equal("Retry-After", r.Header.Get("Retry-After"), "1")
	}
	l.advance(2 * time.Second)
	l.refused(garbage(), http.StatusUnauthorized, "Unauthorized")
	l.until("the first of each kind is written", func() bool { return log.count("\n") >= before+2 })
	l.equal("lines of garbage", log.count("\n")-before, 2) // the rest is counted
}

// withdraw removes a snapshot's files.
func (l *lab) withdraw(number int64) {
	l.Helper()
	if err := l.retain(number, publication.Retiring, publication.Retiring); err != nil {
		l.Fatal(err)
	}
}
