package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/plain"
)

// muster runs a command line in this process.
func muster(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(""), &out, &complaints)
	return status, out.String(), complaints.String()
}

// Replies of other servers and proxies lead to exit statuses that scripts can use.
func TestReplies(t *testing.T) {
	for _, test := range []struct {
		name   string
		code   int
		body   string
		status int
		stderr string
	}{
		{"an error of ours", 400, `{"error":{"code":"InvalidInput","message":"line 3 is bad"}}`,
			console.StatusInput, "line 3 is bad"},
		{"not allowed", 403, `{"error":{"code":"Forbidden","message":"not you"}}`, console.StatusInput, "not you"},
		{"busy without a time", 503, `{"error":{"code":"ServiceUnavailable","message":"stopping"}}`,
			console.StatusUnreachable, "stopping"},
		{"a proxy's page", 502, `<html>bad gateway</html>`, console.StatusUnreachable, "the server replied 502 Bad Gateway"},
		{"a server's fault", 500, `{"error":{"code":"InternalServerError","message":"sorry"}}`,
			console.StatusFailed, "sorry"},
		{"something else", 200, `<html>hello</html>`, console.StatusFailed, "reading the reply"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.code)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			status, _, stderr := muster(t, "verify", "--server", server.URL)
			if status != test.status || !strings.Contains(stderr, test.stderr) {
				t.Errorf("status %d, %q; want %d and %q", status, stderr, test.status, test.stderr)
			}
		})
	}
}

func TestBusyServerIsAskedAgain(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte(`{"problems":[]}`))
	}))
	defer server.Close()
	if status, _, stderr := muster(t, "verify", "--server", server.URL); status != 0 || asked.Load() != 2 {
		t.Errorf("status %d after %d requests: %s", status, asked.Load(), stderr)
	}
}

func TestCAFile(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"problems":[]}`))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	server.StartTLS()
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := muster(t, "verify", "--server", server.URL, "--ca-file", file); status != 0 {
		t.Errorf("with the authority: status %d, %s", status, stderr)
	}
	if status, _, stderr := muster(t, "verify", "--server", server.URL); status != console.StatusUnreachable ||
		!strings.Contains(stderr, "certificate") {
		t.Errorf("without it: status %d, %s", status, stderr)
	}
}

// Text from servers must not control a terminal.
func TestPlainText(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"devices":[{"name":"a\u009b2J\u001b[31mb"}]}`))
	}))
	defer server.Close()
	status, stdout, stderr := muster(t, "device", "list", "--server", server.URL)
	if status != 0 || strings.ContainsAny(stdout, "\x1b\u009b") || !strings.Contains(stdout, "31mb") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
	if got := plain.Text("a\x1b[2J\tb\u009bc\x7fd\n"); got != `a\u001b[2J`+"\tb"+`\u009bc\u007fd`+"\n" {
		t.Errorf("plain: %q", got)
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB",
		1_234_567: "1.2 MB", 5e18: "5.0 EB"} {
		if got := console.Size(bytes); got != want {
			t.Errorf("Size(%d) = %q, want %q", bytes, got, want)
		}
	}
}
