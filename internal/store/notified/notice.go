package notified

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/database"
)

// State says what became of a notice.
type State string

// The states. A notice that waits is sent or fails; the others are final.
const (
	Waiting State = "waiting"
	Sent    State = "sent"
	Failed  State = "failed" // it was tried for too long, or too many waited
	Dry     State = "dry"    // the rule sends nothing
	Silent  State = "silent" // it stands for changes that are not told
)

// States lists them.
func States() []State { return []State{Waiting, Sent, Failed, Dry, Silent} }

// Notice is a stored notice.
type Notice struct {
	ID    int64
	Rule  string
	State State
	// Made is when it was made, Due when it is sent, at the earliest, Ended when it was sent or given up.
	Made, Due, Ended time.Time
	// Tries is how often it was tried, and Error why the last try failed.
	Tries int64
	Error string
	notice.Notice
}

const noticeColumns = `id, rule, state, made, due, ended, tries, error, content`

func scanNotice(rows *sql.Rows) (n Notice, err error) {
	var content string
	var made, due, ended int64
	if err = rows.Scan(&n.ID, &n.Rule, &n.State, &made, &due, &ended, &n.Tries, &n.Error, &content); err != nil {
		return n, err
	}
	if err := json.Unmarshal([]byte(content), &n.Notice); err != nil {
		return n, fmt.Errorf("stored notice %d: %w", n.ID, err)
	}
	n.Made, n.Due, n.Ended = database.FromMillis(made), database.FromMillis(due), database.FromMillis(ended)
	return n, nil
}

// Owing is a rule by which something is due.
type Owing struct {
	Organization string
	Rule
}

// Owing lists the rules by which something is due, and whose receivers may be tried again.
func (s *Store) Owing(ctx context.Context, now time.Time) ([]Owing, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT organization, `+ruleColumns+` FROM notice_rule
		WHERE retry <= $1 AND EXISTS (SELECT 1 FROM notice n WHERE n.organization = notice_rule.organization
			AND n.rule = notice_rule.name AND n.state = 'waiting' AND n.due <= $2)
		ORDER BY organization, name`, database.Millis(now), database.Millis(now))
	all, err := database.Collect(rows, err, func(rows *sql.Rows) (o Owing, err error) {
		o.Rule, err = scanRuleAnd(rows, &o.Organization)
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("finding what is owed: %w", err)
	}
	return all, nil
}

const dueNotices = `
	SELECT ` + noticeColumns + ` FROM notice
	WHERE organization = $1 AND rule = $2 AND state = 'waiting' AND due <= $3 ORDER BY tries, id LIMIT $4`

// Due lists what is due by a rule: what was tried least first, then in order. One that a receiver does not take keeps
// no others back.
func (s *Store) Due(ctx context.Context, org, rule string, now time.Time, limit int) ([]Notice, error) {
	rows, err := s.db.Reader().QueryContext(ctx, dueNotices, org, rule, database.Millis(now), limit)
	all, err := database.Collect(rows, err, scanNotice)
	if err != nil {
		return nil, fmt.Errorf("reading what is due by rule %q: %w", rule, err)
	}
	return all, nil
}

// SetSent records that notices of a rule were sent, also of those that were given up while they were on their way.
func (s *Store) SetSent(ctx context.Context, org, rule string, sent []Notice, now time.Time) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		for i := range sent {
			if _, err := tx.ExecContext(ctx, `
				UPDATE notice SET state = 'sent', ended = $1, tries = tries + 1, error = ''
				WHERE organization = $2 AND id = $3 AND state IN ('waiting', 'failed')`, database.Millis(now), org,
				sent[i].ID); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE notice_rule SET sent = $1, failures = 0, failing = 0, retry = 0, error = '' WHERE organization = $2 AND name = $3`,
			database.Millis(now), org, rule)
		return err
	})
	if err != nil {
		return fmt.Errorf("recording what was sent by rule %q: %w", rule, err)
	}
	return nil
}

// SetFailed records that notices of a rule could not be sent, why, and when the receiver is tried again. Those that
// were made before giveUp are given up.
func (s *Store) SetFailed(ctx context.Context, org, rule string, tried []Notice, why string,
	now, retry, giveUp time.Time) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		for i := range tried {
			if _, err := tx.ExecContext(ctx, `
				UPDATE notice SET tries = tries + 1, error = $1,
					state = CASE WHEN due < $2 THEN 'failed' ELSE state END,
					ended = CASE WHEN due < $3 THEN CAST($4 AS BIGINT) ELSE ended END
				WHERE organization = $5 AND id = $6 AND state = 'waiting'`,
				why, database.Millis(giveUp), database.Millis(giveUp), database.Millis(now), org, tried[i].ID); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE notice_rule SET failures = failures + 1,
				failing = CASE WHEN failures = 0 OR failing = 0 THEN CAST($1 AS BIGINT) ELSE failing END,
				retry = $2, error = $3
			WHERE organization = $4 AND name = $5`,
			database.Millis(now), database.Millis(retry), why, org, rule)
		return err
	})
	if err != nil {
		return fmt.Errorf("recording what could not be sent by rule %q: %w", rule, err)
	}
	return nil
}

// Filter says which notices are listed; empty fields are all. Before is the id before which a page begins, 0 for the
// newest.
type Filter struct {
	Rule   string
	State  State
	Before int64
}

// History lists notices, newest first.
func (s *Store) History(ctx context.Context, org string, f Filter, limit int) ([]Notice, error) {
	query := []string{`SELECT ` + noticeColumns + ` FROM notice WHERE organization = $1`}
	args := []any{org}
	add := func(condition string, value any) {
		args = append(args, value)
		query = append(query, fmt.Sprintf("AND "+condition+" $%d", len(args)))
	}
	if f.Rule != "" {
		add("rule =", f.Rule)
	}
	if f.State != "" {
		add("state =", string(f.State))
	}
	if f.Before > 0 {
		add("id <", f.Before)
	}
	args = append(args, limit)
	query = append(query, fmt.Sprintf("ORDER BY id DESC LIMIT $%d", len(args)))
	rows, err := s.db.Reader().QueryContext(ctx, strings.Join(query, " "), args...)
	all, err := database.Collect(rows, err, scanNotice)
	if err != nil {
		return nil, fmt.Errorf("listing notices: %w", err)
	}
	return all, nil
}

// Count is how many notices of a rule have a state.
type Count struct {
	Rule   string
	State  State
	Number int64
	// Oldest is when the oldest that waits was made.
	Oldest time.Time
}

// countNotices counts by an index alone: a history may be long, and the overview asks.
const countNotices = `
	SELECT rule, state, many, CASE WHEN state = 'waiting' THEN (SELECT min(made) FROM notice w
		WHERE w.organization = $1 AND w.rule = c.rule AND w.state = 'waiting') ELSE 0 END
	FROM (SELECT rule, state, count(*) AS many FROM notice WHERE organization = $2 GROUP BY rule, state) c
	ORDER BY rule, state`

// Counts counts the notices that are kept, by rule and state.
func (s *Store) Counts(ctx context.Context, org string) ([]Count, error) {
	rows, err := s.db.Reader().QueryContext(ctx, countNotices, org, org)
	all, err := database.Collect(rows, err, func(rows *sql.Rows) (c Count, err error) {
		var oldest int64
		err = rows.Scan(&c.Rule, &c.State, &c.Number, &oldest)
		c.Oldest = database.FromMillis(oldest)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("counting notices: %w", err)
	}
	return all, nil
}

// Prune removes notices that ended before a time.
func (s *Store) Prune(ctx context.Context, before time.Time) error {
	_, err := s.db.ExecAgain(ctx, `DELETE FROM notice WHERE state <> 'waiting' AND ended < $1`, database.Millis(before))
	if err != nil {
		return fmt.Errorf("pruning notices: %w", err)
	}
	return nil
}
