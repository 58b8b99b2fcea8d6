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

// ErrNotRunning: the generation was sealed or failed, or never begun.
var ErrNotRunning = errors.New("generation is not running")

// Generation is one run over an organization.
type Generation struct {
	Number int64
	State  State
	// Begun is strictly increasing from one generation to the next, in
	// milliseconds: the event time of its changes.
	Begun time.Time
	// Revision is that of the last report it contains.
	Revision int64
	// Pin is the JSON that Begin's callback made and, once Planned, Plan's. It is
	// kept until a later generation is sealed.
	Pin     []byte
	Planned bool
	// Request is the one that it answers, empty for none.
	Request string
	// Failure says why a failed generation failed.
	Failure string
}

const generationColumns = `number, state, begun, revision, pin, planned, request, failure`

func scanGeneration(rows *sql.Rows) (Generation, error) { return scanGenerationAnd(rows) }

// scanGenerationAnd scans generationColumns and what follows them in the query.
func scanGenerationAnd(rows *sql.Rows, more ...any) (g Generation, err error) {
	var begun int64
	into := []any{&g.Number, &g.State, &begun, &g.Revision, &g.Pin, &g.Planned, &g.Request, &g.Failure}
	err = rows.Scan(append(into, more...)...)
	g.Begun = fromMillis(begun)
	return g, err
}

// Begin begins the next generation, or returns the one that runs (resumed). What
// is left of it is to be done by Plan, unless it is Planned, and by attempts at its
// ranges.
//
// The new one is made in one short transaction: its number is the last plus one,
// Begun is the later of now and one millisecond after the last one's, Revision
// is that of the newest report; pin says by which terms. When pin fails nothing
// has begun. Inside pin reports wait, and of this store only p may be used to
// write.
func (s *Store) Begin(ctx context.Context, org string, now time.Time, pin func(p *Pinning) (Terms, error)) (g Generation, resumed bool, err error) {
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
		return beginPinned(&Pinning{ctx: ctx, tx: tx, org: org, number: g.Number, begun: g.Begun}, &g, pin)
	})
	if err != nil {
		return Generation{}, false, fmt.Errorf("beginning a generation: %w", err)
	}
	return g, resumed, nil
}

func beginPinned(p *Pinning, g *Generation, pin func(p *Pinning) (Terms, error)) error {
	terms, err := pin(p)
	if err != nil {
		return fmt.Errorf("pinning generation %d: %w", g.Number, err)
	}
	placing, err := terms.encode()
	if err != nil {
		return err
	}
	g.Pin = nonNil(terms.Pin)
	_, err = p.tx.ExecContext(p.ctx, `
		INSERT INTO generation (organization, number, state, begun, revision, pin, placing, planned, request)
		VALUES ($1, $2, 'running', $3, $4, $5, $6, FALSE, $7)`, p.org, g.Number, millis(g.Begun), g.Revision, g.Pin, placing, p.request)
	g.Request = p.request
	return err
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
func (l *Lease) Fail(ctx context.Context, number int64, reason string) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		if err := finish(ctx, tx, l.org, number, Failed, reason); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE attempt SET state = 'dead' WHERE organization = $1 AND generation = $2`, l.org, number)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM completion WHERE organization = $1 AND generation = $2`, l.org, number)
		return err
	})
	if err != nil {
		return fmt.Errorf("failing generation %d: %w", number, err)
	}
	return nil
}

// finish takes a generation out of the running state. If its devices are not
// placed, which it failed at, the next generation begins with those that are.
func finish(ctx context.Context, tx *sql.Tx, org string, number int64, state State, failure string) error {
	rows, err := affected(tx.ExecContext(ctx, `
		UPDATE generation SET state = $1, failure = $2
		WHERE organization = $3 AND number = $4 AND state = 'running'`, string(state), failure, org, number))
	if err == nil && rows == 0 {
		return ErrNotRunning
	}
	if err != nil {
		return err
	}
	return endPlacing(ctx, tx, org, number)
}
