package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// commitTime is how long a commit may take before its connection is given up. A context that ends
// meanwhile does not interrupt it: the outcome would not be known.
const commitTime = 30 * time.Second

// postgres is a database of a PostgreSQL server.
type postgres struct {
	pools
	logger *slog.Logger
	tell   func(text string)
	now    func() time.Time // nil for the server's
	config *pgx.ConnConfig
}

func newPostgres(cfg Config) *postgres {
	return &postgres{logger: cfg.Logger, tell: cfg.Tell, now: cfg.Clock}
}

// Settings of connections. A transaction that stands still holds locks that others wait for: the
// process may be paused, or its machine gone. So the server ends it.
func settings(more ...string) map[string]string {
	all := map[string]string{
		"application_name":                    "muster",
		"default_transaction_isolation":       "read committed",
		"statement_timeout":                   "60s",
		"lock_timeout":                        "20s",
		"idle_in_transaction_session_timeout": "10s",
		"jit":                                 "off", // statements are short
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// begin begins a transaction that ends with ctx, except while it is committed.
func (p *postgres) begin(ctx context.Context) (transaction, error) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	goesOn := context.AfterFunc(ctx, cancel)
	tx, err := p.writer.BeginTx(own, nil)
	if err != nil {
		cancel()
		return transaction{}, ended(ctx, err)
	}
	return transaction{tx, func() error {
		defer cancel()
		if !goesOn() {
			return errors.Join(ctx.Err(), tx.Rollback())
		}
		defer time.AfterFunc(commitTime, cancel).Stop()
		err := tx.Commit()
		if own.Err() != nil {
			return fmt.Errorf("%w: it was not committed within %s: %w", errLost, commitTime, err)
		}
		return err
	}}, nil
}

func (p *postgres) failure(err error) failure {
	switch {
	case isConflict(err):
		return conflicted
	case isLost(err), errors.Is(err, errLost):
		return lost
	}
	return final
}

func (p *postgres) reading(ctx context.Context, tx *sql.Tx) (time.Time, error) {
	if p.now != nil {
		return p.now(), nil
	}
	var ms int64
	err := tx.QueryRowContext(ctx, `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`).Scan(&ms)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking the database's clock: %w", err)
	}
	return FromMillis(ms), nil
}

func (p *postgres) snapshot() *sql.TxOptions {
	return &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
}

// parseURL reads the URL of a database. Its errors do not tell the URL, which may hold a password.
func parseURL(text string) (*pgx.ConnConfig, error) {
	if _, err := nameOf(text); err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, errURL
	}
	return config, nil
}

// errURL does not wrap the reason, which might quote a password.
var errURL = errors.New("the URL of the database is not valid: want postgres://user:password@host:port/database, with special characters escaped as %XX")

// nameOf returns the URL of a database without user, password and options.
func nameOf(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", errURL
	}
	return u.Scheme + "://" + u.Host + "/" + strings.TrimPrefix(u.Path, "/"), nil
}
