package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// as asks the server for a path, by a host that the request names whoever the
// certificate is for.
func (s *secured) as(host, method, path string, header ...string) (status int, body string) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), method, s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	request.Host = host
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := s.Client().Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// With TLS and no public URL the server only answers to names of its certificate. Otherwise a
// client could get issuers, audiences and links of another host, and use an assertion that was
// made for it.
func TestCertificateBindsTheHost(t *testing.T) {
	s := serveSecured(t)
	tenant := "/" + administratorOf(t, s.data).TenantID
	const token = "e30.e30.e30"
	paths := []struct{ method, path string }{
		{http.MethodGet, tenant + "/v2.0/.well-known/openid-configuration"},
		{http.MethodGet, tenant + "/.well-known/openid-configuration"},
		{http.MethodPost, tenant + "/oauth2/v2.0/token"}, {http.MethodPost, tenant + "/oauth2/token"},
		{http.MethodGet, tenant + "/discovery/keys"},
		{http.MethodGet, "/api/$metadata"}, {http.MethodGet, "/api/machines/SoftwareInventoryByMachine"},
		{http.MethodGet, "/openapi.json"},
		{http.MethodGet, "/tvm-export/x?sig=y"}, {http.MethodPost, "/v1/clients"}, {http.MethodPost, "/v1/enroll"},
		{http.MethodGet, "/nothing"},
	}
	for _, host := range []string{"evil.example", "127.0.0.2", "[::1]", "example.com", "a.b.example.com",
		"www.example.com.evil.example", "localhost.evil.example", "*.example.com"} {
		for _, p := range paths {
			forged := []string{"Authorization: Bearer " + token, "X-Forwarded-Host: localhost", "Forwarded: host=localhost"}
			status, body := s.as(host, p.method, p.path, forged...)
			if want := map[bool]int{true: http.StatusBadRequest,
				false: http.StatusMisdirectedRequest}[host == "*.example.com"]; status != want {
				t.Errorf("%s %s for %s: status %d: %s", p.method, p.path, host, status, body)
			}
		}
		if status, _ := s.as(host, http.MethodGet, "/healthz"); status != http.StatusOK && host != "*.example.com" {
			t.Errorf("a probe by %s: status %d", host, status)
		}
	}
	for _, host := range []string{"127.0.0.1", "localhost:9443", "LOCALHOST",
		"muster.example.com", "muster.example.com."} {
		status, body := s.as(host, http.MethodGet, tenant+"/v2.0/.well-known/openid-configuration")
		if issuer := `"issuer":"https://` + host + "/"; status != http.StatusOK || !strings.Contains(body, issuer) {
			t.Errorf("%s: status %d: %s", host, status, body)
		}
	}
}

// With a public URL the Host header is not used, so internal names may differ.
func TestPublicURLBindsTheHost(t *testing.T) {
	s := serveSecured(t, "--public-url", "https://muster.example.org")
	for _, host := range []string{"evil.example", "inside.example", "127.0.0.1"} {
		status, body := s.as(host, http.MethodGet,
			"/"+administratorOf(t, s.data).TenantID+"/v2.0/.well-known/openid-configuration")
		if status != http.StatusOK || strings.Contains(body, host) ||
			!strings.Contains(body, `"issuer":"https://muster.example.org/`) {
			t.Errorf("%s: status %d: %s", host, status, body)
		}
	}
}
