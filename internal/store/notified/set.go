package notified

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// SetRule stores a rule, in the place of one with its name. With Sealed nil the destination stays as it is, with its
// secrets; a rule that is new is ErrNotFound then. What waits of a rule that sends nothing any more is given up, and
// says so; so is what the rule does not tell any more. What is not due yet becomes due as the rule says
// now. Errors: ErrTooMany.
func (s *Store) SetRule(ctx context.Context, org string, r *Rule, now time.Time) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		var newest int64
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM snapshot WHERE organization = $1`, org).
			Scan(&newest); err != nil {
			return err
		}
		old, err := ruleOf(ctx, tx, org, r.Name)
		if err != nil {
			return err
		}
		since := newest
		if old != nil && !old.Off {
			since = old.Since // what was published a moment ago is told all the same
		}
		if err := putRule(ctx, tx, org, old, r, since, now); err != nil {
			return err
		}
		if r.Off || r.DryRun {
			if _, err := tx.ExecContext(ctx, `
				UPDATE notice SET state = 'failed', ended = $1, error = $2
				WHERE organization = $3 AND rule = $4 AND state = 'waiting'`, database.Millis(now), turnedOff, org,
				r.Name); err != nil {
				return err
			}
		}
		if old != nil && !r.Off && !r.DryRun {
			if err := rejudge(ctx, tx, org, &old.Rule, &r.Rule, now); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO notice_progress (organization, number, known) VALUES ($1, $2, $3)
			ON CONFLICT (organization) DO NOTHING`, org, newest, []byte{})
		return err
	})
	if err != nil {
		return fmt.Errorf("setting rule %q: %w", r.Name, err)
	}
	return nil
}

// turnedOff is the error of notices that waited when their rule was turned off.
const turnedOff = "the rule was turned off, or to a dry run, before this was sent"

// rejudge judges what waits by the rule as it is set.
func rejudge(ctx context.Context, tx *sql.Tx, org string, was, is *notice.Rule, now time.Time) error {
	rows, err := tx.QueryContext(ctx, `
		SELECT `+noticeColumns+` FROM notice WHERE organization = $1 AND rule = $2 AND state = 'waiting' ORDER BY id`,
		org, is.Name)
	waiting, err := database.Collect(rows, err, scanNotice)
	if err != nil {
		return err
	}
	due := is.Due(now, Zone(is))
	for i := range waiting {
		n := &waiting[i]
		if why := is.Retell(was, &n.Notice); why != "" {
			_, err = tx.ExecContext(ctx, `
				UPDATE notice SET state = 'failed', ended = $1, error = $2 WHERE organization = $3 AND id = $4`,
				database.Millis(now), why, org, n.ID)
		} else if n.Due.After(now) && !was.SameTimes(is) {
			_, err = tx.ExecContext(ctx, `UPDATE notice SET due = $1 WHERE organization = $2 AND id = $3`,
				database.Millis(due), org, n.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
