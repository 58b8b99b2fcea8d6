// Package controltest has a server that issues tokens, for tests of clients that log in.
package controltest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// The client that gets tokens from a Gate. Its secret has characters that a form must escape.
const (
	Tenant = "6f1c7a52-3d0e-4b8f-9a6d-2f5f0c1e8b47"
	Client = "4ff0a1f5-7a0b-4bfb-8d4e-5d7c8e0d9a31"
	Secret = "mst_a+b&c=d %"
)

// Gate is a server that issues tokens to one client: token-1, token-2 and so on. POST /v1/verify
// accepts the newest token.
type Gate struct {
	*httptest.Server
	// Life is the lifetime of tokens in seconds.
	Life int
	// Issued counts tokens, Calls counts calls with or without a token.
	Issued, Calls int

	scope string
	mu    sync.Mutex
}

// NewGate starts a Gate until the test ends. Tokens must be requested with a scope.
func NewGate(t testing.TB, scope string) *Gate {
	t.Helper()
	g := &Gate{Life: 3599, scope: scope}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /"+Tenant+"/oauth2/v2.0/token", g.issue)
	mux.HandleFunc("POST /v1/verify", g.answer)
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func (g *Gate) issue(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.PostFormValue("client_id") != Client || r.PostFormValue("client_secret") != Secret ||
		r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("scope") != g.scope {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1"}`)
		return
	}
	g.Issued++
	fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":%d,"access_token":"token-%d"}`, g.Life, g.Issued)
}

func (g *Gate) answer(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Calls++
	if r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", g.Issued) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"code":"Unauthorized","message":"the token is not valid"}}`)
		return
	}
	fmt.Fprint(w, `{"problems":[],"news":1}`)
}
