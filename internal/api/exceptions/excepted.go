package exceptions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// maxRanges is how many ranges a page looks at: their sheets are read, and few devices may have exceptions.
const maxRanges = 64

// place is where a page begins: at a device of a range of a snapshot.
type place struct {
	snapshot    int64
	mark        uint64
	part, entry int
}

func (p *place) String() string {
	return fmt.Sprintf("%d.%x.%d.%d", p.snapshot, p.mark, p.part, p.entry)
}

func readPlace(text string) (p place, err error) {
	n, err := fmt.Sscanf(text, "%d.%x.%d.%d", &p.snapshot, &p.mark, &p.part, &p.entry)
	if err != nil || n != 4 || p.String() != text || p.part < 0 || p.entry < 0 {
		return p, edge.Invalid("after %q is not the next of a page of this list", edge.Clip(text))
	}
	return p, nil
}

// page makes one page.
type page struct {
	*calls
	ctx      context.Context
	org      string
	assessor *assess.Assessor
	manifest *snapshot.Manifest
	group    *int64 // nil for all
	by       string // the id of the only exception; "" for all
	sees     func(group int64) bool
	limit    int
	rows     []control.ExceptedRow
}

// listExcepted is GET /v1/exceptions/findings. It is made from the sheets of the snapshot, the exceptions that it
// was made with, and the current catalog.
func (x *calls) listExcepted(w *edge.Response, r *edge.Request) error {
	leave, err := x.gate.Enter(r.Context(), w, r.Caller.Key())
	if err != nil {
		return err
	}
	defer leave()
	from, s, err := x.from(r)
	if err != nil {
		return err
	}
	p := &page{calls: x, ctx: r.Context(), org: r.Caller.Organization, sees: r.Caller.Sees, by: r.Query.Text(which)}
	n, err := r.Query.Number(limit)
	if err != nil {
		return err
	}
	p.limit = int(n)
	if name := r.Query.Text(group); name != "" {
		f, err := newFinder(x.Store, r)
		if err != nil {
			return err
		}
		number, err := f.group(name)
		if err != nil {
			return err
		}
		p.group = &number
	}
	if p.manifest, err = x.Publisher.Manifest(s); err != nil {
		return err
	}
	reply := control.ExceptedRows{Number: s.Number, GeneratedTime: s.Generated, Rows: []control.ExceptedRow{},
		Excepted: p.manifest.Excepted.Sum(p.wants)}
	if p.manifest.Excepted != nil {
		if p.assessor, err = x.judge(r.Context(), p.org, &s); err != nil {
			return err
		}
		next, err := p.make(from)
		if err != nil {
			return err
		}
		reply.Rows, reply.Next = append(reply.Rows, p.rows...), next
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// wants tells whether a group is listed.
func (p *page) wants(group int64) bool {
	return group != rbac.HiddenGroup && p.sees(group) && (p.group == nil || *p.group == group)
}

// from returns where the page begins, and its snapshot.
func (x *calls) from(r *edge.Request) (p place, s publication.Snapshot, err error) {
	token := r.Query.Text(after)
	if token == "" {
		s, err = x.Store.Publication.Latest(r.Context(), r.Caller.Organization)
		if errors.Is(err, database.ErrNotFound) {
			err = edge.NotFound("no snapshot was published yet")
		}
		p.snapshot, p.mark = s.Number, s.Mark()
		return p, s, err
	}
	if p, err = readPlace(token); err != nil {
		return p, s, err
	}
	s, err = x.Store.Publication.Snapshot(r.Context(), r.Caller.Organization, p.snapshot)
	if errors.Is(err, database.ErrNotFound) || err == nil && (!s.Continues(p.mark) || s.Full != publication.Kept) {
		err = edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
			"the snapshot of after is no longer kept: begin again without it")
	}
	return p, s, err
}

// judge returns an assessor with the exceptions that the snapshot was made with. If its pin was removed, those
// of today count.
func (x *calls) judge(ctx context.Context, org string, s *publication.Snapshot) (*assess.Assessor, error) {
	c, err := x.Library.Current(ctx)
	if err != nil {
		return nil, err
	}
	all, at, err := x.pinned(ctx, org, s)
	if err != nil {
		return nil, err
	}
	set, err := except.NewSet(all, at)
	if err != nil {
		return nil, err
	}
	a := assess.New(c, nil, assess.DefaultSettings(), at)
	a.Except(set)
	return a, nil
}

func (x *calls) pinned(ctx context.Context, org string,
	s *publication.Snapshot) ([]except.Exception, time.Time, error) {
	g, err := x.Store.Publication.Generation(ctx, org, s.Number)
	if err == nil && len(g.Pin) > 0 {
		pin, err := merge.ReadPin(g)
		if err != nil {
			return nil, s.Begun, err
		}
		all, err := x.Store.Exceptions.At(ctx, org, pin.Exceptions)
		return all, pin.Clock, err
	}
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return nil, s.Begun, err
	}
	stored, err := x.Store.Exceptions.All(ctx, org)
	all := make([]except.Exception, len(stored))
	for i := range stored {
		all[i] = stored[i].Exception
	}
	return all, s.Begun, err
}

// make lists what is excepted from a place on, and returns the next page's.
func (p *page) make(from place) (next string, err error) {
	looked := 0
	for i := from.part; i < len(p.manifest.Ranges); i++ {
		if i > from.part {
			from.entry = 0
		}
		if !p.wants(p.manifest.Ranges[i].Group) {
			continue
		}
		if looked == maxRanges {
			return (&place{from.snapshot, from.mark, i, 0}).String(), nil
		}
		looked++
		entry, err := p.ofRange(&p.manifest.Ranges[i], from.entry)
		if err != nil {
			return "", err
		}
		if entry >= 0 {
			return (&place{from.snapshot, from.mark, i, entry}).String(), nil
		}
	}
	return "", nil
}

// ofRange lists what is excepted in a range, from an entry on. It returns the entry at which the page is full, -1 if
// it is not. A page has all rows of a device.
func (p *page) ofRange(rng *snapshot.Range, first int) (int, error) {
	reader, err := p.Files.OpenRange(rng, nil)
	if err != nil {
		return 0, err
	}
	s := reader.Sheet()
	for i := first; i < len(s.Entries); i++ {
		if len(p.rows) >= p.limit {
			return i, nil
		}
		e := &s.Entries[i]
		decided, err := p.assessor.Decisions(merge.Keys(s, e), except.Place{Device: e.ID, Group: rng.Group})
		if err != nil {
			return 0, fmt.Errorf("reading a component of a sheet: %w: %w", err, snapshot.ErrDamaged)
		}
		if err := p.add(e.ID, rng.Group, decided); err != nil {
			return 0, err
		}
	}
	return -1, nil
}

// add adds the rows of a device.
func (p *page) add(id string, group int64, decided []assess.Decision) error {
	name := ""
	for _, d := range decided {
		action := d.By.Action()
		if action == "none" || p.by != "" && p.by != d.By.ID {
			continue
		}
		if name == "" {
			found, _, _, err := p.Store.Reports.LoadUpTo(p.ctx, p.org, id, 0)
			if err != nil && !errors.Is(err, database.ErrNotFound) {
				return err
			}
			name = found.Name
		}
		p.rows = append(p.rows, control.ExceptedRow{DeviceID: id, DeviceName: name, GroupID: group, CVEID: d.CVE,
			Vendor: d.Vendor, Name: d.Name, Version: d.Version, ExceptionID: d.By.ID, Status: string(d.By.Status),
			Action: action, Reason: d.By.Reason, By: d.By.By, UntilTime: timeOrNil(d.By.Until)})
	}
	return nil
}
