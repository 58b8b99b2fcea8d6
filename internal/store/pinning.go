package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Pinning is the transaction in which a generation begins, for use inside
// Begin's callback only.
type Pinning struct {
	ctx    context.Context
	tx     *sql.Tx
	org    string
	number int64
	begun  time.Time
	rules  *regrouping
	cut    *sql.Stmt // ends with tx
}

// Number is the number of the generation that begins.
func (p *Pinning) Number() int64 { return p.number }

// Begun is the time of the generation that begins.
func (p *Pinning) Begun() time.Time { return p.begun }

// Assign pins the group of every device. Those received last before
// forgetBefore are removed with their documents; those received last before
// unseenBefore go to HiddenGroup; all others to the group they are wanted in,
// by the organization's present rules. A device received later than now is in
// neither of the first two: nobody knows how long it has been silent.
func (p *Pinning) Assign(unseenBefore, forgetBefore time.Time) error {
	if err := p.rules.apply(p.ctx, p.tx, p.org); err != nil {
		return fmt.Errorf("applying group rules: %w", err)
	}
	unseen, forget := millis(unseenBefore), millis(forgetBefore)
	return p.steps(
		assignment{"forgetting", forgetDevices, []any{p.org, forget}},
		assignment{"hiding", hideDevices, []any{HiddenGroup, p.org, unseen}},
		assignment{"moving", moveDevices, []any{p.org, unseen}},
	)
}

// AssignKeeping is Assign that removes and hides nobody: devices that are not
// hidden yet stay where they are.
func (p *Pinning) AssignKeeping(unseenBefore time.Time) error {
	if err := p.rules.apply(p.ctx, p.tx, p.org); err != nil {
		return fmt.Errorf("applying group rules: %w", err)
	}
	return p.steps(
		assignment{"admitting", admitDevices, []any{p.org}},
		assignment{"moving", moveDevices, []any{p.org, millis(unseenBefore)}},
	)
}

// assignment is a statement that pins groups.
type assignment struct {
	what, query string
	args        []any
}

func (p *Pinning) steps(all ...assignment) error {
	for _, step := range all {
		if _, err := p.tx.ExecContext(p.ctx, step.query, step.args...); err != nil {
			return fmt.Errorf("%s devices: %w", step.what, err)
		}
	}
	return nil
}

// What Assign touches is found by an index each, not by reading the fleet.
// "+ 0" keeps SQLite from taking the index of times for the moved ones.
const (
	forgetDevices = `DELETE FROM device WHERE organization = $1 AND received < $2`
	hideDevices   = `
		UPDATE device SET pinned_group = $1
		WHERE organization = $2 AND received < $3 AND pinned_group IS DISTINCT FROM $1`
	admitDevices = `
		UPDATE device SET pinned_group = wanted_group WHERE organization = $1 AND pinned_group IS NULL`
	moveDevices = `
		UPDATE device SET pinned_group = wanted_group
		WHERE organization = $1 AND received + 0 >= $2 AND pinned_group IS DISTINCT FROM wanted_group`
)

// Groups returns the pinned groups that have devices, HiddenGroup included,
// in ascending order.
func (p *Pinning) Groups() ([]int64, error) {
	rows, err := p.tx.QueryContext(p.ctx, `
		SELECT DISTINCT pinned_group FROM device
		WHERE organization = $1 AND pinned_group IS NOT NULL ORDER BY pinned_group`, p.org)
	groups, err := collect(rows, err, func(r *sql.Rows) (group int64, err error) { return group, r.Scan(&group) })
	if err != nil {
		return nil, fmt.Errorf("listing pinned groups: %w", err)
	}
	return groups, nil
}

// Count counts the devices pinned in a group.
func (p *Pinning) Count(group int64) (n int64, err error) {
	err = p.tx.QueryRowContext(p.ctx, `
		SELECT count(*) FROM device WHERE organization = $1 AND pinned_group = $2`, p.org, group).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting devices of group %d: %w", group, err)
	}
	return n, nil
}

const cutDevices = `
	SELECT id FROM (
		SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM device
		WHERE organization = $1 AND pinned_group = $2) AS placed
	WHERE place > 0 AND place % $3 = 0 ORDER BY id`

// Cut returns every n-th device id of a group, in order and counted from 0,
// the first one left out: between two of them lie n devices, before the first
// n, after the last up to n. They are the boundaries of a first plan.
func (p *Pinning) Cut(group int64, every int) ([]string, error) {
	if every < 1 {
		return nil, fmt.Errorf("cutting group %d into ranges of %d devices: must be at least 1", group, every)
	}
	if p.cut == nil { // asked once for each group
		var err error
		if p.cut, err = p.tx.PrepareContext(p.ctx, cutDevices); err != nil {
			return nil, fmt.Errorf("cutting groups into ranges: %w", err)
		}
	}
	rows, err := p.cut.QueryContext(p.ctx, p.org, group, every)
	ids, err := collect(rows, err, func(r *sql.Rows) (id string, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("cutting group %d into ranges of %d devices: %w", group, every, err)
	}
	return ids, nil
}
