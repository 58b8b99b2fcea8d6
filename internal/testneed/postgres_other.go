//go:build !unix

package testneed

import (
	"errors"
	"testing"
)

// Postgres skips the test: it starts servers on Unix systems alone.
func Postgres(t testing.TB) *PostgresServer {
	t.Helper()
	Missing(t, "PostgreSQL", errors.ErrUnsupported)
	return nil
}

// NewPostgres is like Postgres.
func NewPostgres(t testing.TB, _ ...string) *PostgresServer { return Postgres(t) }
