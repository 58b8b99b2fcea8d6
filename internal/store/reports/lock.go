package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// locks are what a transaction with reports locks before it reads anything, where several transactions
// may write at once (doc/decision/0090). Reports by known devices under their ids share the
// organization: the rows of these devices are locked, in order of their ids. All others may make a
// device, or ask which devices have a name, and lock the organization.
type locks struct {
	together bool
	// organizations, in order, and the ids that their reports give.
	organizations []string
	ids           map[string][]string
	alone         map[string]bool
	// counts is how many reports of an organization there are; distinct says that no two reports of
	// an organization give the same id.
	counts   map[string]int
	distinct bool
}

// errAlone says that an organization must be locked, not shared. Nothing was stored yet.
var errAlone = errors.New("a device is new")

func newLocks(db *database.DB, group []*slice) *locks {
	l := &locks{together: db.Together(), ids: map[string][]string{}, alone: map[string]bool{}, counts: map[string]int{},
		distinct: true}
	if !l.together {
		return l
	}
	for _, p := range group {
		for i := range p.batch[p.from:p.to] {
			l.add(p.org, deviceNamed(&p.sender, &p.batch[p.from+i]))
		}
	}
	l.organizations = slices.Sorted(maps.Keys(l.ids))
	for org, ids := range l.ids {
		slices.Sort(ids)
		l.counts[org], l.ids[org] = len(ids), slices.Compact(ids)
		l.distinct = l.distinct && l.counts[org] == len(l.ids[org])
	}
	return l
}

// apart reports whether all reports are about different devices that are known and locked: then none of
// them depends on what another one writes.
func (l *locks) apart() bool { return l.together && l.distinct && len(l.alone) == 0 }

// deviceNamed returns the id that a report gives its device; empty if it gives a name alone.
func deviceNamed(sender *trust.Sender, in *Incoming) string {
	if in.Device.ID == "" && sender.Role == trust.Own {
		return sender.Device
	}
	return in.Device.ID
}

func (l *locks) add(org, id string) {
	l.ids[org] = append(l.ids[org], id)
	if id == "" {
		l.alone[org] = true
	}
}

// take locks everything. If it cannot share an organization, the error is errAlone: the next transaction
// locks the organization.
func (l *locks) take(ctx context.Context, tx *sql.Tx) error {
	for _, org := range l.organizations {
		if l.alone[org] {
			if _, err := organization.Lock(ctx, tx, org); err != nil && !errors.Is(err, database.ErrNotFound) {
				return err // a slice of an unknown organization fails by itself
			}
			continue
		}
		if err := organization.Share(ctx, tx, org); err != nil {
			return err
		}
		known, err := lockDevices(ctx, tx, org, l.ids[org])
		if err != nil {
			return err
		}
		if known < len(l.ids[org]) {
			l.alone[org] = true
			return errAlone
		}
	}
	return nil
}

// lockDevices locks the rows of devices, and counts those that are there.
func lockDevices(ctx context.Context, tx *sql.Tx, org string, ids []string) (known int, err error) {
	list, args := inIDs(org, ids)
	rows, err := tx.QueryContext(ctx, `
		SELECT id FROM device WHERE organization = $1 AND id`+list+` ORDER BY id`+database.RowLock, args...)
	found, err := database.Collect(rows, err, database.ScanText)
	if err != nil {
		return 0, fmt.Errorf("locking %d devices: %w", len(ids), err)
	}
	return len(found), nil
}
