package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/api"
)

// strict is a server that requires tokens.
func strict(t *testing.T) *lab {
	l := newLab(t, func(c *api.Config) { c.Trusted = nil })
	l.seal(l.fleet(0, 0, 2, 1))
	return l
}

// TestGoldenUnauthorized compares the replies to requests without a valid token with the golden
// file.
func TestGoldenUnauthorized(t *testing.T) {
	l := strict(t)
	var text string
	for _, authorization := range []string{"", "Bearer", "Bearer garbage", "Basic dXNlcjpwYXNz",
		"Bearer " + strings.Repeat("x", 20_000)} {
		r := l.call("SoftwareInventoryByMachine", "Authorization: "+authorization)
		l.refused(r, http.StatusUnauthorized, "Unauthorized")
		text += clipLine(authorization) + "\n" + transcript("/api/machines/SoftwareInventoryByMachine", r) +
			"WWW-Authenticate: " + r.Header.Get("WWW-Authenticate") + "\n"
	}
	l.golden("unauthorized", text)
}

func clipLine(text string) string { return text[:min(len(text), 40)] }
