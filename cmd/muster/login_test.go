package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
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
		want := "error: verifying: the token of MUSTER_TOKEN is used and not MUSTER_TENANT_ID, MUSTER_CLIENT_ID and " +
			"MUSTER_CLIENT_SECRET: the token is not valid\n"
		if status != console.StatusInput || g.Calls != before+1 || !strings.Contains(stderr, want) {
			t.Errorf("status %d after %d calls: %s", status, g.Calls-before, stderr)
		}
		old := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1700000000}`)) + ".c2ln"
		t.Setenv(connect.TokenVariable, old)
		_, _, stderr = muster(t, "verify", "--server", g.URL)
		if want := "the token of MUSTER_TOKEN, which expired at 2023-11-14T22:13:20Z, is used"; !strings.Contains(stderr, want) ||
			strings.Contains(stderr, old) {
			t.Error(stderr)
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

// loggedIn puts the configuration into a folder of its own, with a login to a gate.
func loggedIn(t *testing.T, g *controltest.Gate) (file string) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", folder)
	t.Setenv("HOME", folder) // macOS keeps settings there
	t.Setenv("AppData", folder)
	who, err := json.Marshal(control.Issued{TenantID: controltest.Tenant, ClientID: controltest.Client,
		ClientSecret: controltest.Secret, TokenURL: g.URL + "/" + controltest.Tenant + "/oauth2/v2.0/token"})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, "client.json")
	if err := os.WriteFile(name, who, 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := muster(t, "login", name)
	if status != 0 || !strings.HasPrefix(stdout, "logged in to "+g.URL+" as client "+controltest.Client) {
		t.Fatalf("status %d, %s, %s", status, stdout, stderr)
	}
	_, file, _ = strings.Cut(strings.TrimSpace(stdout), "kept in ")
	return file
}

// What counts first: the flag, then the variable, then the login; a stale one in front of a right one is named.
func TestStoredLogin(t *testing.T) {
	g := controltest.NewGate(t, control.TokenScope)
	other := controltest.NewGate(t, control.TokenScope)
	t.Run("is used", func(t *testing.T) {
		file := loggedIn(t, g)
		about, err := os.Stat(file)
		if err != nil || runtime.GOOS != "windows" && about.Mode() != 0o600 {
			t.Errorf("%v, %v", about, err)
		}
		if status, _, stderr := muster(t, "verify"); status != 0 {
			t.Errorf("status %d, %s", status, stderr)
		}
		if status, stdout, stderr := muster(t, "token"); status != 0 || !strings.HasPrefix(stdout, "token-") {
			t.Errorf("status %d, %q, %s", status, stdout, stderr)
		}
	})
	t.Run("not for another server", func(t *testing.T) {
		loggedIn(t, g)
		status, _, stderr := muster(t, "verify", "--server", other.URL)
		if status != console.StatusInput || other.Issued > 0 || !strings.Contains(stderr, "hint: set MUSTER_TOKEN, or ") {
			t.Errorf("status %d, %d tokens, %s", status, other.Issued, stderr)
		}
		t.Setenv("MUSTER_SERVER", other.URL)
		if status, _, _ := muster(t, "verify"); status != console.StatusInput || other.Issued > 0 {
			t.Errorf("status %d, %d tokens", status, other.Issued)
		}
	})
	t.Run("behind wrong variables", func(t *testing.T) {
		loggedIn(t, g)
		asClient(t)
		t.Setenv(connect.SecretVariable, "mst_wrong")
		status, _, stderr := muster(t, "verify")
		if status != console.StatusInput || !strings.Contains(stderr, "hint: MUSTER_TENANT_ID, MUSTER_CLIENT_ID and "+
			"MUSTER_CLIENT_SECRET are used and not the stored login (client "+controltest.Client+")\n") {
			t.Errorf("status %d, %s", status, stderr)
		}
		t.Setenv(connect.TokenVariable, "token-0")
		if _, _, stderr = muster(t, "verify"); !strings.Contains(stderr,
			"the token of MUSTER_TOKEN is used and not MUSTER_TENANT_ID, MUSTER_CLIENT_ID and MUSTER_CLIENT_SECRET, or the stored login") {
			t.Error(stderr)
		}
	})
	t.Run("a wrong one is not kept", func(t *testing.T) {
		file := loggedIn(t, g)
		before, _ := os.ReadFile(file)
		asClient(t)
		t.Setenv(connect.SecretVariable, "mst_wrong")
		status, _, stderr := muster(t, "login", "--server", g.URL)
		after, err := os.ReadFile(file)
		if status != console.StatusInput || err != nil || string(before) != string(after) || strings.Contains(stderr, "mst_wrong") {
			t.Errorf("status %d, %v, %s", status, err, stderr)
		}
	})
	t.Run("is readable for its owner only", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("no modes")
		}
		file := loggedIn(t, g)
		if err := os.Chmod(file, 0o640); err != nil {
			t.Fatal(err)
		}
		if status, _, stderr := muster(t, "verify"); status != console.StatusInput || !strings.Contains(stderr, "hint: chmod 600") {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
	t.Run("is forgotten", func(t *testing.T) {
		file := loggedIn(t, g)
		if status, _, stderr := muster(t, "logout", "--server", other.URL); status != console.StatusInput {
			t.Errorf("status %d, %s", status, stderr)
		}
		if status, stdout, _ := muster(t, "logout"); status != 0 || stdout != "logged out of "+g.URL+"\n" {
			t.Errorf("status %d, %q", status, stdout)
		}
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		if status, _, stderr := muster(t, "verify"); status != console.StatusUsage {
			t.Errorf("status %d, %s", status, stderr)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		file := loggedIn(t, g)
		if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, stderr := muster(t, "verify"); status != console.StatusInput || !strings.Contains(stderr, "muster logout --all") {
			t.Errorf("status %d, %s", status, stderr)
		}
		if status, _, _ := muster(t, "logout", "--all"); status != 0 {
			t.Errorf("status %d", status)
		}
	})
}
