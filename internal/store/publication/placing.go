package publication

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// The largest numbers of devices placed in one transaction, so that reports do not wait for long.
// A pace reduces them if transactions take long. Silent devices are spread over the whole file,
// and their documents are removed with them.
const (
	placedAtOnce = 250
	silentAtOnce = 50
)

// place pins the group of every device of a running generation, by the terms with which the
// generation began. It does so in slices, between which reports are stored; a report that comes
// meanwhile counts for this generation or for the next. place may be called again after it failed
// or the process died, and by several processes at once: it continues with what is left.
//
// The rules stay as they were when the generation began until it is planned; rules from
// organization.Store.SetRules wait until then.
func place(ctx context.Context, s *Store, org string, number int64) (*regrouping, error) {
	p, err := newPlacing(ctx, s, org, number, placedAtOnce, silentAtOnce)
	for err == nil && !p.done {
		err = p.next(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("placing devices: %w", err)
	}
	return p.rules, nil
}

// placing is what remains until the devices of a generation are placed. Lists of devices are read
// on a reading connection. A slice then applies a step only to devices that still need it.
type placing struct {
	*Store
	org    string
	number int64
	terms  storedTerms
	done   bool

	moving, silent *pace

	rules *regrouping  // what new rules change; nil before regroup
	moves []move       // of those, the moves not made yet
	steps []assignment // steps that are not begun
	step  assignment   // the step that was begun
	ids   []string     // devices that step is not applied to yet
}

// assignment pins groups: apply runs for each device that list lists. It does nothing to a device
// that reported since and is no longer listed.
type assignment struct {
	what      string
	list      string
	listArgs  []any
	apply     string
	applyArgs []any // followed by the device's id
	pace      *pace
}

func newPlacing(ctx context.Context, s *Store, org string, number int64, atOnce, silent int) (*placing, error) {
	p := &placing{Store: s, org: org, number: number, moving: newPace(atOnce), silent: newPace(silent)}
	var text string
	err := s.db.Read(ctx, func(tx *sql.Tx) (err error) {
		_, text, _, err = runningGeneration(ctx, tx, org, number)
		return err
	})
	if p.done = text == ""; err != nil || p.done {
		return p, err
	}
	p.terms, err = decodeTerms(text)
	p.steps = p.assignments()
	return p, err
}

// Each step finds its devices by an index, without reading the fleet. "+ 0" keeps SQLite from
// using the index of times for moved devices. Those are listed in storage order: in any other
// order each would cost a page of the file.
const (
	forgottenDevices = `SELECT id FROM device WHERE organization = $1 AND received < $2`
	forgetDevice     = `DELETE FROM device WHERE organization = $1 AND received < $2 AND id = $3`
	unseenDevices    = `
		SELECT id FROM device WHERE organization = $1 AND received < $2 AND pinned_group IS DISTINCT FROM $3`
	hideDevice = pinDevice + `$2, pinned_by = $3
		WHERE organization = $1 AND received < $4 AND pinned_group IS DISTINCT FROM $2 AND id = $5`
	newDevices = `
		SELECT id FROM device
		WHERE organization = $1 AND pinned_group + 0 IS NULL AND pinned_group IS DISTINCT FROM wanted_group`
	admitNewDevice = pinDevice + `wanted_group, pinned_by = $2
		WHERE organization = $1 AND pinned_group IS NULL AND id = $3`
	movedDevices = `
		SELECT id FROM device
		WHERE organization = $1 AND received + 0 >= $2 AND pinned_group IS DISTINCT FROM wanted_group`
	moveDevice = pinDevice + `wanted_group, pinned_by = $2
		WHERE organization = $1 AND pinned_group IS DISTINCT FROM wanted_group AND id = $3`
)

// assignments returns the steps after the moves of new rules, in order.
func (p *placing) assignments() []assignment {
	t := p.terms
	move := assignment{"moving", movedDevices, []any{p.org, t.Hide}, moveDevice, []any{p.org, p.number}, p.moving}
	if t.Keeping {
		return []assignment{{"admitting", newDevices, []any{p.org}, admitNewDevice, []any{p.org, p.number}, p.moving}, move}
	}
	return []assignment{
		{"forgetting", forgottenDevices, []any{p.org, t.Forget}, forgetDevice, []any{p.org, t.Forget}, p.silent},
		{"hiding", unseenDevices, []any{p.org, t.Hide, rbac.HiddenGroup}, hideDevice,
			[]any{p.org, rbac.HiddenGroup, p.number, t.Hide}, p.silent},
		move,
	}
}

// next does the next bounded step: it reads one list or applies one slice.
func (p *placing) next(ctx context.Context) (err error) {
	switch {
	case p.rules == nil:
		if p.rules, err = regroup(ctx, p.Store, p.org); err != nil {
			return fmt.Errorf("applying group rules: %w", err)
		}
		p.moves = p.rules.moves
	case len(p.moves) > 0:
		n := min(p.moving.now, len(p.moves))
		err = p.slice(ctx, p.moving, func(tx *sql.Tx) error {
			return makeMoves(ctx, tx, p.org, p.number,
				p.terms.Hide, p.moves[:n])
		})
		p.moves = p.moves[n:]
	case len(p.ids) > 0:
		n := min(p.step.pace.now, len(p.ids))
		err = p.slice(ctx, p.step.pace, func(tx *sql.Tx) error { return p.assign(ctx, tx, p.ids[:n]) })
		p.ids = p.ids[n:]
	case len(p.steps) > 0:
		p.step, p.steps = p.steps[0], p.steps[1:]
		rows, err := p.db.Reader().QueryContext(ctx, p.step.list, p.step.listArgs...)
		if p.ids, err = database.Collect(rows, err, database.ScanText); err != nil {
			return fmt.Errorf("%s devices: %w", p.step.what, err)
		}
	default:
		p.done = true
	}
	return err
}

// assign applies the current step to devices.
func (p *placing) assign(ctx context.Context, tx *sql.Tx, ids []string) error {
	apply, err := tx.PrepareContext(ctx, p.step.apply)
	if err != nil {
		return err
	}
	defer apply.Close()
	args := append(append([]any{}, p.step.applyArgs...), "")
	for _, id := range ids {
		args[len(args)-1] = id
		if _, err := apply.ExecContext(ctx, args...); err != nil {
			return fmt.Errorf("%s device %q: %w", p.step.what, id, err)
		}
	}
	return nil
}

// endPlacing ends the placing of devices, and puts rules into force that were set meanwhile.
func endPlacing(ctx context.Context, tx *sql.Tx, org string, number int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE generation SET "placing" = '' WHERE organization = $1 AND number = $2`, org,
		number)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE organization SET rules_revision = rules_revision + CASE WHEN rules <> rules_waiting THEN 1 ELSE 0 END,
			rules = rules_waiting, rules_waiting = NULL
		WHERE id = $1 AND rules_waiting IS NOT NULL`, org)
	return err
}

// slice runs do in a transaction, if devices are still being placed; rules cannot be set
// meanwhile. If another process has planned the generation, nothing is left to do, and what is
// known here must not be applied any more.
func (p *placing) slice(ctx context.Context, pace *pace, do func(tx *sql.Tx) error) error {
	var began time.Time
	err := p.db.Write(ctx, func(tx *sql.Tx) error {
		began = p.db.Now()
		if _, err := organization.Lock(ctx, tx, p.org); err != nil {
			return err
		}
		_, text, _, err := runningGeneration(ctx, tx, p.org, p.number)
		if err != nil {
			return err
		}
		if text == "" {
			p.done = true
			return nil
		}
		if err := do(tx); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE generation SET slices = slices + 1 WHERE organization = $1 AND number = $2`, p.org, p.number)
		return err
	})
	pace.took(p.db.Now().Sub(began))
	return err
}
