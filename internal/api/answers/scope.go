package answers

import (
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot/projection"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// maxDevices is how many devices a list by device or tag may be about: each is read by itself.
const maxDevices = 10_000

// question is a request for a list: of which snapshot, in which scope, from which row on.
type question struct {
	view     *answer.View
	snapshot publication.Snapshot
	filter   filter
	know     *knowledge
	groups   map[int64]string // those that the caller sees, by number
	only     int64            // the group that is asked for, or AllGroups
	// devices are those that device or tag select; nil is all.
	devices []answer.Device
	skip    int64
	limit   int
	binding []byte
}

// ask reads a request. leave gives its place back.
func (ls *lists) ask(w *edge.Response, r *edge.Request, call string) (q *question, leave func(), err error) {
	if leave, err = ls.gate.Enter(r.Context(), w, r.Caller.Key()); err != nil {
		return nil, nil, err
	}
	if q, err = ls.question(r, call); err != nil {
		leave()
		return nil, nil, unavailable(err)
	}
	return q, leave, nil
}

// unavailable maps the error of a snapshot that an older program made.
func unavailable(err error) error {
	if errors.Is(err, answer.ErrUnavailable) {
		return edge.Refuse(http.StatusConflict, "",
			"the newest snapshot was made by an older program and has no lists yet: the next one has them (muster publish)")
	}
	return err
}

func (ls *lists) question(r *edge.Request, call string) (q *question, err error) {
	q = &question{binding: binding(r, call)}
	if q.filter, err = readFilter(r.Query); err != nil {
		return nil, err
	}
	n, err := r.Query.Number(limit)
	if err != nil {
		return nil, err
	}
	q.limit = int(n)
	if q.skip, err = r.Query.Number(skips); err != nil {
		return nil, err
	}
	if err := ls.pin(r, q); err != nil {
		return nil, err
	}
	m, err := ls.Publisher.Manifest(q.snapshot)
	if err != nil {
		return nil, err
	}
	q.view = ls.Answers.Of(m, r.Caller.Visible())
	if q.groups, q.only, err = Groups(r, ls.Store.Organizations, group); err != nil {
		return nil, err
	}
	if q.only != AllGroups {
		q.view = q.view.Only(q.only)
	}
	if q.know, err = ls.know(r.Context()); err != nil {
		return nil, err
	}
	if err := q.answerable(); err != nil {
		return nil, err
	}
	return q, q.choose(r)
}

// answerable refuses a filter about which nothing was imported: an empty list would say that no CVE matches.
func (q *question) answerable() error {
	if q.filter.minEPSS > 0 && !q.know.list.HasEPSS() {
		return edge.Refuse(http.StatusConflict, "",
			"no EPSS scores are imported, so minEpss cannot be answered: import a feed of kind epss")
	}
	if (q.filter.kev || !q.filter.dueBefore.IsZero()) && !q.know.list.HasKEV() {
		return edge.Refuse(http.StatusConflict, "",
			"CISA's list of exploited CVEs is not imported, so kev and dueBefore cannot be answered: import a feed of kind kev")
	}
	return nil
}

// pin finds the snapshot: the newest, or that of the page before.
func (ls *lists) pin(r *edge.Request, q *question) (err error) {
	org := r.Caller.Organization
	token := r.Query.Text(after)
	if token != "" && q.skip > 0 {
		return edge.Invalid("after and skip exclude each other")
	}
	if token == "" {
		q.snapshot, err = Snapshot(r, ls.Store.Publication)
		return err
	}
	number, mark, skip, err := opened(ls.Keys, q.binding, token)
	if err != nil {
		return err
	}
	q.skip = skip
	q.snapshot, err = ls.Store.Publication.Snapshot(r.Context(), org, number)
	if errors.Is(err, database.ErrNotFound) || err == nil && !q.snapshot.Continues(mark) {
		return edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
			"the snapshot of after is no longer kept: begin again without it")
	}
	return err
}

// opened opens the token of a page.
func opened(keys *auth.Keyring, binding []byte, token string) (number int64, mark uint64, skip int64, err error) {
	plain, err := keys.Open(auth.Pages, tokenVersion, binding, token)
	if errors.Is(err, auth.ErrSeal) || err == nil && len(plain) != 24 {
		return 0, 0, 0, edge.Invalid("after %q is not the next of a page of this list with these filters", edge.Clip(token))
	}
	if err != nil {
		return 0, 0, 0, err
	}
	number, mark = int64(binary.BigEndian.Uint64(plain)), binary.BigEndian.Uint64(plain[8:])
	return number, mark, int64(binary.BigEndian.Uint64(plain[16:])), nil
}

// Snapshot returns the snapshot that the parameter Pinned names, if it is kept, or else the newest.
func Snapshot(r *edge.Request, all *publication.Store) (s publication.Snapshot, err error) {
	number, err := r.Query.Number(Pinned)
	if err != nil {
		return s, err
	}
	if number == 0 {
		if s, err = all.Latest(r.Context(), r.Caller.Organization); errors.Is(err, database.ErrNotFound) {
			err = edge.NotFound("no snapshot was published yet")
		}
		return s, err
	}
	s, err = all.Snapshot(r.Context(), r.Caller.Organization, number)
	if err == nil && s.Full != publication.Retired || err != nil && !errors.Is(err, database.ErrNotFound) {
		return s, err
	}
	newest, err := all.Latest(r.Context(), r.Caller.Organization)
	switch {
	case err == nil && number > newest.Number:
		return s, edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
			"there is no snapshot %d, the newest is %d: begin again without snapshot", number, newest.Number)
	case err != nil && !errors.Is(err, database.ErrNotFound):
		return s, err
	}
	return s, edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
		"snapshot %d is no longer kept: begin again without snapshot", number)
}

// tokenVersion is the version of the tokens of pages: the number of the snapshot, its mark, and how many rows
// come before. Those of version 1 had no mark.
const tokenVersion = 2

// next returns the token of the page after some rows; "" if there is none.
func (ls *lists) next(q *question, rows int, total int64) (string, error) {
	at := q.skip + int64(rows)
	if at >= total {
		return "", nil
	}
	return ls.tokenAt(q, at)
}

// tokenAt returns the token of the page that begins after so many rows.
func (ls *lists) tokenAt(q *question, at int64) (string, error) {
	var plain []byte
	for _, n := range []uint64{uint64(q.snapshot.Number), q.snapshot.Mark(), uint64(at)} {
		plain = binary.BigEndian.AppendUint64(plain, n)
	}
	return ls.Keys.Seal(auth.Pages, tokenVersion, q.binding, plain)
}

// binding is what a token is good for: the list, its filters, and the scope of the caller.
func binding(r *edge.Request, call string) []byte {
	parts := []string{"list", call, r.Caller.Organization, r.Caller.Scope()}
	for _, p := range append(filters(), order, state, reason, silent, fails) {
		parts = append(parts, r.Query.Text(p))
	}
	for _, p := range append(checkFilters(), verdict) {
		if value := r.Query.Text(p); value != "" { // tokens of older programs are good for lists without
			parts = append(parts, p.Name, value)
		}
	}
	return auth.Binding(parts...)
}

// choose finds the devices that the request names, or that have its tag.
func (q *question) choose(r *edge.Request) (err error) {
	name, wanted := r.Query.Text(device), r.Query.Text(tag)
	if name == "" && wanted == "" {
		return nil
	}
	q.devices, err = q.view.Search(r.Context(), func(d *answer.Device) bool {
		return (name == "" || d.ID == strings.ToLower(name) || strings.EqualFold(d.Name, name)) &&
			(wanted == "" || slices.ContainsFunc(d.Tags, func(t string) bool { return strings.EqualFold(t, wanted) }))
	}, maxDevices+1)
	switch {
	case err != nil:
		return err
	case len(q.devices) == 0 && name != "":
		return edge.NotFound("no device %q in the snapshot", edge.Clip(name))
	case len(q.devices) == 0:
		return edge.NotFound("no device with the tag %q in the snapshot", edge.Clip(wanted))
	case len(q.devices) > maxDevices:
		return edge.Invalid("more than %d devices have the tag %q: ask for a group, or export", maxDevices, edge.Clip(wanted))
	}
	return nil
}

// installed is a release with the devices that have it.
type installed struct {
	answer.Release
	// device numbers the one device that has it, from 1; 0 is several.
	device int
	// system is the version of the device's operating system; "" for several devices.
	system string
}

// worst is a CVE of a product at its worst.
type worst struct {
	*projection.Finding
	known *facts
}

// matching lists the findings of a release that match.
func (q *question) matching(i *installed) (all []worst) {
	for _, f := range i.Findings {
		if known := q.know.of(f.CVE); q.filter.matches(f, known, i.Vendor, i.Name) {
			all = append(all, worst{f, known})
		}
	}
	return all
}

// releases calls yield with every release of the products that are asked for.
func (q *question) releases(ctx context.Context, yield func(*installed)) error {
	if q.devices != nil {
		for i := range q.devices {
			found, err := q.view.Only(q.devices[i].Group).Software(ctx, q.devices[i].ID)
			if err != nil {
				return err
			}
			for n := range found {
				if q.filter.product(found[n].Vendor, found[n].Name) {
					yield(&installed{found[n], i + 1, q.devices[i].OSVersion})
				}
			}
		}
		return nil
	}
	products, err := q.view.Products(ctx)
	if err != nil {
		return err
	}
	for i := range products {
		if !q.filter.product(products[i].Vendor, products[i].Name) {
			continue
		}
		found, err := q.view.Releases(ctx, products[i].Vendor, products[i].Name)
		if err != nil {
			return err
		}
		for n := range found {
			yield(&installed{Release: found[n]})
		}
	}
	return nil
}

// head begins the reply of a list of total rows, of which the page has some.
func (ls *lists) head(q *question, rows int, total int64) (h control.ListHead, err error) {
	h = control.ListHead{Number: q.snapshot.Number, GeneratedTime: q.snapshot.Generated, Total: total}
	h.Coverage, h.Excepted = q.coverage(), q.view.Totals().Excepted
	h.Next, err = ls.next(q, rows, total)
	return h, err
}

// page cuts the page out of all rows.
func page[T any](q *question, all []T) []T {
	from := min(q.skip, int64(len(all)))
	return all[from:min(from+int64(q.limit), int64(len(all)))]
}

// coverage counts how far the devices that a list is about were assessed. Of devices that were selected the
// software is not counted.
func (q *question) coverage() *counts.Coverage {
	if q.devices == nil {
		all := q.view.Totals().Coverage
		if all != nil {
			all.Checks = nil // the list is about other things
		}
		return all
	}
	var devices coverage.Tallies
	for i := range q.devices {
		devices.Add(q.devices[i].State, q.devices[i].Reason, 1)
	}
	return &counts.Coverage{Devices: devices.Covered(), Software: []counts.Covered{}, Wants: []counts.Wanted{}}
}
