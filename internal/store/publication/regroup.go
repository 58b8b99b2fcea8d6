package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// regrouping is what new rules change. It is found on a reading connection, since it takes a while
// and reports wait for the writing one. A report that comes meanwhile places its device by the
// same rules: others do not count before all devices are placed.
type regrouping struct {
	rules int64 // their revision; 0 if all devices are placed by them
	moves []move
	// unplaced counts the devices that the rules cannot place; they stay where they are. first is
	// one of them.
	unplaced int
	first    string
}

// applied reports whether there were new rules.
func (r *regrouping) applied() bool { return r != nil && r.rules != 0 }

// move is the new wanted group of a device, valid if the device has not changed.
type move struct {
	device, named      string
	revision, from, to int64
	rank               trust.Rank
}

// regroup compares the groups of devices with the rules, if the rules have changed. Hidden devices
// are compared, too, and stay hidden. An unknown organization has no rules.
func regroup(ctx context.Context, s *Store, org string) (*regrouping, error) {
	r := new(regrouping)
	devices := devicesInStorage
	if s.db.Together() {
		devices = devicesByIndex
	}
	if err := s.db.Read(ctx, func(tx *sql.Tx) error { return r.find(ctx, tx, org, devices) }); err != nil {
		return nil, err
	}
	return r, nil
}

// find is regroup inside a transaction, with the query of devices.
func (r *regrouping) find(ctx context.Context, tx *sql.Tx, org, devices string) error {
	rows, err := tx.QueryContext(ctx, `SELECT rules_revision FROM organization WHERE id = $1 AND rules_applied <> rules_revision`, org)
	behind, err := database.Collect(rows, err,
		func(rows *sql.Rows) (rules int64, err error) { return rules, rows.Scan(&rules) })
	if err != nil || len(behind) == 0 {
		return err
	}
	r.rules = behind[0]
	g, err := organization.LoadGrouping(ctx, tx, org)
	if err != nil {
		return err
	}
	return r.look(ctx, tx, org, devices, g)
}

// The devices of an organization with what rules ask. On SQLite they are read in storage order: written in
// any other order, each would cost a page of the file; appending an empty text to the organization
// keeps it from reading by the index of ids. On a server that would read the devices of all organizations.
const (
	ruledDevices = `
		SELECT id, name, os_platform, tags, revision, wanted_group, named_group, named_by FROM device WHERE `
	devicesInStorage = ruledDevices + `organization || '' = $1`
	devicesByIndex   = ruledDevices + `organization = $1`
)

// look lists the devices that the rules move.
func (r *regrouping) look(ctx context.Context, tx *sql.Tx, org, devices string, g *organization.Grouping) error {
	rows, err := tx.QueryContext(ctx, devices, org)
	_, err = database.Collect(rows, err, func(rows *sql.Rows) (_ struct{}, err error) {
		var d inventory.Device
		var tags string
		var m move
		if err := rows.Scan(&d.ID, &d.Name, &d.OSPlatform, &tags, &m.revision, &m.from, &m.named, &m.rank); err != nil {
			return struct{}{}, err
		}
		if d.Tags, err = reports.DecodeTags(tags); err != nil {
			return struct{}{}, fmt.Errorf("device %q: %w", d.ID, err)
		}
		return struct{}{}, r.place(d, m, g)
	})
	return err
}

// place records the move of a device if the rules move it.
func (r *regrouping) place(d inventory.Device, m move, g *organization.Grouping) (err error) {
	m.device = d.ID
	m.to, err = g.Of(d, m.named, m.rank)
	switch {
	case errors.Is(err, rbac.ErrCostly):
		if r.unplaced == 0 {
			r.first = d.ID
		}
		r.unplaced++
	case err != nil:
		return err
	case m.to != m.from:
		r.moves = append(r.moves, m)
	}
	return nil
}

// moveByRules pins at once: leaving that to moveDevice would write every device twice. A hidden
// and silent device stays hidden.
const moveByRules = pinDevice + `CASE WHEN pinned_group = $2 AND received < $3 THEN pinned_group ELSE $4 END, wanted_group = $4, pinned_by = $5
	WHERE organization = $1 AND id = $6 AND revision = $7 AND wanted_group = $8 AND named_group = $9 AND named_by = $10`

// makeMoves moves the devices that were not placed since they were compared.
func makeMoves(ctx context.Context, tx *sql.Tx, org string, generation, hideBefore int64, moves []move) error {
	put, err := tx.PrepareContext(ctx, moveByRules)
	if err != nil {
		return err
	}
	defer put.Close()
	for _, m := range moves {
		_, err := put.ExecContext(ctx, org, rbac.HiddenGroup, hideBefore, m.to, generation, m.device,
			m.revision, m.from, m.named, m.rank)
		if err != nil {
			return fmt.Errorf("applying group rules to device %q: %w", m.device, err)
		}
	}
	return nil
}

// tellUnplaced logs which devices the rules cannot place.
func (r *regrouping) tellUnplaced(ctx context.Context, logger *slog.Logger, org string) {
	if r != nil && r.unplaced > 0 {
		logger.WarnContext(ctx, "group rules are too costly: devices stay in their groups, and their reports are refused",
			"organization", org, "devices", r.unplaced, "one", r.first)
	}
}

// pinDevice pins a group; the group and the generation follow in the text. The group pinned before
// becomes the published one, if a snapshot shows it.
const pinDevice = `
	UPDATE device SET published_group = ` + reports.PublishedGroup + `, pinned_group = `
