package clock

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/database"
)

// readClock reads the stored clock of an organization. A database from before marks were stored
// has none; there the newest stored time is the mark.
const readClock = `
	SELECT clock, clock_asked, clock_settled, clock_since, shrinking,
		coalesce((SELECT max(received) FROM device d WHERE d.organization = o.id), 0),
		coalesce((SELECT max(begun) FROM generation g WHERE g.organization = o.id), 0),
		coalesce((SELECT max(generated) FROM snapshot n WHERE n.organization = o.id), 0)
	FROM organization o WHERE id = $1`

// Judge judges a reading of the server's clock for an organization. It changes nothing. An unknown
// organization is ErrNotFound.
func (s *Store) Judge(ctx context.Context, org string, now time.Time) (Clock, error) {
	c, err := s.judge(ctx, org, now)
	if err != nil {
		return Clock{}, fmt.Errorf("judging the clock for organization %q: %w", org, err)
	}
	return c, nil
}

func (s *Store) judge(ctx context.Context, org string, now time.Time) (c Clock, err error) {
	var received, begun, generated int64
	is := &c.stored
	err = s.db.Reader().QueryRowContext(ctx, readClock, org).
		Scan(&is.mark, &is.asked, &is.settled, &is.since, &is.shrinking, &received, &begun, &generated)
	if err != nil {
		return Clock{}, database.Explain(err)
	}
	c.Now, c.Mark, c.Settled, c.Since = now, database.FromMillis(is.mark), database.FromMillis(is.settled),
		database.FromMillis(is.since)
	c.asked, c.Shrinking = is.asked, is.shrinking
	if is.mark == 0 {
		c.Mark = database.FromMillis(max(received, begun, generated))
	}
	if received != 0 {
		c.Devices = 1 // a lower bound: enough to decide whether the devices must be counted
	}
	if c.Doubt, _ = c.Judge(); c.Doubt == "" {
		c.asked = 0
	} else if err := s.askDevices(ctx, org, &c); err != nil {
		return Clock{}, err
	}
	var settled bool
	if c.Doubt, settled = c.Judge(); settled {
		c.settle()
	}
	if c.Doubt == "" && c.Shrinking > 0 {
		c.Doubt = FleetShrinks
	}
	return c, nil
}

// askDevices counts the devices, and those whose own time agrees. Only reports since the clock
// came into doubt count: earlier ones were about another clock. The reports of the last day are
// found by the index of times.
func (s *Store) askDevices(ctx context.Context, org string, e *Clock) error {
	if now := database.Millis(e.Now); e.asked == 0 || e.asked > now {
		e.asked = now
	}
	const query = `
		SELECT (SELECT count(*) FROM device WHERE organization = $1 AND pinned_group >= $2),
			(SELECT count(*) FROM device
				WHERE organization = $1 AND received >= $3 AND agreed >= $3 AND agreed <= $4 AND pinned_group >= $2)`
	from := max(e.asked, database.Millis(e.Now.Add(-DeviceTolerance)))
	err := s.db.Reader().QueryRowContext(ctx, query, org, 0, from, database.Millis(e.Now)).Scan(&e.Devices, &e.Agreeing)
	if err != nil || e.Devices > 0 {
		return err
	}
	const all = `
		SELECT count(*), coalesce(sum(CASE WHEN agreed >= $1 AND agreed <= $2 THEN 1 ELSE 0 END), 0)
		FROM device WHERE organization = $3`
	return s.db.Reader().QueryRowContext(ctx, all, from, database.Millis(e.Now), org).Scan(&e.Devices, &e.Agreeing)
}

// Watch judges a reading as Judge does, and stores it if it is believed. Call it about once
// an hour: a reading is compared with the one of the call before. With the word of someone who may
// give it, every reading is believed and no doubt is left.
func (s *Store) Watch(ctx context.Context, org string, now time.Time, word bool) (Clock, error) {
	c, err := s.judge(ctx, org, now)
	if err != nil {
		return Clock{}, fmt.Errorf("judging the clock for organization %q: %w", org, err)
	}
	if word {
		c.Doubt, c.Shrinking, c.Settled, c.Since = "", 0, time.Time{}, time.Time{}
	}
	if !c.inDoubt() {
		c.asked = 0
	}
	return c, s.note(ctx, org, &c, word)
}

// note stores the result of a look at the clock, if it is new.
func (s *Store) note(ctx context.Context, org string, c *Clock, word bool) error {
	believed, settled := c.Now, c.Settled.Equal(c.Now)
	switch {
	case c.inDoubt():
		believed = c.Mark // an older database has not stored it, and later reports must not move it
	case !word && !settled && c.Devices > 0 && c.Mark.After(c.Now):
		believed = c.Mark // too little behind to matter
	}
	found := clockRow{database.Millis(believed), c.asked, database.Millis(c.Settled),
		database.Millis(c.Since), c.Shrinking}
	if found == c.stored {
		return nil
	}
	err := s.db.WriteAgain(ctx, func(tx *sql.Tx) error {
		if err := database.Alone(ctx, tx, org); err != nil { // as organization.Lock
			return err
		}
		noted, err := database.Affected(tx.ExecContext(ctx, `
			UPDATE organization SET clock = $1, clock_asked = $2, clock_settled = $3, clock_since = $4, shrinking = $5
			WHERE id = $6 AND clock = $7`,
			found.mark, found.asked, found.settled, found.since, found.shrinking, org, c.stored.mark))
		if err != nil || noted == 0 || !settled || Step(c.Mark, c.Now) != ClockAhead {
			return err
		}
		return raiseTimes(ctx, tx, org, min(database.Millis(c.before)+1, database.Millis(c.Mark)), c.Now)
	})
	if err != nil {
		return fmt.Errorf("storing the clock for organization %q: %w", org, err)
	}
	return nil
}

// raiseTimes sets the times of reports and snapshots since the last doubt ended to the time at
// which this doubt ends: they may be from any moment between. A clock that was behind, and
// believed, may have stored times far too early. A time is raised once only, so that a server that
// is off each weekend still forgets.
func raiseTimes(ctx context.Context, tx *sql.Tx, org string, from int64, to time.Time) error {
	for _, query := range []string{
		`UPDATE device SET received = $1 WHERE organization = $2 AND received >= $3 AND received < $1`,
		`UPDATE receipt SET received = $1 WHERE organization = $2 AND received >= $3 AND received < $1`,
		`UPDATE snapshot SET sealed = $1 WHERE organization = $2 AND sealed >= $3 AND sealed < $1`,
	} {
		if _, err := tx.ExecContext(ctx, query, database.Millis(to), org, from); err != nil {
			return err
		}
	}
	return nil
}

// SetShrinking stores how many devices would drop out at once; 0 says that there are not too many.
func (s *Store) SetShrinking(ctx context.Context, org string, devices int64) error {
	if _, err := s.db.ExecAgain(ctx, `UPDATE organization SET shrinking = $1 WHERE id = $2`, devices, org); err != nil {
		return fmt.Errorf("storing how many devices of organization %q would drop out: %w", org, err)
	}
	return nil
}

// JudgeServer judges a reading for things that belong to no organization: keys. It uses the
// organization with the most devices, and believes every reading if no organization has any.
func (s *Store) JudgeServer(ctx context.Context, now time.Time) (Clock, error) {
	var org string
	err := s.db.Reader().QueryRowContext(ctx, `
		SELECT organization FROM device GROUP BY organization ORDER BY count(*) DESC, organization LIMIT 1`).Scan(&org)
	if errors.Is(err, sql.ErrNoRows) {
		return Clock{Evidence: Evidence{Now: now}}, nil
	}
	if err != nil {
		return Clock{}, fmt.Errorf("finding the organization with the most devices: %w", database.Explain(err))
	}
	return s.Judge(ctx, org, now)
}

// Certain is the time for deciding whether things of the whole server have expired: the earlier of
// now and the newest reading that was believed.
func Certain(ctx context.Context, tx *sql.Tx, now time.Time) (time.Time, error) {
	var newest int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(clock), 0) FROM organization`).Scan(&newest); err != nil {
		return time.Time{}, err
	}
	if latest := database.FromMillis(newest); newest > 0 && latest.Before(now) {
		return latest, nil
	}
	return now, nil
}

// Believed is the time to store for what happens now in an organization. It is never before the
// newest reading that was believed, so nothing looks older than it is.
func Believed(ctx context.Context, tx *sql.Tx, org string, now time.Time) (reading, mark time.Time, err error) {
	var stored int64
	err = tx.QueryRowContext(ctx, `SELECT clock FROM organization WHERE id = $1`, org).Scan(&stored)
	if mark = database.FromMillis(stored); mark.After(now) {
		return mark, mark, err
	}
	return now, mark, err
}

// Drop counts the devices that a generation beginning now on these terms would take out of the
// fleet. That is an upper bound, since devices may report meanwhile. It reads the fleet only if
// many devices are silent.
func (s *Store) Drop(ctx context.Context, org string, unseenBefore, forgetBefore time.Time) (d Drop, err error) {
	const silent = `
		SELECT coalesce(sum(CASE WHEN pinned_group IS DISTINCT FROM $1 THEN 1 ELSE 0 END), 0),
			coalesce(sum(CASE WHEN received < $2 THEN 1 ELSE 0 END), 0)
		FROM device WHERE organization = $3 AND received < $4`
	const fleet = `
		SELECT (SELECT count(*) FROM device WHERE organization = $1 AND pinned_group IS DISTINCT FROM $2),
			(SELECT count(*) FROM device WHERE organization = $1)`
	before := max(database.Millis(unseenBefore), database.Millis(forgetBefore))
	err = s.db.Reader().QueryRowContext(ctx, silent, rbac.HiddenGroup, database.Millis(forgetBefore), org,
		before).Scan(&d.Hidden, &d.Forgotten)
	if err == nil && d.Devices() >= largeDrop {
		err = s.db.Reader().QueryRowContext(ctx, fleet, org, rbac.HiddenGroup).Scan(&d.Shown, &d.Stored)
	}
	if err != nil {
		return Drop{}, fmt.Errorf("counting silent devices: %w", database.Explain(err))
	}
	return d, nil
}
