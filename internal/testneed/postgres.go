package testneed

import (
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// PostgresServer is a PostgreSQL server on a socket of this machine.
type PostgresServer struct {
	// Folder holds its socket, and its data in "data".
	Folder string
	bin    string   // the folder of its programs
	as     []string // the command that runs them as a user who is not root
}

// URL returns the URL of one of its databases.
func (s *PostgresServer) URL(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {s.Folder}, "user": {"muster"}}.Encode()
}

// Program runs one of its programs, such as pg_ctl.
func (s *PostgresServer) Program(t testing.TB, name string, args ...string) string {
	t.Helper()
	command := append(append([]string{}, s.as...), filepath.Join(s.bin, name))
	cmd := exec.Command(command[0], append(command[1:], args...)...)
	cmd.Dir = s.Folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// SQL runs a statement in one of its databases and returns what psql prints: rows on lines, columns
// apart by "|".
func (s *PostgresServer) SQL(t testing.TB, database, statement string) string {
	t.Helper()
	return s.Program(t, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.Folder, "-U", "muster",
		"-d", database, "-c", statement)
}

// Restart restarts it, as pg_ctl does: in mode "immediate" as if it crashed, in "fast" it first ends its
// connections.
func (s *PostgresServer) Restart(t testing.TB, mode string) {
	t.Helper()
	data := filepath.Join(s.Folder, "data")
	s.Program(t, "pg_ctl", "-D", data, "-l", filepath.Join(data, "log"), "-w", "-m", mode, "restart")
}

// fastest are settings of a server whose data need not outlive it.
const fastest = "-F -c full_page_writes=off -c synchronous_commit=off -c max_connections=300 -c shared_buffers=64MB " +
	"-c autovacuum_naptime=10min -c max_wal_size=128MB -c min_wal_size=32MB"

// settingsText returns the options of a server without a port on the network.
func settingsText(settings []string) string {
	text := "-c listen_addresses=''"
	for _, s := range settings {
		text += fmt.Sprintf(" -c %s", s)
	}
	return text
}
