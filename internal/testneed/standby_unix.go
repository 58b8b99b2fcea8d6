//go:build unix

package testneed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Standby makes a streaming replica of the server in a folder below that of a server of [NewPostgres], and
// starts it. A commit on the server waits for the replica from then on, so that a fail-over loses nothing
// that was acknowledged. The folder may have been that of an earlier server, which must be stopped.
func (s *PostgresServer) Standby(t testing.TB, folder string, settings ...string) *PostgresServer {
	t.Helper()
	r := &PostgresServer{Folder: folder, bin: s.bin, as: s.as}
	data := filepath.Join(folder, "data")
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	r.in(s.Folder).Program(t, "pg_basebackup", "-D", data, "-h", s.Folder, "-U", "muster", "-R", "-X", "stream",
		"-c", "fast", "--no-sync")
	r.Program(t, "pg_ctl", "-D", data, "-l", filepath.Join(data, "log"), "-w", "-o",
		"-k "+folder+" "+settingsText(settings), "start")
	t.Cleanup(func() { r.Stop(t, "immediate") })
	s.SQL(t, "postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
	s.SQL(t, "postgres", "SELECT pg_reload_conf()")
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		state := s.SQL(t, "postgres", "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'")
		if strings.TrimSpace(state) == "sync" {
			return r
		}
	}
	t.Fatal("the replica does not stream")
	return nil
}

// in is the server as its programs run in a folder.
func (s *PostgresServer) in(folder string) *PostgresServer {
	return &PostgresServer{Folder: folder, bin: s.bin, as: s.as}
}

// Promote makes a replica the server that writes.
func (s *PostgresServer) Promote(t testing.TB) {
	t.Helper()
	s.Program(t, "pg_ctl", "-D", filepath.Join(s.Folder, "data"), "-w", "promote")
}

// Stop stops the server in a mode of pg_ctl, if it runs.
func (s *PostgresServer) Stop(t testing.TB, mode string) {
	t.Helper()
	data := filepath.Join(s.Folder, "data")
	if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); err == nil {
		s.Program(t, "pg_ctl", "-D", data, "-w", "-m", mode, "stop")
	}
}
