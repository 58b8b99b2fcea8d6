package enrollment

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// admissionLife is how long a manager's admission of a known device lasts.
const admissionLife = 7 * 24 * time.Hour

const admitDevice = `UPDATE device SET admitted = $1 WHERE organization = $2 AND id = $3`

// Admit lets a known device enrol, once, within a week. It records a manager's decision
// about a device without a credential; a device with a credential keeps it, and the error is
// ErrExists. An unknown device is ErrNotFound.
func (s *Store) Admit(ctx context.Context, org, device string, now time.Time) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		var credentials int
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM client WHERE organization = $1 AND device = $2`, org,
			device).Scan(&credentials)
		switch {
		case err != nil:
			return err
		case credentials > 0:
			return fmt.Errorf("its credential %w", database.ErrExists)
		}
		return database.One(tx.ExecContext(ctx, admitDevice, database.Millis(now.Add(admissionLife)), org, device))
	})
	if err != nil {
		return fmt.Errorf("admitting device %q: %w", device, err)
	}
	return nil
}

// takeKnown decides whether a device may enrol, and prepares it if it is known already:
// ErrEnrolled if the enrolment does not admit it.
func (e *Enrollment) takeKnown(ctx context.Context, tx *sql.Tx, id string, enrolled bool, now time.Time) error {
	device, known, err := reports.DeviceIn(ctx, tx, e.Organization, id)
	if err != nil {
		return err
	}
	applicant := trust.Applicant{Enrolled: enrolled}
	if known {
		applicant.Known, applicant.Group, applicant.Accepted = true, device.PresentGroup(), now.Before(device.Admitted)
	}
	if !known { // the usual case
		if !(trust.Enrolment{}).Admits(applicant) {
			return ErrEnrolled
		}
		return nil
	}
	grouping, err := organization.LoadGrouping(ctx, tx, e.Organization)
	if err != nil {
		return err
	}
	group, there := grouping.Number(e.NamedGroup)
	if !(trust.Enrolment{Adopts: e.Adopts && there, Group: group}).Admits(applicant) {
		return ErrEnrolled
	}
	return e.takeOver(ctx, tx, &device, grouping)
}

// takeOver uses up a manager's admission of a known device, puts the device into the enrolment's
// group if it is in none and named none, and gives its sources to the credential unless a
// credential has written some before.
func (e *Enrollment) takeOver(ctx context.Context, tx *sql.Tx, d *reports.Device, g *organization.Grouping) error {
	if d.NamedGroup == "" && d.PresentGroup() == 0 {
		d.NamedGroup = e.NamedGroup
		var err error
		if d.WantedGroup, err = g.Of(d.Device, d.NamedGroup, d.Rank); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE device SET admitted = 0, named_group = $1, wanted_group = $2 WHERE organization = $3 AND id = $4`,
		d.NamedGroup, d.WantedGroup, e.Organization, d.ID)
	if err != nil {
		return err
	}
	var own int
	err = tx.QueryRowContext(ctx, `
		SELECT count(*) FROM document WHERE organization = $1 AND device = $2 AND writer = $3`, e.Organization, d.ID, trust.OfCredential).Scan(&own)
	if err != nil || own > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE document SET writer = $1 WHERE organization = $2 AND device = $3`, trust.OfNobody, e.Organization, d.ID)
	return err
}
