package exception

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/store/database"
)

// Exception is a stored exception.
type Exception struct {
	except.Exception
	// Created is when it was added.
	Created time.Time
}

func scan(rows *sql.Rows) (e Exception, err error) {
	var id, text string
	var created int64
	if err := rows.Scan(&id, &text, &created); err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(text), &e.Exception); err != nil {
		return e, fmt.Errorf("stored exception %q: %w", id, err)
	}
	e.ID, e.Created = id, database.FromMillis(created)
	return e, nil
}

// All lists the exceptions of an organization, newest first.
func (s *Store) All(ctx context.Context, org string) ([]Exception, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT id, content, created FROM exception WHERE organization = $1 AND removed = 0
		ORDER BY created DESC, id`, org)
	all, err := database.Collect(rows, err, scan)
	if err != nil {
		return nil, fmt.Errorf("listing exceptions: %w", err)
	}
	return all, nil
}

// One returns an exception. One that the organization does not have is ErrNotFound.
func (s *Store) One(ctx context.Context, org, id string) (Exception, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT id, content, created FROM exception WHERE organization = $1 AND id = $2 AND removed = 0`, org, id)
	e, err := database.CollectOne(rows, err, scan)
	if err != nil {
		return e, fmt.Errorf("finding exception %q: %w", id, database.Explain(err))
	}
	return e, nil
}

// At returns the exceptions of an edition, in force or not.
func (s *Store) At(ctx context.Context, org string, edition int64) ([]except.Exception, error) {
	if edition == 0 {
		return nil, nil
	}
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT id, content, created FROM exception WHERE organization = $1 AND added <= CAST($2 AS BIGINT)
		AND (removed = 0 OR removed > CAST($2 AS BIGINT)) ORDER BY id`, org, edition)
	found, err := database.Collect(rows, err, scan)
	if err != nil {
		return nil, fmt.Errorf("reading the exceptions of edition %d: %w", edition, err)
	}
	all := make([]except.Exception, len(found))
	for i := range found {
		all[i] = found[i].Exception
	}
	return all, nil
}
