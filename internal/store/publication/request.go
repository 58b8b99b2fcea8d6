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

// Wish says how to make a generation.
type Wish struct {
	// Rebuild makes everything anew, and takes only first-seen times from the snapshot before, if
	// it can be read.
	Rebuild bool
	// Anew continues after a damaged snapshot: its damaged ranges begin anew.
	Anew bool
	// AllowShrink is a decision by a manager: the clock is right, and devices that have been
	// silent for too long go, however many.
	AllowShrink bool
	// Patient waits for the end of a doubt instead of being refused.
	Patient bool
}

// Request is a generation that was asked for and has not begun.
type Request struct {
	ID string
	// Revision is that of the newest report when the generation was asked for or last joined: the
	// generation contains it.
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

// Ask asks, durably, for a generation that begins after the call. One request waits per
// organization: later calls join it, and their wishes are combined. An unknown organization is
// ErrNotFound.
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

// Requested returns the request that waits; ErrNotFound if none does.
func (s *Store) Requested(ctx context.Context, org string) (Request, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT `+requestColumns+` FROM request WHERE organization = $1`, org)
	found, err := database.CollectOne(rows, err, scanRequest)
	if err != nil {
		return Request{}, fmt.Errorf("reading the waiting request: %w", err)
	}
	return found, nil
}

// Unfinished returns the organizations with a waiting request or a running generation; if unowned is
// set, only those on which nobody has a lease that has not ended.
func (s *Store) Unfinished(ctx context.Context, unowned bool) ([]string, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT organization FROM request UNION SELECT organization FROM generation WHERE state = 'running' ORDER BY organization`)
	all, err := database.Collect(rows, err, database.ScanText)
	if err != nil {
		return nil, fmt.Errorf("listing organizations with an unfinished generation: %w", err)
	}
	if !unowned {
		return all, nil
	}
	var left []string
	for _, org := range all {
		held, err := Held(ctx, s, org)
		if err != nil {
			return nil, err
		}
		if !held {
			left = append(left, org)
		}
	}
	return left, nil
}

// Withdraw removes a request that no generation will answer.
func (s *Store) Withdraw(ctx context.Context, org string, r Request) error {
	if _, err := s.db.ExecAgain(ctx, `DELETE FROM request WHERE organization = $1 AND id = $2`, org, r.ID); err != nil {
		return fmt.Errorf("withdrawing a request: %w", err)
	}
	return nil
}

// Refuse removes a request that is refused while the clock is in doubt. A patient request stays as
// one for a usual generation; its other wishes are refused.
func (s *Store) Refuse(ctx context.Context, org string, r Request) error {
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
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

// Answered returns the generation that answers a request; ErrNotFound if there is none.
func (s *Store) Answered(ctx context.Context, org, request string) (Generation, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `
		SELECT `+generationColumns+` FROM generation WHERE organization = $1 AND request = $2`, org, request)
	found, err := database.CollectOne(rows, err, scanGeneration)
	if err != nil {
		return Generation{}, fmt.Errorf("reading which generation answers a request: %w", err)
	}
	return found, nil
}

// ErrChanged: it has changed since it was read.
var ErrChanged = errors.New("it has changed meanwhile")

// Answer records that the beginning generation answers a request, which waits no longer, and
// belongs to the owner. If the request has changed, the error is ErrChanged; if the lease was
// taken over, ErrLost. Nothing begins then.
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
