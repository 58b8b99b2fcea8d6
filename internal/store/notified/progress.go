package notified

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// maxWaiting is how many notices of a rule may wait. Those beyond are given up at once, and say so: so a receiver that
// fails takes no room from others.
const maxWaiting = 5_000

// ErrOvertaken: another process has made these notices, or the rules are gone, or others than those they were made by.
var ErrOvertaken = errors.New("notices were made by another process, or by rules that have changed")

// Progress is how far notices are made.
type Progress struct {
	// Number is the last snapshot of which notices were made, 0 if there was none.
	Number int64
	// Known is what CISA listed then, as package notify writes it; empty if that is not known.
	Known []byte
}

// Made is a notice that was made.
type Made struct {
	Rule string
	notice.Notice
	// State is Waiting, Dry or Silent.
	State State
	Due   time.Time
}

// Progress returns how far the notices of an organization are made; ErrNotFound if it has no rules.
func (s *Store) Progress(ctx context.Context, org string) (Progress, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT number, known FROM notice_progress WHERE organization = $1`, org)
	p, err := database.CollectOne(rows, err, func(rows *sql.Rows) (p Progress, err error) {
		return p, rows.Scan(&p.Number, &p.Known)
	})
	if err != nil {
		return p, fmt.Errorf("reading how far notices are made: %w", err)
	}
	return p, nil
}

// Derived stores the notices that were made from one snapshot to the next by some rules, and how far they are made now,
// or nothing: the error is ErrOvertaken if they are no longer made as far as from, or if a rule was set meanwhile,
// which may tell something else.
func (s *Store) Derived(ctx context.Context, org string, from int64, to Progress, by []*Rule, made []Made,
	now time.Time) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		err := database.One(tx.ExecContext(ctx, `
			UPDATE notice_progress SET number = $1, known = $2 WHERE organization = $3 AND number = $4`,
			to.Number, database.NonNil(to.Known), org, from))
		if errors.Is(err, database.ErrNotFound) {
			return ErrOvertaken
		}
		if err != nil {
			return err
		}
		for _, r := range by {
			if is, err := ruleOf(ctx, tx, org, r.Name); err != nil {
				return err
			} else if is != nil && !is.Same(r) {
				return ErrOvertaken
			}
		}
		return insert(ctx, tx, org, made, now)
	})
	if err != nil {
		return fmt.Errorf("storing the notices of snapshot %d: %w", to.Number, err)
	}
	return nil
}

// insert adds notices. One whose rule is gone is left out, and so is one that is there.
func insert(ctx context.Context, tx *sql.Tx, org string, made []Made, now time.Time) error {
	if len(made) == 0 {
		return nil
	}
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM notice WHERE organization = $1`, org).
		Scan(&last); err != nil {
		return err
	}
	waiting, err := waitingByRule(ctx, tx, org)
	if err != nil {
		return err
	}
	for i := range made {
		m := &made[i]
		content, err := json.Marshal(m.Notice)
		if err != nil {
			return err
		}
		state, ended, why := m.State, int64(0), ""
		if state == Waiting && waiting[m.Rule] >= maxWaiting {
			state, why = Failed, fmt.Sprintf("more than %d notices of the rule wait: it was not tried", maxWaiting)
		}
		if state == Waiting {
			waiting[m.Rule]++
		} else {
			ended = database.Millis(now)
		}
		last++
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO notice (organization, id, rule, key, snapshot, event, title, state, made, due, tries, ended, error, content)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13 FROM notice_rule
			WHERE organization = $14 AND name = $15
			ON CONFLICT (organization, rule, key) DO NOTHING`,
			org, last, m.Rule, m.Key, m.Snapshot, string(m.Event), m.Title, string(state), database.Millis(now),
			database.Millis(m.Due), ended, why, string(content), org, m.Rule); err != nil {
			return err
		}
	}
	return nil
}

const countWaiting = `
	SELECT name, (SELECT count(*) FROM notice n WHERE n.organization = r.organization AND n.rule = r.name AND n.state = 'waiting')
	FROM notice_rule r WHERE r.organization = $1`

// waitingByRule counts what waits.
func waitingByRule(ctx context.Context, tx *sql.Tx, org string) (map[string]int64, error) {
	rows, err := tx.QueryContext(ctx, countWaiting, org)
	all, err := database.Collect(rows, err, func(rows *sql.Rows) (c Count, err error) {
		return c, rows.Scan(&c.Rule, &c.Number)
	})
	waiting := map[string]int64{}
	for _, c := range all {
		waiting[c.Rule] = c.Number
	}
	return waiting, err
}
