package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/console"
)

// An address in use is an error that says who uses it: another program, another muster, or the
// demonstration in this folder, with its process.
func TestAddressInUse(t *testing.T) {
	t.Chdir(t.TempDir())
	s := newSite(t)
	inUse := func(address string) string {
		t.Helper()
		return s.refuses(console.StatusFailed, "serve", "--data", filepath.Join(t.TempDir(), "data"), "--listen", address)
	}
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = server.Serve(other) }()
	defer server.Close()
	if said := inUse(other.Addr().String()); !strings.Contains(said, "another program uses it: stop it") {
		t.Error(said)
	}
	line, _, stop := serveProgram(t, "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0", "--interval", "0")
	address := strings.TrimPrefix(line, "serving http://")
	if said := inUse(address); !strings.Contains(said, "another muster answers there") {
		t.Error(said)
	}
	if err := os.Mkdir(demoFolder, 0o700); err != nil {
		t.Fatal(err)
	}
	lock := `{"pid":4711,"command":"demo","url":"http://` + address + `"}`
	if err := os.WriteFile(filepath.Join(demoFolder, "lock"), []byte(lock), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := inUse(address); !strings.Contains(said, "process 4711 (muster demo) serves demo-data there") {
		t.Error(said)
	}
	stop()
}
