package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
)

// No log, and no output of the server, contains a secret, token, skip token or signature, whatever
// happens and however much is logged.
func TestNoSecretInAnyLog(t *testing.T) {
	s := newSite(t)
	s.muster("demo", "--once", "--days", "1", "--devices", "3")
	line, log, stop := serveProgram(t, "--data", s.data, "--listen", "127.0.0.1:0", "--interval",
		"0", "--log-level", "debug")
	_, s.url, _ = strings.Cut(line, "serving ")
	administrator := administratorOf(s, s.data)
	s.login(administrator)
	secrets := map[string]string{"the administrator's secret": administrator.ClientSecret,
		"the administrator's token": s.token}

	who := decodeTold[control.Issued](s,
		s.muster("client", "add", "reader", "--json", "--permission", string(auth.ReadVulnerabilities)))
	secrets["a client's secret"] = who.ClientSecret
	rotated := decodeTold[control.Issued](s, s.muster("client", "rotate", "reader", "--json"))
	secrets["a rotated secret"] = rotated.ClientSecret
	s.exchange(secrets, who)

	var page defender.Page[json.RawMessage]
	if err := json.Unmarshal(s.get(http.StatusOK, "SoftwareVulnerabilitiesByMachine?pageSize=10"), &page); err != nil {
		t.Fatal(err)
	}
	s.get(http.StatusOK, page.NextLink)
	_, secrets["a skip token"], _ = strings.Cut(page.NextLink, "skiptoken=")
	link := s.links(export{call: callOf(defender.Vulnerabilities, false, true)})[0]
	_, secrets["a signature"], _ = strings.Cut(link, "sig=")
	s.get(http.StatusOK, link)
	s.get(http.StatusForbidden, link+"x")
	s.get(http.StatusBadRequest, page.NextLink+"x")
	s.get(http.StatusNotFound, s.url+"/nothing?secret="+who.ClientSecret)
	s.token = "forged." + s.token
	s.get(http.StatusUnauthorized, "SoftwareVulnerabilitiesByMachine")
	stop()

	trail, err := os.ReadFile(filepath.Join(s.data, node.AuditFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{"issue token", "read export", "make links", "download file",
		"add client", "rotate secret"} {
		if !bytes.Contains(trail, []byte(event)) {
			t.Errorf("the audit log has no %q", event)
		}
	}
	for what, secret := range secrets {
		if len(secret) < 16 {
			t.Fatalf("%s is %q", what, secret)
		}
		for place, text := range map[string]string{"server's log": log.String(),
			"audit log": string(trail), "first line": line} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in the %s", what, place)
			}
		}
	}
}

// exchange gets tokens in several ways, most of them wrong, and remembers what was shown.
func (s *site) exchange(secrets map[string]string, who control.Issued) {
	s.Helper()
	const wrong, assertion = "mst_a-wrong-secret-of-a-client", "eyJhbGciOiJub25lIn0.a-forged-assertion.x"
	secrets["a wrong secret"], secrets["an assertion"] = wrong, assertion
	token, err := tokenOf(s.url, who)
	if err != nil {
		s.Fatal(err)
	}
	secrets["a client's token"] = token
	for _, form := range []url.Values{
		{"client_id": {who.ClientID}, "client_secret": {wrong}},
		{"client_id": {who.ClientSecret}, "client_secret": {who.ClientSecret}}, // a mix-up
		{"client_id": {who.ClientID}, "client_assertion": {assertion},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}},
	} {
		form.Set("grant_type", "client_credentials")
		form.Set("scope", control.TokenScope)
		response, err := http.PostForm(s.url+"/"+who.TenantID+"/oauth2/v2.0/token", form)
		if err != nil {
			s.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode < 400 {
			s.Errorf("%v: status %d", form, response.StatusCode)
		}
	}
}

// Only its owner can read the audit log. It is where the setting says, and has what commands on the
// data folder do.
func TestWhereTheAuditLogIs(t *testing.T) {
	s := newSite(t)
	s.muster("client", "add", "first", "--permission", string(auth.Manage))
	s.muster("publish")
	t.Run("in the data folder", func(t *testing.T) {
		s.muster("client", "add", "one", "--permission", string(auth.ReadSoftware))
		info, err := os.Stat(filepath.Join(s.data, node.AuditFile))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
		text, err := os.ReadFile(filepath.Join(s.data, node.AuditFile))
		if err != nil || !strings.Contains(string(text), `"event":"add client"`) ||
			!strings.Contains(string(text), `"event":"make generation"`) {
			t.Errorf("%v: %s", err, text)
		}
	})
	t.Run("elsewhere, or nowhere", func(t *testing.T) {
		elsewhere := filepath.Join(t.TempDir(), "audit", "log.jsonl")
		for _, where := range []string{elsewhere, "off"} {
			before, err := os.ReadFile(filepath.Join(s.data, node.AuditFile))
			if err != nil {
				t.Fatal(err)
			}
			line, _, stop := serveProgram(t, "--data", s.data, "--listen", "127.0.0.1:0", "--interval", "0", "--audit", where)
			if _, err := tokenOf(strings.TrimPrefix(line, "serving "), administratorOf(t, s.data)); err != nil {
				t.Fatal(err)
			}
			stop()
			after, err := os.ReadFile(filepath.Join(s.data, node.AuditFile))
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("--audit %s: the data folder's has %s (%v)", where, after[len(before):], err)
			}
		}
		if text, err := os.ReadFile(elsewhere); err != nil || !strings.Contains(string(text), `"event":"issue token"`) {
			t.Errorf("%v: %s", err, text)
		}
	})
	t.Run("where it cannot be", func(t *testing.T) {
		blocked := s.file("blocked", nil)
		complaint := s.refuses(console.StatusFailed, "serve", "--data", s.data, "--listen", "127.0.0.1:0", "--audit",
			filepath.Join(blocked, "log"))
		if !strings.Contains(complaint, "opening audit log") {
			t.Errorf("complaint %q", complaint)
		}
	})
}
