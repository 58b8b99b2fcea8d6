package publication

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Begin begins the next generation, or returns the running one (resumed). What remains is Plan,
// unless it is Planned, and attempts at its ranges.
//
// A new generation is made in one short transaction. Its number is the last plus one. Begun is the
// later of now and one second after the last one's, cut to whole seconds, because rows show no
// fraction of it (contract.md, section 4). Revision is that of the newest report.
// pin gives its terms; if pin fails, nothing has begun. During pin reports wait, and only p may be
// used to write to this store.
func (s *Store) Begin(ctx context.Context, org string, now time.Time,
	pin func(p *Pinning) (Terms, error)) (g Generation, resumed bool, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		g = Generation{State: Running}
		if g.Revision, err = organization.Lock(ctx, tx, org); err != nil {
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
		g.Begun = beginning(now, last.Begun)
		return beginPinned(&Pinning{ctx: ctx, tx: tx, org: org, number: g.Number, begun: g.Begun}, &g, pin)
	})
	if err != nil {
		return Generation{}, false, fmt.Errorf("beginning a generation: %w", err)
	}
	return g, resumed, nil
}

// beginning returns the time at which a generation begins: whole seconds, later than the last one's.
func beginning(now, last time.Time) time.Time {
	now = now.UTC().Truncate(time.Second)
	if earliest := last.Truncate(time.Second).Add(time.Second); !last.IsZero() && now.Before(earliest) {
		return earliest
	}
	return now
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
	g.Pin = database.NonNil(terms.Pin)
	_, err = p.tx.ExecContext(p.ctx, `
		INSERT INTO generation (organization, number, state, begun, revision, pin, "placing", planned, request)
		VALUES ($1, $2, 'running', $3, $4, $5, $6, FALSE, $7)`, p.org, g.Number, database.Millis(g.Begun), g.Revision, g.Pin, placing, p.request)
	g.Request = p.request
	return err
}

// Skip lets numbers of generations go on above one, by a failed generation with that number. It does nothing
// if there is one with that number or a higher one.
func (l *Lease) Skip(ctx context.Context, number int64, now time.Time, reason string) error {
	err := l.writeAlone(ctx, func(tx *sql.Tx) error {
		last, err := lastGeneration(ctx, tx, l.org)
		if err != nil || last.Number >= number {
			return err
		}
		if last.State == Running {
			return fmt.Errorf("generation %d is running", last.Number)
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO generation (organization, number, state, begun, revision, pin, failure)
			VALUES ($1, $2, 'failed', $3, $4, $5, $6)`,
			l.org, number, database.Millis(beginning(now, last.Begun)), last.Revision, []byte{}, reason)
		return err
	})
	if err != nil {
		return fmt.Errorf("skipping numbers up to %d: %w", number, err)
	}
	return nil
}

// Fail ends a running generation without a snapshot. All its attempts are dead from then on,
// including those that won a range: their files go. The error is ErrNotRunning if the generation
// is not running.
func (l *Lease) Fail(ctx context.Context, number int64, reason string) error {
	err := l.writeAlone(ctx, func(tx *sql.Tx) error {
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

// finish takes a generation out of the running state. If it failed before its devices were placed,
// the next generation begins with those that are.
func finish(ctx context.Context, tx *sql.Tx, org string, number int64, state State, failure string) error {
	rows, err := database.Affected(tx.ExecContext(ctx, `
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
