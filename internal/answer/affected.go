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

// Matching says which findings of a product are wanted.
type Matching func(vendor, name string, f *projection.Finding) bool

// Affecting says which devices are listed, by which findings.
type Affecting struct {
	// CVE is the only one that can match; "" is any.
	CVE   string
	Match Matching
	// Devices are those to look at, in their order; nil is all, by group and id.
	Devices []Device
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
	if of.Devices != nil {
		return l, v.lookAt(ctx, &of, p.Skip, add)
	}
	return l, v.lookThrough(ctx, &of, p.Skip, add)
}

// lookThrough calls add with each device of ranges that have something that matches, from one on, and its number
// among all, until it returns true.
func (v *scope) lookThrough(ctx context.Context, of *Affecting, skip int64, add func(*wanted, int64) bool) error {
	if err := v.Available(); err != nil {
		return err
	}
	having, err := v.having(ctx, of.CVE, "", "")
	if err != nil {
		return err
	}
	end := int64(0)
	for i, r := range v.ranges {
		begin := end
		end += r.Devices
		if skip >= end || having != nil && !having[i] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		w, err := v.wanted(r, of.Match)
		if err != nil {
			return err
		}
		for w.device = int(max(0, skip-begin)); w.has(); w.device++ {
			if add(w, begin+int64(w.device)) {
				return nil
			}
		}
	}
	return nil
}

// lookAt does the same for some devices.
func (v *scope) lookAt(ctx context.Context, of *Affecting, skip int64, add func(*wanted, int64) bool) error {
	for i := min(skip, int64(len(of.Devices))); i < int64(len(of.Devices)); i++ {
		d := &of.Devices[i]
		at, err := (&View{v}).Only(d.Group).find(ctx, d.ID)
		if err != nil {
			return err
		}
		if at != nil && add(&wanted{*at, of.Match, map[uint32][]string{}}, i) {
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

// wanted are the findings of a range that match, and one of its devices.
type wanted struct {
	found
	match Matching
	// known are the CVEs that match of the releases that were looked at.
	known map[uint32][]string
}

// wanted begins at a range. If its head has nothing that matches, the devices are not read, and there are none.
func (v *scope) wanted(r *snapshot.Range, match Matching) (*wanted, error) {
	w := &wanted{found{Range: r}, match, map[uint32][]string{}}
	h, err := v.head(r)
	if err != nil {
		return nil, err
	}
	any := false
	for n := range h.Releases {
		any = w.of(h, uint32(n)) != nil || any
	}
	if any {
		w.Projection, err = v.projection(r)
	}
	return w, err
}

// has reports whether there is a device.
func (w *wanted) has() bool { return w.Projection != nil && w.device < len(w.Projection.Devices) }

// of lists the CVEs of a release that match.
func (w *wanted) of(h *projection.Head, release uint32) []string {
	all, known := w.known[release]
	if !known {
		r := &h.Releases[release]
		for _, f := range r.Findings {
			if one := &h.Findings[f]; w.match(r.Vendor, r.Name, one) {
				all = append(all, one.CVE)
			}
		}
		w.known[release] = all
	}
	return all
}

// affected returns the device with what matches.
func (w *wanted) affected() Affected {
	a := Affected{Device: Device{w.Group, &w.Projection.Devices[w.device]}}
	for _, r := range w.Transposed().Releases(w.device) {
		if cves := w.of(&w.Head, r); cves != nil {
			a.Software = append(a.Software, AffectedSoftware{w.Releases[r].SoftwareKey, cves})
		}
	}
	return a
}
