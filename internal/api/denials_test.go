package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
)

// strict is a server that asks for tokens.
func strict(t *testing.T) *lab {
	l := newLab(t, func(c *api.Config) { c.Trusted = nil })
	l.seal(l.fleet(0, 0, 2, 1))
	return l
}

// TestGoldenUnauthorized holds what a client gets to see that shows no token,
// or none that is one.
func TestGoldenUnauthorized(t *testing.T) {
	l := strict(t)
	var text string
	for _, authorization := range []string{"", "Bearer", "Bearer garbage", "Basic dXNlcjpwYXNz", "Bearer " + strings.Repeat("x", 20_000)} {
		r := l.call("SoftwareInventoryByMachine", "Authorization: "+authorization)
		l.refused(r, http.StatusUnauthorized, "Unauthorized")
		text += clipLine(authorization) + "\n" + transcript("/api/machines/SoftwareInventoryByMachine", r) +
			"WWW-Authenticate: " + r.Header.Get("WWW-Authenticate") + "\n"
	}
	l.golden("unauthorized", text)
}

func clipLine(text string) string { return text[:min(len(text), 40)] }

// Who shows garbage for ever is told to wait, and that is all it costs: it does
// not push older lines out of the audit log.
func TestGarbageForEver(t *testing.T) {
	log := new(trail)
	l := newLab(t, func(c *api.Config) { c.Trusted, c.Audit = nil, log })
	garbage := func() reply { return l.call("SoftwareInventoryByMachine", "Authorization: Bearer garbage") }
	for range 100 {
		l.refused(garbage(), http.StatusUnauthorized, "Unauthorized")
	}
	for range 50 {
		r := garbage()
		l.refused(r, http.StatusTooManyRequests, defender.CodeTooManyRequests)
		l.equal("Retry-After", r.Header.Get("Retry-After"), "1")
	}
	l.advance(2 * time.Second)
	last := garbage()
	l.refused(last, http.StatusUnauthorized, "Unauthorized")
	l.equal("lines", len(log.lines(l, last)), 101)
}
