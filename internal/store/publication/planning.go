package publication

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Planning reads where a generation has placed its devices, on a reading connection, for use
// inside Plan's callback only.
type Planning struct {
	ctx        context.Context
	tx         *sql.Tx
	org        string
	boundaries *sql.Stmt // ends with tx
}

// Plan places the devices of a running generation (place), calls plan to plan its ranges, and
// stores the result as its pin. Reports do not wait: no device enters a group before the next
// generation begins, so the plan holds whatever is reported meanwhile. The first plan counts: if
// the generation has a plan, or gets one meanwhile, that one is returned. If others place devices
// at the same time, plan may be called again. The error is ErrNotRunning if the generation is not
// running.
func (s *Store) Plan(ctx context.Context, org string, number int64,
	plan func(p *Planning) ([]byte, error)) (g Generation, err error) {
	rules, err := place(ctx, s, org, number)
	for err == nil && !g.Planned {
		g, err = s.plan(ctx, org, number, rules, plan)
	}
	if err != nil {
		return Generation{}, fmt.Errorf("planning generation %d: %w", number, database.Explain(err))
	}
	rules.tellUnplaced(ctx, s.db.Logger(), org)
	return g, nil
}

// plan makes a plan and stores it, unless a device was placed meanwhile.
func (s *Store) plan(ctx context.Context, org string, number int64, rules *regrouping,
	plan func(p *Planning) ([]byte, error)) (g Generation, err error) {
	pin, slices, err := s.readPlan(ctx, org, number, plan)
	if err != nil {
		return g, err
	}
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := organization.Lock(ctx, tx, org); err != nil {
			return err
		}
		var now int64
		if g, _, now, err = runningGeneration(ctx, tx, org, number); err != nil || g.Planned || now != slices {
			return err
		}
		g.Pin, g.Planned = database.NonNil(pin), true
		_, err := tx.ExecContext(ctx, `
			UPDATE generation SET pin = $1, planned = TRUE WHERE organization = $2 AND number = $3`, g.Pin, org, number)
		if err == nil && rules.applied() {
			_, err = tx.ExecContext(ctx, `UPDATE organization SET rules_applied = $1 WHERE id = $2`, rules.rules, org)
		}
		if err != nil {
			return err
		}
		return endPlacing(ctx, tx, org, number)
	})
	return g, err
}

// readPlan makes a plan from what is stored after a number of slices. It makes none if the
// generation has one.
func (s *Store) readPlan(ctx context.Context, org string, number int64,
	plan func(p *Planning) ([]byte, error)) (pin []byte, slices int64, err error) {
	err = s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		var g Generation
		if g, _, slices, err = runningGeneration(ctx, tx, org, number); err != nil || g.Planned {
			return err
		}
		pin, err = plan(&Planning{ctx: ctx, tx: tx, org: org})
		return err
	})
	return pin, slices, err
}

// pinnedGroups steps from each group to the next, so that it reads one device of each.
const pinnedGroups = `
	WITH RECURSIVE found (pinned_group) AS (
		SELECT min(pinned_group) FROM device WHERE organization = $1
		UNION ALL
		SELECT (SELECT min(d.pinned_group) FROM device d WHERE d.organization = $1 AND d.pinned_group > found.pinned_group)
		FROM found WHERE found.pinned_group IS NOT NULL)
	SELECT pinned_group FROM found WHERE pinned_group IS NOT NULL ORDER BY pinned_group`

// Groups returns the pinned groups that have devices, including rbac.HiddenGroup, ascending.
func (p *Planning) Groups() ([]int64, error) {
	rows, err := p.tx.QueryContext(p.ctx, pinnedGroups, p.org)
	groups, err := database.Collect(rows, err,
		func(r *sql.Rows) (group int64, err error) { return group, r.Scan(&group) })
	if err != nil {
		return nil, fmt.Errorf("listing pinned groups: %w", err)
	}
	return groups, nil
}

const selectBoundaries = `
	SELECT id FROM (
		SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM device
		WHERE organization = $1 AND pinned_group = $2) AS placed
	WHERE place > 0 AND place % $3 = 0 ORDER BY id`

// Boundaries returns every n-th device id of a group, in order and counted from 0, without the first: n
// devices lie between two of them, n before the first, and up to n after the last. They are the
// boundaries of a first plan.
func (p *Planning) Boundaries(group int64, every int) ([]string, error) {
	if every < 1 {
		return nil, fmt.Errorf("cutting group %d into ranges of %d devices: must be at least 1", group, every)
	}
	if p.boundaries == nil { // prepared once, used for each group
		var err error
		if p.boundaries, err = p.tx.PrepareContext(p.ctx, selectBoundaries); err != nil {
			return nil, fmt.Errorf("cutting groups into ranges: %w", err)
		}
	}
	rows, err := p.boundaries.QueryContext(p.ctx, p.org, group, every)
	ids, err := database.Collect(rows, err, database.ScanText)
	if err != nil {
		return nil, fmt.Errorf("cutting group %d into ranges of %d devices: %w", group, every, err)
	}
	return ids, nil
}
