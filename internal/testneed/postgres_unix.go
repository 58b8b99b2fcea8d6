//go:build unix

package testneed

import (
	_ "embed" // the script
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serving is the script that makes, starts and ends a server.
//
//go:embed postgres.sh
var serving string

// Postgres returns a server that all tests of a run of "go test" share; it keeps nothing for certain, and
// ends with the run. If PostgreSQL is missing, it skips the test, or fails it where NoSkip is set.
func Postgres(t testing.TB) *PostgresServer {
	t.Helper()
	watched := os.Getpid()
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", os.Getppid())); err == nil && strings.TrimSpace(string(name)) == "go" {
		watched = os.Getppid()
	}
	s := findPostgres(t)
	if s == nil {
		return nil
	}
	s.Folder = fmt.Sprintf("%s/muster-postgres-%d", short(), watched)
	if err := os.Mkdir(s.Folder, 0o755); err == nil {
		s.start(t, watched, fastest+" "+settingsText(nil))
	} else if !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	s.wait(t)
	return s
}

// short is a folder for temporary files with a short name, since names of sockets have few bytes: in memory if those of
// tests are.
func short() string {
	if memory := "/dev/shm"; strings.HasPrefix(os.TempDir(), memory) {
		return memory
	}
	return "/tmp"
}

// NewPostgres returns a server of its own with some settings, for a test that stops it or needs its data
// to be durable. It ends with the test.
func NewPostgres(t testing.TB, settings ...string) *PostgresServer {
	t.Helper()
	s := findPostgres(t)
	if s == nil {
		return nil
	}
	folder, err := os.MkdirTemp("/tmp", "muster-postgres-own-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	s.Folder = folder
	s.start(t, os.Getpid(), settingsText(settings))
	s.wait(t)
	t.Cleanup(func() { s.Stop(t, "immediate") })
	return s
}

// findPostgres finds the programs of the newest version, and a user for them. Nil: the test is skipped.
func findPostgres(t testing.TB) *PostgresServer {
	t.Helper()
	s := new(PostgresServer)
	found, err := exec.LookPath("initdb")
	if versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(versions) > 0 {
		slices.Sort(versions)
		found = versions[len(versions)-1] // Debian keeps them out of the path
	} else if err == nil {
		found, err = filepath.EvalSymlinks(found) // its other programs lie beside it
	}
	if found == "" {
		Missing(t, "PostgreSQL", err)
		return nil
	}
	s.bin = filepath.Dir(found)
	if os.Getuid() != 0 {
		return s
	}
	for _, name := range []string{"postgres", "nobody"} { // the server refuses to run as root
		if u, err := user.Lookup(name); err == nil {
			s.as = []string{Command(t, "setpriv"), "--reuid=" + u.Uid, "--regid=" + u.Gid, "--clear-groups"}
			return s
		}
	}
	t.Fatal("no user to run PostgreSQL as")
	return nil
}

// start starts the server, which ends when a process does.
func (s *PostgresServer) start(t testing.TB, watched int, settings string) {
	t.Helper()
	if len(s.as) > 0 {
		uid, _ := strconv.Atoi(strings.TrimPrefix(s.as[1], "--reuid="))
		if err := os.Chown(s.Folder, uid, -1); err != nil {
			t.Fatal(err)
		}
	}
	as := s.as
	if len(as) == 0 {
		as = []string{"env"}
	}
	args := append([]string{"-c", serving, "postgres.sh", s.Folder, s.bin, strconv.Itoa(watched), settings}, as...)
	cmd := exec.Command("/bin/sh", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it outlives this process, and an interrupt of the run
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = cmd.Wait() }()
}

// wait waits until the server serves.
func (s *PostgresServer) wait(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(s.Folder, "ready")); err == nil {
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(s.Folder, "log"))
	t.Fatalf("PostgreSQL did not start:\n%s", log)
}
