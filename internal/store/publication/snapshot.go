package publication

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/counted"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Retention is the state of the full or the delta files of a snapshot.
type Retention string

// Kept files are handed out. Retiring files still exist, for pulls that began earlier (law 4).
// Retired files are gone.
const (
	Kept     Retention = "kept"
	Retiring Retention = "retiring"
	Retired  Retention = "retired"
)

// ManifestRef names a manifest and its hash.
type ManifestRef struct {
	Path   string
	SHA256 [32]byte
	// Totals is JSON for people and dashboards.
	Totals string
	// Attempt is the attempt that wrote it (ManifestRange). Seal and Reseal use it; it is not
	// stored with the snapshot.
	Attempt string
	// Counted are the counts that Seal keeps; nil for none. Nor are they in what is read back.
	Counted *counted.Counts
}

// Snapshot is what a sealed generation published.
type Snapshot struct {
	// Number and Begun are the generation's.
	Number int64
	Begun  time.Time
	// Generated is when it was published, in whole seconds, strictly
	// increasing.
	Generated   time.Time
	Manifest    ManifestRef
	Full, Delta Retention
}

// Mark distinguishes a snapshot from another with the same number: after a backup was restored the number is
// given again, and a repair replaces a manifest. It is a part of the manifest's hash, and 0 for the zero Snapshot.
func (n *Snapshot) Mark() uint64 { return binary.BigEndian.Uint64(n.Manifest.SHA256[:]) }

// Continues tells whether a list of a snapshot with a mark can go on in this one: it is the same, and its files
// are kept.
func (n *Snapshot) Continues(mark uint64) bool { return n.Full == Kept && n.Mark() == mark }

const snapshotColumns = `number, begun, generated, manifest_path, manifest_sha256, totals, full_files, delta_files`

func scanSnapshot(rows *sql.Rows) (n Snapshot, err error) {
	var begun, generated int64
	err = rows.Scan(&n.Number, &begun, &generated,
		&n.Manifest.Path, (*database.Hash)(&n.Manifest.SHA256), &n.Manifest.Totals, &n.Full, &n.Delta)
	n.Begun, n.Generated = database.FromMillis(begun), database.FromMillis(generated)
	return n, err
}

// Seal publishes a running generation whose files and manifest are durable, in one transaction:
// its snapshot becomes the newest, every pinned group becomes the published one (PublishedGroup),
// the counts are kept, and the generation is sealed. Generated is the later of now, rounded up to whole seconds so that
// no client's "since" falls between, and one second after the newest snapshot's; now is not used
// if it is far from the newest reading that was believed. What earlier generations needed to be
// resumed is removed.
//
// The error is ErrNotRunning if the generation is not running.
func (l *Lease) Seal(ctx context.Context, number int64, manifest ManifestRef, now time.Time) (Snapshot, error) {
	var sealed Snapshot
	err := l.writeAlone(ctx, func(tx *sql.Tx) (err error) {
		org := l.org
		if err = finish(ctx, tx, org, number, Sealed, ""); err != nil {
			return err
		}
		if sealed, err = insertSnapshot(ctx, tx, org, number, manifest, now); err != nil {
			return err
		}
		if err = manifest.Counted.Insert(ctx, tx, org, number, sealed.Begun, sealed.Generated); err != nil {
			return err
		}
		if err = winManifest(ctx, tx, org, number, manifest.Attempt); err != nil {
			return err
		}
		return forgetProgress(ctx, tx, org, number)
	})
	if err != nil {
		return Snapshot{}, fmt.Errorf("sealing generation %d: %w", number, err)
	}
	return sealed, nil
}

// winManifest marks the attempt whose manifest is published now.
func winManifest(ctx context.Context, tx *sql.Tx, org string, number int64, attempt string) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE attempt SET state = 'won'
		WHERE organization = $1 AND generation = $2 AND range_number = $3 AND id = $4`, org, number, ManifestRange, attempt)
	return err
}

// forgetProgress removes what earlier generations needed to be resumed, so that it does not pile
// up. Attempts that did not win wait for their files to be removed, and their generation's pin
// stays with them: it says where those files lie.
func forgetProgress(ctx context.Context, tx *sql.Tx, org string, before int64) error {
	for _, query := range []string{
		`DELETE FROM completion WHERE organization = $1 AND generation < $2`,
		`DELETE FROM attempt WHERE organization = $1 AND generation < $2 AND state = 'won'`,
		`UPDATE generation SET pin = '' WHERE organization = $1 AND number < $2 AND length(pin) > 0
			AND NOT EXISTS (SELECT 1 FROM attempt a
				WHERE a.organization = generation.organization AND a.generation = generation.number)`,
	} {
		if _, err := tx.ExecContext(ctx, query, org, before); err != nil {
			return err
		}
	}
	return nil
}

func insertSnapshot(ctx context.Context, tx *sql.Tx, org string, number int64, manifest ManifestRef,
	now time.Time) (Snapshot, error) {
	var newest int64
	err := tx.QueryRowContext(ctx, `
		SELECT coalesce(max(generated), 0) FROM snapshot WHERE organization = $1`, org).Scan(&newest)
	if err != nil {
		return Snapshot{}, err
	}
	sealed, mark, err := clock.Believed(ctx, tx, org, now)
	if err != nil {
		return Snapshot{}, err
	}
	if clock.Step(mark, now) != "" {
		now = mark
	}
	generated := max(database.Millis(ceilSecond(now)), newest+time.Second.Milliseconds())
	rows, err := tx.QueryContext(ctx, `
		INSERT INTO snapshot (organization, number, begun, generated, manifest_path, manifest_sha256, totals, full_files, delta_files, sealed)
		SELECT organization, number, begun, $1, $2, $3, $4, 'kept', 'kept', $5 FROM generation
		WHERE organization = $6 AND number = $7
		RETURNING `+snapshotColumns, generated, manifest.Path, manifest.SHA256[:], manifest.Totals, database.Millis(sealed), org, number)
	inserted, err := database.Collect(rows, err, scanSnapshot)
	if err != nil {
		return Snapshot{}, err
	}
	return inserted[0], nil
}

// ceilSecond rounds up to whole seconds.
func ceilSecond(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); !whole.Equal(t) {
		return whole.Add(time.Second)
	}
	return t
}

// Snapshots returns all snapshots of an organization, oldest first, retired
// ones included.
func (s *Store) Snapshots(ctx context.Context, org string) ([]Snapshot, error) {
	return s.snapshots(ctx, `SELECT `+snapshotColumns+` FROM snapshot WHERE organization = $1 ORDER BY number`, org)
}

// Sealed returns, by number, the clock's reading when each snapshot was sealed. Unlike Generated
// these times need not increase: a snapshot sealed by a clock that was ahead may lie in the
// future, and its time proves nothing.
func (s *Store) Sealed(ctx context.Context, org string) (map[int64]time.Time, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `SELECT number, sealed FROM snapshot WHERE organization = $1`, org)
	readings := map[int64]time.Time{}
	_, err = database.Collect(rows, err, func(r *sql.Rows) (_ struct{}, err error) {
		var number, sealed int64
		err = r.Scan(&number, &sealed)
		readings[number] = database.FromMillis(sealed)
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading when snapshots were sealed: %w", err)
	}
	return readings, nil
}

// Latest returns the newest snapshot, which readers use; ErrNotFound before the first.
func (s *Store) Latest(ctx context.Context, org string) (Snapshot, error) {
	return oneSnapshot(s.snapshots(ctx, `
		SELECT `+snapshotColumns+` FROM snapshot WHERE organization = $1 ORDER BY number DESC LIMIT 1`, org))
}

// Snapshot returns one snapshot; ErrNotFound if there is none.
func (s *Store) Snapshot(ctx context.Context, org string, number int64) (Snapshot, error) {
	return oneSnapshot(s.snapshots(ctx, `
		SELECT `+snapshotColumns+` FROM snapshot WHERE organization = $1 AND number = $2`, org, number))
}

func (s *Store) snapshots(ctx context.Context, query string, args ...any) ([]Snapshot, error) {
	rows, err := s.db.Reader().QueryContext(ctx, query, args...)
	all, err := database.Collect(rows, err, scanSnapshot)
	if err != nil {
		return nil, fmt.Errorf("reading snapshots: %w", err)
	}
	return all, nil
}

func oneSnapshot(found []Snapshot, err error) (Snapshot, error) {
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("snapshot: %w", database.ErrNotFound)
	}
	if err != nil {
		return Snapshot{}, err
	}
	return found[0], nil
}

// SetRetention records the state of a snapshot's files. An unknown snapshot is ErrNotFound. The error is
// database.ErrPaused while a backup is being taken.
func (l *Lease) SetRetention(ctx context.Context, number int64, full, delta Retention) error {
	err := l.write(ctx, func(tx *sql.Tx) error {
		if err := database.MayRemove(ctx, l.store.db, tx); err != nil {
			return err
		}
		return setRetention(ctx, tx, l.org, number, full, delta)
	})
	if err != nil {
		return fmt.Errorf("setting retention of snapshot %d to full %q, delta %q: %w", number, full, delta, err)
	}
	return nil
}

func setRetention(ctx context.Context, tx *sql.Tx, org string, number int64, full, delta Retention) error {
	return database.One(tx.ExecContext(ctx, `
		UPDATE snapshot SET full_files = $1, delta_files = $2 WHERE organization = $3 AND number = $4`,
		string(full), string(delta), org, number))
}

// prunable selects the snapshots that PruneHistory removes.
const prunable = `
	organization = $1 AND generated < $2 AND full_files = 'retired' AND delta_files = 'retired'
		AND number < (SELECT max(r.number) FROM snapshot r
			WHERE r.organization = $1 AND r.full_files = 'retired' AND r.delta_files = 'retired')`

// Prunable lists the snapshots that PruneHistory would remove: their manifests go first.
func (s *Store) Prunable(ctx context.Context, org string, before time.Time) ([]Snapshot, error) {
	return s.snapshots(ctx, `SELECT `+snapshotColumns+` FROM snapshot WHERE `+prunable+` ORDER BY number`,
		org, database.Millis(before))
}

// PruneHistory removes snapshots from before a time whose files are all retired, and generations
// that no row refers to any more. The newest retired snapshot stays, so that a history that was
// cut off differs from one that began later. Prune receipts from before the time first: the
// remaining ones name a later snapshot from then on.
func (s *Store) PruneHistory(ctx context.Context, org string, before time.Time) error {
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM snapshot WHERE `+prunable, org, database.Millis(before))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM generation
			WHERE organization = $1 AND begun < $2 AND state <> 'running'
				AND number < (SELECT max(l.number) FROM generation l WHERE l.organization = $1)
				AND NOT EXISTS (SELECT 1 FROM snapshot s
					WHERE s.organization = generation.organization AND s.number = generation.number)
				AND NOT EXISTS (SELECT 1 FROM attempt a
					WHERE a.organization = generation.organization AND a.generation = generation.number)
				AND NOT EXISTS (SELECT 1 FROM completion c
					WHERE c.organization = generation.organization AND c.generation = generation.number)`,
			org, database.Millis(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("pruning history before %s: %w", before.UTC().Format(time.RFC3339), err)
	}
	return nil
}
