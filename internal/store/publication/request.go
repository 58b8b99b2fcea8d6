package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Wish says how a generation is to be made.
type Wish struct {
	// Rebuild makes everything anew, and takes nothing from the snapshot before
	// but first-seen times, where it can be read.
	Rebuild bool
	// Anew goes on where the snapshot before is damaged: those of its ranges
	// begin anew.
	Anew bool
	// AllowShrink is the word of somebody who may give it: the clock is right,
	// and devices that have been silent for too long go, however many.
	AllowShrink bool
	// Patient waits for the end of a doubt, instead of being refused.
	Patient bool
}

// Request is a generation that was asked for and has not begun.
type Request struct {
	ID string
	// Revision is that of the newest report when it was asked for, or joined
	// last: the generation contains it.
	Revision int64
	Asked    time.Time
	Wish
}

const requestColumns = `id, revision, asked, rebuild, anew, allow_shrink, patient`

func scanRequest(rows *sql.Rows) (r Request, err error) {
	var asked int64
	err = rows.Scan(&r.ID, &r.Revision, &asked, &r.Rebuild, &r.Anew, &r.AllowShrink, &r.Patient)
	r.Asked = database.FromMillis(asked)
	return r, err
}

// Ask asks for a generation that begins after the call, durably. An organization
// waits for one: later calls join it, and what each wishes is done. ErrNotFound if
// there is no such organization.
func (s *Store) Ask(ctx context.Context, org string, wish Wish, now time.Time) (Request, error) {
	var asked Request
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		revision, err := organization.Lock(ctx, tx, org)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, askForGeneration, org, uuid.NewString(), revision, database.Millis(now),
			wish.Rebuild, wish.Anew, wish.AllowShrink, wish.Patient)
		stored, err := database.Collect(rows, err, scanRequest)
		if err == nil {
			asked = stored[0]
		}
		return err
	})
	if err != nil {
		return Request{}, fmt.Errorf("asking for a generation: %w", err)
	}
	return asked, nil
}

const askForGeneration = `
	INSERT INTO request (organization, ` + requestColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
	ON CONFLICT (organization) DO UPDATE SET revision = excluded.revision,
		rebuild = request.rebuild OR excluded.rebuild, anew = request.anew OR excluded.anew,
		allow_shrink = request.allow_shrink OR excluded.allow_shrink, patient = request.patient OR excluded.patient
	RETURNING ` + requestColumns

// Requested returns the request that waits, ErrNotFound if none does.
func (s *Store) Requested(ctx context.Context, org string) (Request, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT `+requestColumns+` FROM request WHERE organization = $1`, org)
	found, err := database.Collect(rows, err, scanRequest)
	if err == nil && len(found) == 0 {
		err = database.ErrNotFound
	}
	if err != nil {
		return Request{}, fmt.Errorf("reading which generation was asked for: %w", err)
	}
	return found[0], nil
}

// Unfinished returns the organizations for which a generation was asked for, or
// runs.
func (s *Store) Unfinished(ctx context.Context) ([]string, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT organization FROM request UNION SELECT organization FROM generation WHERE state = 'running' ORDER BY organization`)
	all, err := database.Collect(rows, err, func(r *sql.Rows) (org string, err error) { return org, r.Scan(&org) })
	if err != nil {
		return nil, fmt.Errorf("listing organizations that wait for a generation: %w", err)
	}
	return all, nil
}

// Withdraw ends a request that no generation will begin for.
func (s *Store) Withdraw(ctx context.Context, org string, r Request) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM request WHERE organization = $1 AND id = $2`, org, r.ID); err != nil {
		return fmt.Errorf("withdrawing a request: %w", err)
	}
	return nil
}

// Refuse ends a request for which none begins while in doubt. A patient one stays,
// and is one for the usual generation then: what else was wished is refused.
func (s *Store) Refuse(ctx context.Context, org string, r Request) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM request WHERE organization = $1 AND id = $2 AND NOT patient`, org, r.ID)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE request SET rebuild = FALSE, anew = FALSE, allow_shrink = FALSE WHERE organization = $1 AND id = $2`, org, r.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("refusing a request: %w", err)
	}
	return nil
}

// Answered returns the generation that answers a request, ErrNotFound if none
// does yet, or ever will.
func (s *Store) Answered(ctx context.Context, org, request string) (Generation, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 AND request = $2`, org, request)
	found, err := database.Collect(rows, err, scanGeneration)
	if err == nil && len(found) == 0 {
		err = database.ErrNotFound
	}
	if err != nil {
		return Generation{}, fmt.Errorf("reading which generation answers a request: %w", err)
	}
	return found[0], nil
}

// ErrChanged: it is not what it was when it was read.
var ErrChanged = errors.New("it was changed meanwhile")

// Answer says that the generation that begins answers a request, which waits no
// longer, and is the owner's. ErrChanged if the request is not what it was any
// more, ErrLost if the lease was taken over: nothing begins then.
func (p *Pinning) Answer(l *Lease, r Request) error {
	if err := l.check(p.ctx, p.tx); err != nil {
		return err
	}
	answered, err := database.Affected(p.tx.ExecContext(p.ctx, `
		DELETE FROM request WHERE organization = $1 AND id = $2 AND rebuild = $3 AND anew = $4 AND allow_shrink = $5`,
		p.org, r.ID, r.Rebuild, r.Anew, r.AllowShrink))
	if err == nil && answered == 0 {
		err = ErrChanged
	}
	if err != nil {
		return fmt.Errorf("answering a request: %w", err)
	}
	p.request = r.ID
	return nil
}
