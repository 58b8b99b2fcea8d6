package publication

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// Repair describes files that replace damaged ones.
type Repair struct {
	Number int64
	// Before is the hash of the replaced manifest. Old are the attempts whose files only the old
	// manifest names.
	Before [32]byte
	Old    []string
	// Manifest is the new one, Attempts are those that made its new files.
	Manifest ManifestRef
	Attempts []string
}

// StartRepair records the attempts of a repair before their first file is written. They end with
// the owner's lease, like all others.
func (l *Lease) StartRepair(ctx context.Context, number int64, now time.Time, attempts ...Attempt) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		for _, a := range attempts {
			err := database.One(tx.ExecContext(ctx, `
				INSERT INTO attempt (organization, id, generation, range_number, state, started, owner)
				SELECT organization, $1, number, $2, 'running', $3, $4 FROM snapshot WHERE organization = $5 AND number = $6`,
				a.ID, a.Range, database.Millis(now), l.owner, l.org, number))
			if err != nil {
				return fmt.Errorf("attempt %q: %w", a.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("starting the repair of snapshot %d: %w", number, err)
	}
	return nil
}

// Reseal publishes a repaired snapshot in place of the damaged one, in one transaction. The old
// manifest, and its files that no snapshot names, may go from then on. The error is ErrNotFound if
// the snapshot has changed since it was repaired.
func (l *Lease) Reseal(ctx context.Context, r Repair, now time.Time) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		err := database.One(tx.ExecContext(ctx, `
			UPDATE snapshot SET manifest_path = $1, manifest_sha256 = $2, totals = $3
			WHERE organization = $4 AND number = $5 AND manifest_sha256 = $6`,
			r.Manifest.Path, r.Manifest.SHA256[:], r.Manifest.Totals, l.org, r.Number, r.Before[:]))
		if err != nil {
			return err
		}
		return settleRepair(ctx, tx, l.org, r, now)
	})
	if err != nil {
		return fmt.Errorf("publishing the repair of snapshot %d: %w", r.Number, err)
	}
	return nil
}

// settleRepair removes the attempts whose files are published now, and leaves those of the
// replaced files to be swept.
func settleRepair(ctx context.Context, tx *sql.Tx, org string, r Repair, now time.Time) error {
	for _, id := range append([]string{r.Manifest.Attempt}, r.Attempts...) {
		if _, err := tx.ExecContext(ctx, `DELETE FROM attempt WHERE organization = $1 AND id = $2`, org, id); err != nil {
			return err
		}
	}
	return supersede(ctx, tx, org, r.Number, r.Old, now)
}

// GiveUp records that files of a snapshot are lost, and leaves the attempts to be swept whose
// files no snapshot needs.
func (l *Lease) GiveUp(ctx context.Context, number int64, full, delta Retention,
	attempts []string, now time.Time) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		if err := setRetention(ctx, tx, l.org, number, full, delta); err != nil {
			return err
		}
		return supersede(ctx, tx, l.org, number, attempts, now)
	})
	if err != nil {
		return fmt.Errorf("giving up files of snapshot %d: %w", number, err)
	}
	return nil
}

// supersede marks attempts to be swept.
func supersede(ctx context.Context, tx *sql.Tx, org string, number int64, attempts []string, now time.Time) error {
	for _, id := range attempts {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO attempt (organization, id, generation, range_number, state, started) VALUES ($1, $2, $3, $4, 'dead', $5)
			ON CONFLICT (organization, id) DO UPDATE SET state = excluded.state, range_number = excluded.range_number`,
			org, id, number, Superseded, database.Millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}
