package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// AcceptClaims makes a device's claims its identity, as decided by a manager. seen are the claims
// that the manager saw: the error is ErrOtherClaims if the device has other claims by now, or
// none. The organization's rules apply at once, as to a report. An unknown device is ErrNotFound.
func (s *Store) AcceptClaims(ctx context.Context, org, id string, seen Claims) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		st := s.writer.statements.in(ctx, tx)
		revision, rules, _, err := organization.TakeRevisions(ctx, st.takeRevisions, org, 1)
		if err != nil {
			return err
		}
		grouping, err := st.groupings.At(ctx, tx, org, rules)
		if err != nil {
			return err
		}
		r := receiving{receiveStatements: st, tx: tx, grouping: grouping, known: newKnown(org, new(Commit)),
			org: org, revision: revision + 1}
		return r.accept(ctx, id, seen)
	})
	if err != nil {
		return fmt.Errorf("accepting the claims of device %q: %w", id, err)
	}
	return nil
}

// accept is AcceptClaims inside a transaction.
func (r receiving) accept(ctx context.Context, id string, seen Claims) error {
	old, err := r.byID(ctx, id)
	switch {
	case err != nil:
		return err
	case old.FirstSeen.IsZero():
		return database.ErrNotFound
	case old.Claims.None() || !old.Claims.Equal(seen):
		return ErrOtherClaims
	}
	if _, err := r.known.device(ctx, r.receiveStatements, id); err != nil { // needed for its hash
		return err
	}
	said := inventory.Device{ID: id, Name: seen.Name, OSPlatform: seen.OSPlatform, Tags: seen.Tags}
	manager := &trust.Sender{Role: trust.Manager}
	device := old
	device.Device, device.Rank, _ = manager.Identify(new(trust.Device{Device: old.Device, Known: true, Rank: old.Rank}),
		said, true)
	device.Rank = trust.ByFleet
	device.Claims = Claims{}
	if device.WantedGroup, err = r.grouping.Of(device.Device, device.NamedGroup, device.Rank); err != nil {
		return err
	}
	device.Revision = r.revision
	device.Hash = r.known.hash(device)
	return r.save(ctx, device, time.Time{}, written{})
}

// ErrOtherClaims says that a device's claims have changed.
var ErrOtherClaims = errors.New("the claims of the device have changed")
