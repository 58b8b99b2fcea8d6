package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/controltest"
)

// asClient sets the variables of the client of a gate.
func asClient(t *testing.T) {
	t.Setenv(connect.TenantVariable, controltest.Tenant)
	t.Setenv(connect.ClientVariable, controltest.Client)
	t.Setenv(connect.SecretVariable, controltest.Secret)
}

func TestLoginByVariables(t *testing.T) {
	g := controltest.NewGate(t, control.TokenScope)
	t.Run("nobody", func(t *testing.T) {
		status, _, stderr := muster(t, "verify", "--server", g.URL)
		if status != console.StatusInput || !strings.Contains(stderr, "the token is not valid") ||
			!strings.Contains(stderr, "hint: set MUSTER_TOKEN, or ") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
	t.Run("a client", func(t *testing.T) {
		asClient(t)
		if status, _, stderr := muster(t, "verify", "--server", g.URL); status != 0 || g.Issued != 1 {
			t.Errorf("status %d, %d tokens: %s", status, g.Issued, stderr)
		}
	})
	t.Run("a token counts more", func(t *testing.T) {
		asClient(t)
		t.Setenv(connect.TokenVariable, " token-1\n")
		if status, _, stderr := muster(t, "verify", "--server", g.URL); status != 0 || g.Issued != 1 {
			t.Errorf("status %d, %d tokens: %s", status, g.Issued, stderr)
		}
		t.Setenv(connect.TokenVariable, "token-0")
		before := g.Calls
		status, _, stderr := muster(t, "verify", "--server", g.URL)
		if status != console.StatusInput || g.Calls != before+1 || strings.Contains(stderr, "hint") {
			t.Errorf("status %d after %d calls: %s", status, g.Calls-before, stderr)
		}
	})
	t.Run("a wrong secret", func(t *testing.T) {
		asClient(t)
		t.Setenv(connect.SecretVariable, "mst_wrong")
		status, _, stderr := muster(t, "verify", "--server", g.URL)
		want := "error: verifying: logging in: AADSTS7000215: Invalid client secret provided.\n"
		if status != console.StatusInput || !strings.Contains(stderr, want) || strings.Contains(stderr, "mst_wrong") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
	t.Run("half of a client", func(t *testing.T) {
		t.Setenv(connect.ClientVariable, controltest.Client)
		t.Setenv(connect.SecretVariable, controltest.Secret)
		status, _, stderr := muster(t, "verify", "--server", g.URL)
		if status != console.StatusUsage || !strings.Contains(stderr, "MUSTER_TENANT_ID is not set") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
}

// Secrets are not sent to other machines in clear text, nor to the target of a redirect.
func TestSecretsStayBetweenUs(t *testing.T) {
	asClient(t)
	status, _, stderr := muster(t, "verify", "--server", "http://muster.example.com")
	if status != console.StatusUsage ||
		!strings.Contains(stderr, "refusing to send secrets to http://muster.example.com without TLS") {
		t.Errorf("status %d, %s", status, stderr)
	}
	for _, base := range []string{"http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1",
		"https://muster.invalid"} {
		if status, _, stderr := muster(t, "verify", "--server", base); status == console.StatusUsage {
			t.Errorf("%s: %s", base, stderr)
		}
	}
	if status, _, stderr := muster(t, "verify", "--server", "http://muster.invalid",
		"--insecure-http"); status != console.StatusUnreachable {
		t.Errorf("with --insecure-http: status %d, %s", status, stderr)
	}

	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	if status, _, stderr := muster(t, "verify", "--server", first.URL); status != console.StatusFailed || reached ||
		!strings.Contains(stderr, "307") {
		t.Errorf("status %d, reached %v: %s", status, reached, stderr)
	}
}
