package enrollment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

const (
	// maxEnrollments is how many enrolments an organization may have.
	maxEnrollments = 1000
	// keepEnrollment is how long an enrolment is listed after its end.
	keepEnrollment = 30 * 24 * time.Hour
)

var (
	// ErrNotEnrolling: no enrolment has the secret, or the enrolment has expired or is used up.
	ErrNotEnrolling = errors.New("the enrolment secret is unknown, expired or used up")
	// ErrEnrolled: the device is known, and no manager let it in. It has a credential that the
	// caller does not have, or none; the text is the same for both.
	ErrEnrolled = errors.New("the device is already known")
)

// Enrollment is a secret that devices trade, each for a credential of its own.
type Enrollment struct {
	// ID is a GUID, Name is for people.
	ID, Organization, Name string
	// Hash is the SHA-256 of the secret.
	Hash [32]byte
	// NamedGroup is the RBAC group that the devices' reports name; empty: none.
	NamedGroup string
	// Adopts says that it accepts known devices that have no credential, if they are in its group
	// or in none.
	Adopts bool
	// Trusts are the fields of a device's identity that count whenever its credential gives them.
	Trusts trust.Fields
	// Uses is how often it was traded, MaxUses the limit.
	Uses, MaxUses    int64
	Created, Expires time.Time
}

const enrollmentColumns = `organization, id, name, hash, named_group, uses, max_uses, created, expires, adopts, trusts`

func scanEnrollment(rows *sql.Rows) (e Enrollment, err error) {
	var created, expires int64
	err = rows.Scan(&e.Organization, &e.ID, &e.Name, (*database.Hash)(&e.Hash), &e.NamedGroup, &e.Uses, &e.MaxUses,
		&created, &expires, &e.Adopts, &e.Trusts)
	e.Created, e.Expires = database.FromMillis(created), database.FromMillis(expires)
	return e, err
}

// Add stores a new enrolment, and removes those that ended more than a month ago.
// Errors: ErrTooMany if 1,000 are left, ErrExists if the id or the secret is taken, ErrNotFound
// for an unknown organization.
func (s *Store) Add(ctx context.Context, e Enrollment) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, e.Organization); err != nil {
			return err
		}
		surely, err := clock.Certain(ctx, tx, e.Created)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM enrollment WHERE organization = $1 AND expires < $2`,
			e.Organization, database.Millis(surely.Add(-keepEnrollment)))
		if err != nil {
			return err
		}
		var enrollments int
		err = tx.QueryRowContext(ctx, `SELECT count(*) FROM enrollment WHERE organization = $1`,
			e.Organization).Scan(&enrollments)
		switch {
		case err != nil:
			return err
		case enrollments >= maxEnrollments:
			return fmt.Errorf("%w: an organization has at most %d enrolments", database.ErrTooMany, maxEnrollments)
		}
		return insertEnrollment(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("adding enrolment %q: %w", e.Name, err)
	}
	return nil
}

func insertEnrollment(ctx context.Context, tx *sql.Tx, e Enrollment) error {
	rows, err := database.Affected(tx.ExecContext(ctx, `
		INSERT INTO enrollment (`+enrollmentColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
		e.Organization, e.ID, e.Name, e.Hash[:], e.NamedGroup, e.Uses, e.MaxUses, database.Millis(e.Created),
		database.Millis(e.Expires), e.Adopts, e.Trusts))
	if err == nil && rows == 0 {
		err = fmt.Errorf("enrolment %q %w", e.ID, database.ErrExists)
	}
	return err
}

// All lists an organization's enrolments, newest first, including those that ended within
// the last month.
func (s *Store) All(ctx context.Context, org string) ([]Enrollment, error) {
	rows, err := s.db.Reader().QueryContext(ctx,
		`SELECT `+enrollmentColumns+` FROM enrollment WHERE organization = $1 ORDER BY created DESC, id`, org)
	all, err := database.Collect(rows, err, scanEnrollment)
	if err != nil {
		return nil, fmt.Errorf("listing enrolments: %w", err)
	}
	return all, nil
}

// Remove removes an enrolment: its secret is invalid from then on. Devices that traded
// it keep their credentials. An enrolment that the organization does not have is ErrNotFound.
func (s *Store) Remove(ctx context.Context, org, id string) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		return database.One(tx.ExecContext(ctx, `DELETE FROM enrollment WHERE organization = $1 AND id = $2`, org, id))
	})
	if err != nil {
		return fmt.Errorf("removing enrolment %q: %w", id, err)
	}
	return nil
}

// Over reports whether the secret cannot be traded any more.
func (e *Enrollment) Over(now time.Time) bool { return e.Uses >= e.MaxUses || !now.Before(e.Expires) }
