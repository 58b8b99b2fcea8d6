package enrollment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Enroll trades the secret of an enrolment for a client of one device and returns the client. The
// enrolment gives organization and group; the caller gives everything else, including the
// credential.
//
// A device has one client. If proof is a credential of the existing client, that client is
// returned and nothing is used up, so that a device that missed the reply may ask again. A known
// device with another credential, or with none, is ErrEnrolled unless trust.Enrolment admits it.
// ErrNotEnrolling says that the secret is not valid.
func (s *Store) Enroll(ctx context.Context, secret [32]byte, device access.Client, proof access.Credential,
	now time.Time) (made access.Client, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		e, err := bySecret(ctx, tx, secret)
		if err != nil {
			return err
		}
		if _, err = organization.Lock(ctx, tx, e.Organization); err != nil {
			return err
		}
		if e, err = bySecret(ctx, tx, secret); err != nil { // as it is now that nobody else uses it
			return err
		}
		made, err = e.enroll(ctx, tx, device, proof, now)
		return err
	})
	if err != nil {
		return access.Client{}, fmt.Errorf("enrolling device %q: %w", device.Device, err)
	}
	return made, nil
}

// bySecret reads an enrolment; ErrNotEnrolling if none has the secret.
func bySecret(ctx context.Context, tx *sql.Tx, secret [32]byte) (Enrollment, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+enrollmentColumns+` FROM enrollment WHERE hash = $1`, secret[:])
	e, err := database.CollectOne(rows, err, scanEnrollment)
	if errors.Is(err, database.ErrNotFound) {
		err = ErrNotEnrolling
	}
	return e, err
}

// enroll is Enroll for an enrolment that exists.
func (e *Enrollment) enroll(ctx context.Context, tx *sql.Tx, device access.Client, proof access.Credential,
	now time.Time) (access.Client, error) {
	device.Organization, device.NamedGroup, device.Trusts = e.Organization, e.NamedGroup, e.Trusts
	has, proven, err := access.Enrolled(ctx, tx, device, proof)
	switch {
	case err != nil, proven:
		return has, err
	case e.Over(now):
		return access.Client{}, ErrNotEnrolling
	}
	if err := e.takeKnown(ctx, tx, device.Device, has.ID != "", now); err != nil {
		return access.Client{}, err
	}
	used, err := database.Affected(tx.ExecContext(ctx,
		`UPDATE enrollment SET uses = uses + 1 WHERE hash = $1 AND uses < max_uses`, e.Hash[:]))
	if err == nil && used == 0 {
		err = ErrNotEnrolling // another writer took the last use
	}
	if err != nil {
		return access.Client{}, err
	}
	return device, access.AddClient(ctx, tx, device, proof)
}

// RemoveCredential removes a device's credential, which is invalid from the next request on, and
// lets the device enrol again, as after AdmitDevice. A device without a credential is ErrNotFound.
func (s *Store) RemoveCredential(ctx context.Context, org, device string, now time.Time) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		if err := access.RemoveDeviceClient(ctx, tx, org, device); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, admitDevice, database.Millis(now.Add(admissionLife)), org,
			device) // a device that never reported has no row
		return err
	})
	if err != nil {
		return fmt.Errorf("removing the credential of device %q: %w", device, err)
	}
	return nil
}
