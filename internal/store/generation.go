package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// State is how far a generation came.
type State string

// A generation runs until it is sealed or failed, once and for all.
const (
	Running State = "running"
	Sealed  State = "sealed"
	Failed  State = "failed"
)

// Generation is one run over an organization.
type Generation struct {
	Number int64
	State  State
	// Begun is strictly increasing from one generation to the next, in
	// milliseconds: the event time of its changes.
	Begun time.Time
	// Revision is that of the last report it contains.
	Revision int64
	// Pin is the JSON that Begin's callback made. It is kept until a later
	// generation is sealed.
	Pin []byte
	// Failure says why a failed generation failed.
	Failure string
}

const generationColumns = `number, state, begun, revision, pin, failure`

func scanGeneration(rows *sql.Rows) (g Generation, err error) {
	var begun int64
	err = rows.Scan(&g.Number, &g.State, &begun, &g.Revision, &g.Pin, &g.Failure)
	g.Begun = fromMillis(begun)
	return g, err
}

// Begin begins the next generation, or returns the one that runs (resumed).
//
// The new one is made in one transaction: its number is the last plus one,
// Begun is the later of now and one millisecond after the last one's, Revision
// is that of the newest report; then pin assigns the devices to groups and
// returns what else is pinned, as JSON. When pin fails nothing has begun.
// Inside pin reports wait, so where new group rules want each device is found
// out before; and of this store only p may be used to write.
func (s *Store) Begin(ctx context.Context, org string, now time.Time, pin func(p *Pinning) ([]byte, error)) (g Generation, resumed bool, err error) {
	release, err := s.holdRules(ctx, org)
	if err != nil {
		return Generation{}, false, fmt.Errorf("beginning a generation: %w", err)
	}
	defer release()
	rules, err := s.regrouping(ctx, org)
	if err != nil {
		return Generation{}, false, fmt.Errorf("beginning a generation: applying group rules: %w", explain(err))
	}
	if g, resumed, err = s.beginBy(ctx, org, now, rules, pin); err == nil && !resumed {
		s.tellUnplaced(ctx, org, rules)
	}
	return g, resumed, err
}

// beginBy is Begin once it is known which devices the rules move.
func (s *Store) beginBy(ctx context.Context, org string, now time.Time, rules *regrouping, pin func(p *Pinning) ([]byte, error)) (g Generation, resumed bool, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		g = Generation{State: Running}
		if g.Revision, err = lockOrganization(ctx, tx, org); err != nil {
			return err
		}
		last, err := lastGeneration(ctx, tx, org)
		if err != nil {
			return err
		}
		if resumed = last.State == Running; resumed {
			g = last
			return nil
		}
		g.Number = last.Number + 1
		g.Begun = fromMillis(max(millis(now), millis(last.Begun)+1))
		return beginPinned(&Pinning{ctx: ctx, tx: tx, org: org, number: g.Number, begun: g.Begun, rules: rules}, &g, pin)
	})
	if err != nil {
		return Generation{}, false, fmt.Errorf("beginning a generation: %w", err)
	}
	return g, resumed, nil
}

func beginPinned(p *Pinning, g *Generation, pin func(p *Pinning) ([]byte, error)) (err error) {
	g.Pin, err = pin(p)
	if err != nil {
		return fmt.Errorf("pinning generation %d: %w", g.Number, err)
	}
	g.Pin = nonNil(g.Pin)
	_, err = p.tx.ExecContext(p.ctx, `
		INSERT INTO generation (organization, number, state, begun, revision, pin)
		VALUES ($1, $2, 'running', $3, $4, $5)`, p.org, g.Number, millis(g.Begun), g.Revision, g.Pin)
	return err
}

// lockOrganization returns the newest revision. On PostgreSQL it also waits
// for the reports that have taken theirs and are not committed yet.
func lockOrganization(ctx context.Context, tx *sql.Tx, org string) (revision int64, err error) {
	const lock = `UPDATE organization SET revision = revision WHERE id = $1 RETURNING revision`
	err = tx.QueryRowContext(ctx, lock, org).Scan(&revision)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("organization %q: %w", org, ErrNotFound)
	}
	return revision, err
}

// lastGeneration is the zero Generation before the first.
func lastGeneration(ctx context.Context, tx *sql.Tx, org string) (Generation, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 ORDER BY number DESC LIMIT 1`, org)
	last, err := collect(rows, err, scanGeneration)
	if err != nil || len(last) == 0 {
		return Generation{}, err
	}
	return last[0], nil
}

// Generation returns one generation, ErrNotFound if there is none.
func (s *Store) Generation(ctx context.Context, org string, number int64) (Generation, error) {
	rows, err := s.reader.QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 AND number = $2`, org, number)
	found, err := collect(rows, err, scanGeneration)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Generation{}, fmt.Errorf("reading generation %d: %w", number, err)
	}
	return found[0], nil
}

// Generations returns the newest generations, newest first, limit at most.
func (s *Store) Generations(ctx context.Context, org string, limit int) ([]Generation, error) {
	rows, err := s.reader.QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 ORDER BY number DESC LIMIT $2`, org, limit)
	all, err := collect(rows, err, scanGeneration)
	if err != nil {
		return nil, fmt.Errorf("listing generations: %w", err)
	}
	return all, nil
}

// Fail ends a running generation without a snapshot. All its attempts are
// dead from then on, those that had won a range too: their files go.
// ErrNotRunning if it does not run.
func (s *Store) Fail(ctx context.Context, org string, number int64, reason string) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if err := finish(ctx, tx, org, number, Failed, reason); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE attempt SET state = 'dead' WHERE organization = $1 AND generation = $2`, org, number)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM completion WHERE organization = $1 AND generation = $2`, org, number)
		return err
	})
	if err != nil {
		return fmt.Errorf("failing generation %d: %w", number, err)
	}
	return nil
}

// finish takes a generation out of the running state.
func finish(ctx context.Context, tx *sql.Tx, org string, number int64, state State, failure string) error {
	rows, err := affected(tx.ExecContext(ctx, `
		UPDATE generation SET state = $1, failure = $2
		WHERE organization = $3 AND number = $4 AND state = 'running'`, string(state), failure, org, number))
	if err == nil && rows == 0 {
		return ErrNotRunning
	}
	return err
}
