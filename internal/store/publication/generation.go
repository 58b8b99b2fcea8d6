package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// State is the state of a generation.
type State string

// A generation runs until it is sealed or failed, which is final.
const (
	Running State = "running"
	Sealed  State = "sealed"
	Failed  State = "failed"
)

// ErrNotRunning: the generation was sealed or failed, or has never begun.
var ErrNotRunning = errors.New("the generation is not running")

// Generation is one run over an organization.
type Generation struct {
	Number int64
	State  State
	// Begun is strictly increasing from one generation to the next, in whole seconds: the event
	// time of its changes.
	Begun time.Time
	// Revision is the revision of the last report that it contains.
	Revision int64
	// Pin is the JSON from Begin's callback or, once Planned, from Plan's. It is kept until a
	// later generation is sealed.
	Pin     []byte
	Planned bool
	// Request is the id of the request that it answers; empty for none.
	Request string
	// Failure says why a failed generation failed.
	Failure string
}

const generationColumns = `number, state, begun, revision, pin, planned, request, failure`

func scanGeneration(rows *sql.Rows) (Generation, error) { return scanGenerationAnd(rows) }

// scanGenerationAnd scans generationColumns and the columns after them.
func scanGenerationAnd(rows *sql.Rows, more ...any) (g Generation, err error) {
	var begun int64
	into := []any{&g.Number, &g.State, &begun, &g.Revision, &g.Pin, &g.Planned, &g.Request, &g.Failure}
	err = rows.Scan(append(into, more...)...)
	g.Begun = database.FromMillis(begun)
	return g, err
}

// lastGeneration returns the newest generation; the zero Generation before the first.
func lastGeneration(ctx context.Context, tx *sql.Tx, org string) (Generation, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 ORDER BY number DESC LIMIT 1`, org)
	last, err := database.Collect(rows, err, scanGeneration)
	if err != nil || len(last) == 0 {
		return Generation{}, err
	}
	return last[0], nil
}

// Generation returns one generation; ErrNotFound if there is none.
func (s *Store) Generation(ctx context.Context, org string, number int64) (Generation, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 AND number = $2`, org, number)
	found, err := database.CollectOne(rows, err, scanGeneration)
	if err != nil {
		return Generation{}, fmt.Errorf("reading generation %d: %w", number, err)
	}
	return found, nil
}

// Generations returns up to limit generations, newest first.
func (s *Store) Generations(ctx context.Context, org string, limit int) ([]Generation, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 ORDER BY number DESC LIMIT $2`, org, limit)
	all, err := database.Collect(rows, err, scanGeneration)
	if err != nil {
		return nil, fmt.Errorf("listing generations: %w", err)
	}
	return all, nil
}

// runningGeneration reads a running generation, the terms of placing its devices, and the number
// of slices placed so far.
func runningGeneration(ctx context.Context, tx *sql.Tx, org string,
	number int64) (g Generation, placing string, slices int64, err error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT `+generationColumns+`, "placing", slices FROM generation
		WHERE organization = $1 AND number = $2 AND state = 'running'`, org, number)
	found, err := database.Collect(rows, err,
		func(rows *sql.Rows) (Generation, error) { return scanGenerationAnd(rows, &placing, &slices) })
	if err == nil && len(found) == 0 {
		err = ErrNotRunning
	}
	if err != nil {
		return Generation{}, "", 0, err
	}
	return found[0], placing, slices, nil
}
