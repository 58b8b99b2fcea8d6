package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// gate is a server that gives tokens to one client, and takes the newest alone.
type gate struct {
	*httptest.Server
	mu     sync.Mutex
	life   int // of tokens, in seconds
	issued int
	denied int
	calls  int
}

const (
	gateTenant = "6f1c7a52-3d0e-4b8f-9a6d-2f5f0c1e8b47"
	gateClient = "4ff0a1f5-7a0b-4bfb-8d4e-5d7c8e0d9a31"
	gateSecret = "mst_a+b&c=d %"
)

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{life: 3599}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /"+gateTenant+"/oauth2/v2.0/token", g.issue)
	mux.HandleFunc("/v1/verify", g.answer)
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func (g *gate) issue(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.PostFormValue("client_id") != gateClient || r.PostFormValue("client_secret") != gateSecret ||
		r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("scope") != control.TokenScope {
		g.denied++
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1"}`)
		return
	}
	g.issued++
	fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":%d,"access_token":"token-%d"}`, g.life, g.issued)
}

func (g *gate) answer(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	if r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", g.issued) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"code":"Unauthorized","message":"the token is not valid"}}`)
		return
	}
	fmt.Fprint(w, `{"problems":[]}`)
}

// asClient sets the variables of the gate's client.
func asClient(t *testing.T) {
	t.Setenv(tenantVariable, gateTenant)
	t.Setenv(clientVariable, gateClient)
	t.Setenv(secretVariable, gateSecret)
}

func TestLoginByVariables(t *testing.T) {
	g := newGate(t)
	t.Run("nobody", func(t *testing.T) {
		status, _, stderr := muster(t, "verify", "--server", g.URL)
		if status != console.StatusInput || !strings.Contains(stderr, "the token is not valid") || !strings.Contains(stderr, "hint: set MUSTER_TOKEN, or ") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
	t.Run("a client", func(t *testing.T) {
		asClient(t)
		if status, _, stderr := muster(t, "verify", "--server", g.URL); status != 0 || g.issued != 1 {
			t.Errorf("status %d, %d tokens: %s", status, g.issued, stderr)
		}
	})
	t.Run("a token counts more", func(t *testing.T) {
		asClient(t)
		t.Setenv(tokenVariable, " token-1\n")
		if status, _, stderr := muster(t, "verify", "--server", g.URL); status != 0 || g.issued != 1 {
			t.Errorf("status %d, %d tokens: %s", status, g.issued, stderr)
		}
		t.Setenv(tokenVariable, "token-0")
		before := g.calls
		status, _, stderr := muster(t, "verify", "--server", g.URL)
		if status != console.StatusInput || g.calls != before+1 || strings.Contains(stderr, "hint") {
			t.Errorf("status %d after %d calls: %s", status, g.calls-before, stderr)
		}
	})
	t.Run("a wrong secret", func(t *testing.T) {
		asClient(t)
		t.Setenv(secretVariable, "mst_wrong")
		status, _, stderr := muster(t, "verify", "--server", g.URL)
		want := "error: verifying: logging in: AADSTS7000215: Invalid client secret provided.\n"
		if status != console.StatusInput || !strings.Contains(stderr, want) || strings.Contains(stderr, "mst_wrong") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
	t.Run("half of a client", func(t *testing.T) {
		t.Setenv(clientVariable, gateClient)
		t.Setenv(secretVariable, gateSecret)
		status, _, stderr := muster(t, "verify", "--server", g.URL)
		if status != console.StatusUsage || !strings.Contains(stderr, "MUSTER_TENANT_ID is not set") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
}

// Secrets do not go to other machines in clear text, nor where a redirection
// leads.
func TestSecretsStayBetweenUs(t *testing.T) {
	asClient(t)
	status, _, stderr := muster(t, "verify", "--server", "http://muster.example.com")
	if status != console.StatusUsage || !strings.Contains(stderr, "refusing to send secrets to http://muster.example.com without TLS") {
		t.Errorf("status %d, %s", status, stderr)
	}
	for _, base := range []string{"http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "https://muster.invalid"} {
		if status, _, stderr := muster(t, "verify", "--server", base); status == console.StatusUsage {
			t.Errorf("%s: %s", base, stderr)
		}
	}
	if status, _, stderr := muster(t, "verify", "--server", "http://muster.invalid", "--insecure-http"); status != console.StatusUnreachable {
		t.Errorf("with --insecure-http: status %d, %s", status, stderr)
	}

	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	if status, _, stderr := muster(t, "verify", "--server", first.URL); status != console.StatusFailed || reached || !strings.Contains(stderr, "307") {
		t.Errorf("status %d, reached %v: %s", status, reached, stderr)
	}
}
