package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/inventory/rbac"
)

// regrouping is what new rules change: it is found out on a connection that only
// reads, since it takes a while and reports wait for the one that writes. A
// report that comes meanwhile places its device by itself, by the same rules:
// others cannot be set before they are applied.
type regrouping struct {
	rules int64 // their revision; 0 where all devices are where the rules say
	moves []move
	// unplaced counts the devices of which the rules cannot tell where they
	// belong: they stay where they are. first is one of them.
	unplaced int
	first    string
}

// move says which group a device is wanted in from now on, if it is still what
// it was.
type move struct {
	device, named                 string
	revision, from, to, namedRank int64
}

// regrouping compares where devices are with where the rules say, if others have
// said it last; hidden ones, too, which are to be hidden again. Organizations
// that there are not have no rules.
func (s *Store) regrouping(ctx context.Context, org string) (*regrouping, error) {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // nothing was written
	rows, err := tx.QueryContext(ctx, `SELECT rules_revision FROM organization WHERE id = $1 AND rules_applied <> rules_revision`, org)
	behind, err := collect(rows, err, func(rows *sql.Rows) (rules int64, err error) { return rules, rows.Scan(&rules) })
	if err != nil || len(behind) == 0 {
		return new(regrouping), err
	}
	r := &regrouping{rules: behind[0]}
	g, err := loadGrouping(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	return r, r.look(ctx, tx, org, g)
}

// look lists the devices that rules want elsewhere, in the order in which they
// are stored: written in any other, each would cost a page of the file.
// Appending nothing to the organization keeps SQLite from reading them by the
// index of ids.
func (r *regrouping) look(ctx context.Context, tx *sql.Tx, org string, g *grouping) error {
	rows, err := tx.QueryContext(ctx, `
		SELECT id, name, os_platform, tags, revision, wanted_group, named_group, named_by FROM device WHERE organization || '' = $1`, org)
	_, err = collect(rows, err, func(rows *sql.Rows) (_ struct{}, err error) {
		var d Device
		var tags string
		if err := rows.Scan(&d.ID, &d.Name, &d.OSPlatform, &tags, &d.Revision, &d.WantedGroup, &d.NamedGroup, &d.Rank); err != nil {
			return struct{}{}, err
		}
		if err := decodeTags(tags, &d); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, r.place(&d, g)
	})
	return err
}

func (r *regrouping) place(d *Device, g *grouping) error {
	group, err := g.of(d)
	switch {
	case errors.Is(err, rbac.ErrCostly):
		if r.unplaced == 0 {
			r.first = d.ID
		}
		r.unplaced++
	case err != nil:
		return err
	case group != d.WantedGroup:
		r.moves = append(r.moves, move{d.ID, d.NamedGroup, d.Revision, d.WantedGroup, group, int64(d.Rank)})
	}
	return nil
}

// holdRules keeps an organization's rules from being set until they are released;
// it waits for others who do.
func (s *Store) holdRules(ctx context.Context, org string) (release func(), err error) {
	held, _ := s.rules.LoadOrStore(org, make(chan struct{}, 1))
	hold := held.(chan struct{})
	select {
	case hold <- struct{}{}:
		return func() { <-hold }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// apply moves the devices that nobody has placed since. It pins at once: to
// leave that to moveDevices would write every device twice.
func (r *regrouping) apply(ctx context.Context, tx *sql.Tx, org string) error {
	if r.rules == 0 {
		return nil
	}
	put, err := tx.PrepareContext(ctx, `
		UPDATE device SET wanted_group = $1, pinned_group = $1
		WHERE organization = $2 AND id = $3 AND revision = $4 AND wanted_group = $5 AND named_group = $6 AND named_by = $7`)
	if err != nil {
		return err
	}
	defer put.Close()
	for _, m := range r.moves {
		if _, err := put.ExecContext(ctx, m.to, org, m.device, m.revision, m.from, m.named, m.namedRank); err != nil {
			return fmt.Errorf("device %q: %w", m.device, err)
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE organization SET rules_applied = $1 WHERE id = $2`, r.rules, org)
	return err
}

// tellUnplaced says which devices the rules cannot place.
func (s *Store) tellUnplaced(ctx context.Context, org string, r *regrouping) {
	if r.unplaced > 0 {
		s.logger.WarnContext(ctx, "group rules take too much work: devices stay in their groups, and their reports are refused",
			"organization", org, "devices", r.unplaced, "one", r.first)
	}
}
