package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/muster-project/muster/internal/crew"
)

// migrating is the name of the lock that one node has while it makes River's tables: any number that
// others do not use.
const migrating = 0x6d757374 // "must"

// Migrate makes River's tables, or brings them up to date. Nodes may call it at the same time. It
// returns the numbers of the steps that it took.
func Migrate(ctx context.Context, server *sql.DB) (taken []int, err error) {
	conn, err := server.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("making the tables of the queue: %w", err)
	}
	defer func() {
		_, unlocked := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrating)
		err = errors.Join(err, unlocked, conn.Close())
	}()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrating); err != nil {
		return nil, fmt.Errorf("making the tables of the queue: %w", err)
	}
	m, err := rivermigrate.New(riverdatabasesql.New(server), nil)
	if err != nil {
		return nil, fmt.Errorf("making the tables of the queue: %w", err)
	}
	done, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return nil, fmt.Errorf("making the tables of the queue: %w", err)
	}
	for _, step := range done.Versions {
		taken = append(taken, step.Version)
	}
	return taken, nil
}

func isUnable(err error) bool { return errors.Is(err, crew.ErrUnable) }
