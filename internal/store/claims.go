package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// ErrOtherClaims says that a device claims something else by now.
var ErrOtherClaims = errors.New("the device claims something else by now")

// Claims is what a device's credential said of its identity and what does not
// count, as it said it last. What is empty (nil for Tags) is not claimed.
type Claims struct {
	Name       string   `json:"name,omitempty"`
	OSPlatform string   `json:"osPlatform,omitempty"`
	Tags       []string `json:"tags,omitzero"`
}

// claimsOf picks from what a credential said the fields that do not count.
func claimsOf(said inventory.Device, ignored trust.Fields) (c Claims) {
	if ignored.Has(trust.Name) {
		c.Name = said.Name
	}
	if ignored.Has(trust.Platform) {
		c.OSPlatform = said.OSPlatform
	}
	if ignored.Has(trust.Tags) {
		c.Tags = append([]string{}, said.Tags...)
	}
	return c
}

// None tells that nothing is claimed.
func (c Claims) None() bool { return c.Name == "" && c.OSPlatform == "" && c.Tags == nil }

// Equal tells whether two claims are the same.
func (c Claims) Equal(other Claims) bool {
	return c.Name == other.Name && c.OSPlatform == other.OSPlatform &&
		(c.Tags == nil) == (other.Tags == nil) && slices.Equal(c.Tags, other.Tags)
}

// encode is the stored form.
func (c Claims) encode() (string, error) {
	if c.None() {
		return "", nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("writing claims: %w", err)
	}
	return string(text), nil
}

// decode is the inverse of encode.
func (c *Claims) decode(text string) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return fmt.Errorf("stored claims: %w", err)
	}
	return nil
}

// AcceptClaims makes what a device claims its identity, as a manager's word. The
// claims are those that the manager saw: ErrOtherClaims where the device claims
// something else by now, or nothing. The organization's rules apply at once, as
// to a report. ErrNotFound if there is no such device.
func (s *Store) AcceptClaims(ctx context.Context, org, id string, seen Claims) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		st := s.receive.in(ctx, tx)
		revision, rules, _, err := takeRevisions(ctx, st.takeRevisions, org, 1)
		if err != nil {
			return err
		}
		grouping, err := st.groupings.at(ctx, tx, org, rules)
		if err != nil {
			return err
		}
		r := receiving{receiveStatements: st, tx: tx, grouping: grouping, known: newKnown(org, new(Commit)), org: org, revision: revision + 1}
		return r.accept(ctx, id, seen)
	})
	if err != nil {
		return fmt.Errorf("accepting what device %q claims: %w", id, err)
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
		return ErrNotFound
	case old.Claims.None() || !old.Claims.Equal(seen):
		return ErrOtherClaims
	}
	if _, err := r.known.device(ctx, r.receiveStatements, id); err != nil { // for its hash
		return err
	}
	said := inventory.Device{ID: id, Name: seen.Name, OSPlatform: seen.OSPlatform, Tags: seen.Tags}
	manager := &trust.Sender{Role: trust.Manager}
	device := old
	device.Device, device.Rank, _ = manager.Identify(new(trust.Device{Device: old.Device, Known: true, Rank: old.Rank}), said, true)
	device.Rank = trust.ByFleet
	device.Claims = Claims{}
	if device.WantedGroup, err = r.grouping.of(device.Device, device.NamedGroup, device.Rank); err != nil {
		return err
	}
	device.Revision = r.revision
	device.Hash = r.known.hash(device)
	return r.save(ctx, device, time.Time{}, written{})
}
