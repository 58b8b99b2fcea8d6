// Package notified keeps the rules of notices, how far notices were made of snapshots, and the notices that are owed.
//
// Notices of a snapshot and how far they are made are stored by one transaction, so a crash loses none and makes none
// twice (doc/decision/0155).
package notified

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// maxRules is how many rules an organization may have.
const maxRules = 50

// Store keeps notices and their rules. Its methods may be called from any goroutine.
type Store struct{ db *database.DB }

// New returns the notices of db.
func New(db *database.DB) *Store { return &Store{db} }

// Rule is a stored rule.
type Rule struct {
	notice.Rule
	// Destination has no secrets; Sealed is the whole of it, sealed.
	Destination notice.Destination
	Sealed      []byte
	// Changed is when the rule was set, and ChangedBy by whom.
	Changed   time.Time
	ChangedBy string
	// Since is a snapshot: what changes after it is told.
	Since int64
	// Sent is when something was sent last, zero for never. Failures is how many tries in a row failed, Failing when the
	// first did, zero if that is not known, Error why the last did, and Retry when the next one is, at the earliest.
	Sent     time.Time
	Failures int64
	Failing  time.Time
	Retry    time.Time
	Error    string
}

// Same reports whether two rules of a name tell the same to the same receiver.
func (r *Rule) Same(other *Rule) bool {
	return reflect.DeepEqual(r.Rule, other.Rule) && bytes.Equal(r.Sealed, other.Sealed)
}

const ruleColumns = `content, destination, sealed, changed, changed_by, since, sent, failures, failing, retry, error`

func scanRule(rows *sql.Rows) (r Rule, err error) { return scanRuleAnd(rows) }

// scanRuleAnd scans the columns of a rule, after others.
func scanRuleAnd(rows *sql.Rows, before ...any) (r Rule, err error) {
	var content, destination string
	var changed, sent, failing, retry int64
	err = rows.Scan(append(before, &content, &destination, &r.Sealed, &changed, &r.ChangedBy, &r.Since, &sent,
		&r.Failures, &failing, &retry, &r.Error)...)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(content), &r.Rule); err != nil {
		return r, fmt.Errorf("stored rule: %w", err)
	}
	if err := json.Unmarshal([]byte(destination), &r.Destination); err != nil {
		return r, fmt.Errorf("stored destination of rule %q: %w", r.Name, err)
	}
	r.Changed, r.Sent, r.Retry = database.FromMillis(changed), database.FromMillis(sent), database.FromMillis(retry)
	if r.Failures > 0 {
		r.Failing = database.FromMillis(failing)
	}
	return r, nil
}

// Zone is the time zone of a rule. It was known when the rule was set; a node that does not know it takes UTC.
func Zone(r *notice.Rule) *time.Location {
	if at, err := time.LoadLocation(r.Zone); err == nil {
		return at
	}
	return time.UTC
}

// ruleOf returns a rule, nil if there is none.
func ruleOf(ctx context.Context, tx *sql.Tx, org, name string) (*Rule, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+ruleColumns+` FROM notice_rule WHERE organization = $1 AND name = $2`, org, name)
	found, err := database.Collect(rows, err, scanRule)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// putRule inserts or replaces a rule. What is known of its receiver stays with the receiver.
func putRule(ctx context.Context, tx *sql.Tx, org string, old, r *Rule, since int64, now time.Time) error {
	content, err := json.Marshal(r.Rule)
	if err != nil {
		return err
	}
	if r.Sealed == nil {
		if old == nil {
			return fmt.Errorf("there is no such rule whose destination could be kept: %w", database.ErrNotFound)
		}
		return database.One(tx.ExecContext(ctx, `
			UPDATE notice_rule SET content = $1, changed = $2, changed_by = $3, since = $4 WHERE organization = $5 AND name = $6`,
			string(content), database.Millis(now), r.ChangedBy, since, org, r.Name))
	}
	if old == nil {
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM notice_rule WHERE organization = $1`, org).Scan(&n); err != nil {
			return err
		}
		if n >= maxRules {
			return fmt.Errorf("%w: an organization has at most %d rules", database.ErrTooMany, maxRules)
		}
	}
	destination, err := json.Marshal(r.Destination)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO notice_rule (organization, name, content, destination, sealed, changed, changed_by, since, sent, failures, retry, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, '')
		ON CONFLICT (organization, name) DO UPDATE SET content = excluded.content, destination = excluded.destination,
			sealed = excluded.sealed, changed = excluded.changed, changed_by = excluded.changed_by, since = excluded.since,
			failures = 0, failing = 0, retry = 0, error = ''`,
		org, r.Name, string(content), string(destination), r.Sealed, database.Millis(now), r.ChangedBy, since)
	return err
}

// Rules lists the rules of an organization, by name.
func (s *Store) Rules(ctx context.Context, org string) ([]Rule, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+ruleColumns+` FROM notice_rule WHERE organization = $1 ORDER BY name`, org)
	all, err := database.Collect(rows, err, scanRule)
	if err != nil {
		return nil, fmt.Errorf("listing rules of notices: %w", err)
	}
	return all, nil
}

// Rule returns a rule; ErrNotFound if there is none.
func (s *Store) Rule(ctx context.Context, org, name string) (Rule, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+ruleColumns+` FROM notice_rule WHERE organization = $1 AND name = $2`, org, name)
	r, err := database.CollectOne(rows, err, scanRule)
	if err != nil {
		return r, fmt.Errorf("finding rule %q: %w", name, err)
	}
	return r, nil
}

// RemoveRule removes a rule, and what is owed by it. ErrNotFound if there is none.
func (s *Store) RemoveRule(ctx context.Context, org, name string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		err := database.One(tx.ExecContext(ctx, `DELETE FROM notice_rule WHERE organization = $1 AND name = $2`, org, name))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM notice WHERE organization = $1 AND rule = $2 AND state = 'waiting'`, org, name)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM notice_progress WHERE organization = $1
				AND NOT EXISTS (SELECT 1 FROM notice_rule r WHERE r.organization = notice_progress.organization)`, org)
		return err
	})
	if err != nil {
		return fmt.Errorf("removing rule %q: %w", name, err)
	}
	return nil
}

// Organizations lists those that have rules.
func (s *Store) Organizations(ctx context.Context) ([]string, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT organization FROM notice_progress ORDER BY organization`)
	all, err := database.Collect(rows, err, database.ScanText)
	if err != nil {
		return nil, fmt.Errorf("listing organizations with rules of notices: %w", err)
	}
	return all, nil
}
