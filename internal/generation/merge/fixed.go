package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
)

// A finding that is gone is Fixed, whatever the reason. It cannot be told later, because the delta has
// the row and not the reason: so the merge counts it, and keeps it of each row beside the delta (doc/decision/0162).

// whyGone says why a device is no longer in a group.
func (w *Worker) whyGone(ctx context.Context, group int64, id string) (why.Reason, error) {
	d, _, _, err := w.run.store.Reports.LoadUpTo(ctx, w.run.Organization, id, 0)
	switch {
	case errors.Is(err, database.ErrNotFound), err == nil && (d.Group == rbac.HiddenGroup || d.Group == group):
		return why.DeviceGone, nil
	case err != nil:
		return why.Unknown, fmt.Errorf("looking where device %q is: %w", id, err)
	}
	return why.Moved, nil
}

// reasons collects why the findings of a range are Fixed: their numbers, and the reason of each row.
type reasons struct {
	of   *snapshot.Delta
	rows why.Builder
}

// fixed counts the next rows that are Fixed, for a reason.
func (to *reasons) fixed(r why.Reason, n int64) {
	*to.of.Fixed.Of(r) += n
	to.rows.Fixed(r, n)
}

// whyFixed says why the findings that are Fixed in w.delta are, on a device that stayed. If nothing that it
// reports has changed, or it still has the software, nothing was fixed there.
func (w *Worker) whyFixed(reported bool, to *reasons) error {
	changes := w.delta.Changes[defender.Vulnerabilities]
	switch {
	case changes.Fixed == 0:
		to.rows.Skip(changes.Sum())
		return nil
	case !reported && assess.Hidden(w.decisions) == 0:
		to.fixed(why.NotAssessed, changes.Fixed)
		to.rows.Skip(changes.Sum() - changes.Fixed) // all Fixed ones have one reason
		return nil
	}
	hidden := map[string]bool{}
	for _, d := range w.decisions {
		if d.By.Hides() {
			hidden[row.FindingKey(d.Vendor, d.Name, d.Version, d.CVE)] = true
		}
	}
	has, err := softwareOf(&w.output.Rows)
	if err != nil {
		return err
	}
	truncated := w.output.Dropped[defender.Software] > 0 || w.output.Dropped[defender.NoProductCode] > 0
	shape := row.ShapeOf(defender.Vulnerabilities, true)
	var r row.Row
	var key []byte
	for rest := w.delta.Rows[defender.Vulnerabilities]; len(rest) > 0; {
		if rest, err = shape.Scan(&r, rest); err != nil {
			return fmt.Errorf("reading the delta: %w", err)
		}
		if string(r.Value(defender.FieldStatus)) != `"`+string(defender.Fixed)+`"` {
			to.rows.Skip(1)
			continue
		}
		if key = r.AppendKey(key[:0]); hidden[string(key)] {
			to.fixed(why.Excepted, 1)
			continue
		}
		if key = r.AppendSoftwareKey(key[:0]); !reported || has[string(key)] || truncated {
			to.fixed(why.NotAssessed, 1)
			continue
		}
		to.fixed(why.OnDevice, 1)
		first, _ := r.FirstSeen()
		to.of.Mended.Count(w.run.Begun.Sub(first.Time()), 1)
	}
	return nil
}

// softwareOf returns the keys of all software in rows.
func softwareOf(rows *assess.Rows) (map[string]bool, error) {
	has := map[string]bool{}
	var r row.Row
	var key []byte
	for _, d := range []defender.Dataset{defender.Software, defender.NoProductCode} {
		for rest := rows[d]; len(rest) > 0; {
			var err error
			if rest, err = row.ShapeOf(d, false).Skim(&r, rest); err != nil {
				return nil, fmt.Errorf("reading %s: %w", d, err)
			}
			key = r.AppendSoftwareKey(key[:0])
			has[string(key)] = true
		}
	}
	return has, nil
}
