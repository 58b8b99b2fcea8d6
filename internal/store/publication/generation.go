package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
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
	g.Begun = database.FromMillis(begun)
	return g, err
}

// lastGeneration is the zero Generation before the first.
func lastGeneration(ctx context.Context, tx *sql.Tx, org string) (Generation, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 ORDER BY number DESC LIMIT 1`, org)
	last, err := database.Collect(rows, err, scanGeneration)
	if err != nil || len(last) == 0 {
		return Generation{}, err
	}
	return last[0], nil
}

// Generation returns one generation, ErrNotFound if there is none.
func (s *Store) Generation(ctx context.Context, org string, number int64) (Generation, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 AND number = $2`, org, number)
	found, err := database.Collect(rows, err, scanGeneration)
	if err == nil && len(found) == 0 {
		err = database.ErrNotFound
	}
	if err != nil {
		return Generation{}, fmt.Errorf("reading generation %d: %w", number, err)
	}
	return found[0], nil
}

// Generations returns the newest generations, newest first, limit at most.
func (s *Store) Generations(ctx context.Context, org string, limit int) ([]Generation, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 ORDER BY number DESC LIMIT $2`, org, limit)
	all, err := database.Collect(rows, err, scanGeneration)
	if err != nil {
		return nil, fmt.Errorf("listing generations: %w", err)
	}
	return all, nil
}

// runningGeneration reads a generation, by what its devices are being placed, and
// in how many slices they were.
func runningGeneration(ctx context.Context, tx *sql.Tx, org string, number int64) (g Generation, placing string, slices int64, err error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT `+generationColumns+`, placing, slices FROM generation
		WHERE organization = $1 AND number = $2 AND state = 'running'`, org, number)
	found, err := database.Collect(rows, err, func(rows *sql.Rows) (Generation, error) { return scanGenerationAnd(rows, &placing, &slices) })
	if err == nil && len(found) == 0 {
		err = ErrNotRunning
	}
	if err != nil {
		return Generation{}, "", 0, err
	}
	return found[0], placing, slices, nil
}
