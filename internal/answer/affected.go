package answer

import (
	"context"

	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// maxAffected is how many findings a page of affected devices has, beside those of its last device.
const maxAffected = 50_000

// Affected is a device with the findings that match.
type Affected struct {
	Device
	// Software is in the order of rows, each with at least one CVE.
	Software []AffectedSoftware
}

// AffectedSoftware is software with the CVEs, or advisories that name none, that match, by id.
type AffectedSoftware struct {
	row.SoftwareKey
	CVEs []string
}

// Affecting says which devices are listed, by which findings.
type Affecting struct {
	Filter
	// Among are those to look at, in their order; nil is all, by group and id.
	Among []Device
}

// Affected lists the devices that have findings that match. Skip and Next count all devices that are looked at,
// and a page with many findings ends early. Total is -1.
func (v *View) Affected(ctx context.Context, of Affecting, p Page) (l List[Affected], err error) {
	l.Total, l.Next = -1, -1
	room := maxAffected
	add := func(w *wanted, at int64) (full bool) {
		if full = len(l.Rows) >= p.Limit || room <= 0; full {
			l.Next = at
		} else if one := w.affected(); one.Software != nil {
			l.Rows = append(l.Rows, one)
			room -= one.findings()
		}
		return full
	}
	if of.Among != nil {
		return l, v.lookAt(ctx, &of, p.Skip, add)
	}
	return l, v.lookThrough(ctx, &of, p.Skip, add)
}

// lookThrough calls add with each device of ranges that have something that matches, from one on, and its number
// among all, until it returns true.
func (v *scope) lookThrough(ctx context.Context, of *Affecting, skip int64, add func(*wanted, int64) bool) error {
	reach, err := v.reach(ctx, &of.Filter, false)
	if err != nil {
		return err
	}
	end := int64(0)
	for i, r := range v.ranges {
		begin := end
		end += r.Devices
		if skip >= end || !reach.ranges[i] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		w, err := v.wanted(r, &of.Filter)
		if err != nil {
			return err
		}
		for w.device = int(max(0, skip-begin)); w.any(); w.device++ {
			if add(w, begin+int64(w.device)) {
				return nil
			}
		}
	}
	return nil
}

// lookAt does the same for some devices.
func (v *scope) lookAt(ctx context.Context, of *Affecting, skip int64, add func(*wanted, int64) bool) error {
	for i := min(skip, int64(len(of.Among))); i < int64(len(of.Among)); i++ {
		d := &of.Among[i]
		at, err := (&View{v}).Only(d.Group).find(ctx, d.ID)
		if err != nil {
			return err
		}
		if at == nil {
			continue
		}
		m, err := v.matching(at.Range, &of.Filter, false)
		if err != nil {
			return err
		}
		if add(&wanted{found: *at, filter: &of.Filter, matches: m}, i) {
			return nil
		}
	}
	return nil
}

func (a *Affected) findings() (n int) {
	for i := range a.Software {
		n += len(a.Software[i].CVEs)
	}
	return n
}

// wanted is what matches in a range, and one of its devices.
type wanted struct {
	found
	filter  *Filter
	matches *matches
	held    *projection.Holders // of the range, if all of it is looked through
}

// has are the releases of the device that may match.
func (w *wanted) has() []projection.Hold {
	if w.held == nil {
		return w.HeldBy(w.device)
	}
	return w.held.Of(w.device)
}

// wanted begins at a range. If its head has nothing that matches, the devices are not read, and there are none.
func (v *scope) wanted(r *snapshot.Range, f *Filter) (w *wanted, err error) {
	w = &wanted{found: found{Range: r}, filter: f}
	if w.matches, err = v.matching(r, f, false); err == nil && w.matches.rows > 0 {
		if w.Projection, err = v.projection(r); err == nil {
			w.held = w.Projection.Holders(w.matches.some())
		}
	}
	return w, err
}

// any reports whether there is a device.
func (w *wanted) any() bool { return w.Projection != nil && w.device < len(w.Projection.Devices) }

// affected returns the device with what matches.
func (w *wanted) affected() Affected {
	a := Affected{Device: Device{w.Group, &w.Projection.Devices[w.device]}}
	for _, one := range w.has() {
		n := one.Release
		if w.matches.releases[n] == 0 {
			continue
		}
		r := &w.Releases[n]
		one := AffectedSoftware{SoftwareKey: r.SoftwareKey, CVEs: make([]string, 0, w.matches.releases[n])}
		for _, f := range r.Findings {
			if w.filter.has(w.matches, &w.Head, r, f) {
				one.CVEs = append(one.CVEs, w.Projection.Findings[f].CVE)
			}
		}
		a.Software = append(a.Software, one)
	}
	return a
}
