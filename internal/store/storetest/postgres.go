package storetest

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/testneed"
)

// template is the database that others are copied from.
const template = "muster_template"

// Postgres returns the URL of a new and empty database of the server that all tests share, with the newest
// schema. It is removed after the test.
func Postgres(tb testing.TB) string {
	tb.Helper()
	server := testneed.Postgres(tb)
	makeTemplate(tb, server)
	name := "t" + strings.ToLower(rand.Text())
	// Copying files takes a third of the time of writing what they have to the log, the default.
	server.SQL(tb, "postgres", "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY")
	tb.Cleanup(func() { server.SQL(tb, "postgres", "DROP DATABASE "+name+" WITH (FORCE)") })
	return server.URL(name)
}

// makeTemplate makes the template, once for all programs that test.
func makeTemplate(tb testing.TB, server *testneed.PostgresServer) {
	tb.Helper()
	begun, done := filepath.Join(server.Folder, "template"), filepath.Join(server.Folder, "template-made")
	if _, err := os.Stat(done); err == nil {
		return
	}
	switch err := os.Mkdir(begun, 0o755); {
	case err == nil:
		defer os.Remove(begun) // a test after one that failed tries again
		server.SQL(tb, "postgres", "DROP DATABASE IF EXISTS "+template)
		server.SQL(tb, "postgres", "CREATE DATABASE "+template)
		s, err := store.Open(tb.Context(), store.Config{Database: database.Config{URL: server.URL(template)}})
		if err != nil {
			tb.Fatal(err)
		}
		if err := errors.Join(s.Close(), os.Rename(begun, done)); err != nil {
			tb.Fatal(err)
		}
	case !errors.Is(err, os.ErrExist):
		tb.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(done); err == nil {
			return
		}
	}
	tb.Fatal("the template of databases was not made")
}
