package exception

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

const (
	// maxExceptions is how many exceptions an organization may have.
	maxExceptions = 50_000
	// keepRemoved is how long one is kept that was removed: longer than any snapshot.
	keepRemoved = 90 * 24 * time.Hour
)

// Change says what was done.
type Change struct {
	// Added are new, with their ids. Kept counts those that were there before, Removed those that the newer
	// version of their document no longer has.
	Added         []except.Exception
	Kept, Removed int
}

// Add adds people's exceptions and gives them ids. One that is there already stays as it is. Errors:
// ErrTooMany, ErrNotFound for an unknown organization.
func (s *Store) Add(ctx context.Context, org string, all []except.Exception, now time.Time) (c Change, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		edition, err := next(ctx, tx, org, now)
		if err != nil {
			return err
		}
		c = Change{}
		old, err := stated(ctx, tx, org, "", nil)
		if err != nil {
			return err
		}
		fresh, err := c.keep(old, all)
		if err != nil {
			return err
		}
		return c.insert(ctx, tx, org, fresh, edition, now)
	})
	if err != nil {
		return Change{}, fmt.Errorf("adding exceptions: %w", err)
	}
	return c, nil
}

// Replace makes all the exceptions of a document, in a scope. What the document stated there before, and
// no longer does, is removed; what is the same keeps its id. Errors are those of Add.
func (s *Store) Replace(ctx context.Context, org, source string, in except.Scope, all []except.Exception,
	now time.Time) (c Change, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		edition, err := next(ctx, tx, org, now)
		if err != nil {
			return err
		}
		c = Change{}
		old, err := stated(ctx, tx, org, source, &in)
		if err != nil {
			return err
		}
		fresh, err := c.keep(old, all)
		if err != nil {
			return err
		}
		for _, id := range old {
			if err := remove(ctx, tx, org, id, edition, now); err != nil {
				return err
			}
			c.Removed++
		}
		return c.insert(ctx, tx, org, fresh, edition, now)
	})
	if err != nil {
		return Change{}, fmt.Errorf("replacing the exceptions of %q: %w", source, err)
	}
	return c, nil
}

// stated returns the ids of what a document states in a scope, nil for any, by content. People's exceptions
// are of the document "".
func stated(ctx context.Context, tx *sql.Tx, org, source string, in *except.Scope) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT id, content, created FROM exception WHERE organization = $1 AND source = $2 AND removed = 0`, org, source)
	found, err := database.Collect(rows, err, scan)
	if err != nil {
		return nil, err
	}
	old := map[string]string{}
	for i := range found {
		if in != nil && !found[i].Scope.Equal(*in) {
			continue
		}
		key, err := content(&found[i].Exception)
		if err != nil {
			return nil, err
		}
		old[key] = found[i].ID
	}
	return old, nil
}

// keep takes from old what is stated again, and returns what is new.
func (c *Change) keep(old map[string]string, all []except.Exception) (fresh []except.Exception, err error) {
	again := map[string]bool{}
	for i := range all {
		key, err := content(&all[i])
		if err != nil {
			return nil, err
		}
		if _, ok := old[key]; ok || again[key] {
			again[key] = true
			delete(old, key)
			c.Kept++
			continue
		}
		fresh = append(fresh, all[i])
	}
	return fresh, nil
}

// content is what makes two exceptions the same: everything except their id and who added them.
func content(e *except.Exception) (string, error) {
	plain := *e
	plain.ID, plain.AddedBy = "", ""
	text, err := json.Marshal(plain)
	return string(text), err
}

// next locks the organization, forgets what was removed long ago, and returns the next edition.
func next(ctx context.Context, tx *sql.Tx, org string, now time.Time) (int64, error) {
	if _, err := organization.Lock(ctx, tx, org); err != nil {
		return 0, err
	}
	_, err := tx.ExecContext(ctx, `
		DELETE FROM exception WHERE organization = $1 AND removed > 0 AND ended < $2
		AND removed < (SELECT max(other.removed) FROM exception AS other WHERE other.organization = $1)`, org,
		database.Millis(now.Add(-keepRemoved)))
	if err != nil {
		return 0, err
	}
	edition, err := Newest(ctx, tx, org)
	return edition + 1, err
}

// Newest returns the newest edition of an organization's exceptions; 0 if it never had one.
func Newest(ctx context.Context, tx *sql.Tx, org string) (edition int64, err error) {
	err = tx.QueryRowContext(ctx, `
		SELECT coalesce(max(CASE WHEN removed > added THEN removed ELSE added END), 0) FROM exception
		WHERE organization = $1`, org).Scan(&edition)
	return edition, err
}

// insert adds those that are new, each once.
func (c *Change) insert(ctx context.Context, tx *sql.Tx, org string, all []except.Exception, edition int64,
	now time.Time) error {
	var there int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM exception WHERE organization = $1 AND removed = 0`, org).
		Scan(&there)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, e := range all {
		key, err := content(&e)
		if err != nil {
			return err
		}
		if seen[key] {
			c.Kept++
			continue
		}
		seen[key] = true
		if there++; there > maxExceptions {
			return fmt.Errorf("%w: an organization has at most %d exceptions", database.ErrTooMany, maxExceptions)
		}
		e.ID = uuid.NewString()
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		err = database.One(tx.ExecContext(ctx, `
			INSERT INTO exception (organization, id, source, content, created, added, removed, ended)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0)`, org, e.ID, e.Source, string(text), database.Millis(now), edition))
		if err != nil {
			return err
		}
		c.Added = append(c.Added, e)
	}
	return nil
}

// Remove removes an exception. One that the organization does not have is ErrNotFound.
func (s *Store) Remove(ctx context.Context, org, id string, now time.Time) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		edition, err := next(ctx, tx, org, now)
		if err != nil {
			return err
		}
		return remove(ctx, tx, org, id, edition, now)
	})
	if err != nil {
		return fmt.Errorf("removing exception %q: %w", id, err)
	}
	return nil
}

func remove(ctx context.Context, tx *sql.Tx, org, id string, edition int64, now time.Time) error {
	return database.One(tx.ExecContext(ctx, `
		UPDATE exception SET removed = $1, ended = $2 WHERE organization = $3 AND id = $4 AND removed = 0`, edition,
		database.Millis(now), org, id))
}
