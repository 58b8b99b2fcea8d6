package exceptions

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/except/vex"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/exception"
)

// list is GET /v1/exceptions.
func (x *calls) list(w *edge.Response, r *edge.Request) error {
	n, err := r.Query.Number(limit)
	if err != nil {
		return err
	}
	f, err := newFinder(x.Store, r)
	if err != nil {
		return err
	}
	all, err := x.Store.Exceptions.All(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	reply := control.ExceptionList{Exceptions: []control.Exception{}}
	from := 0
	if id := r.Query.Text(after); id != "" {
		if from = slices.IndexFunc(all, func(e exception.Exception) bool { return e.ID == id }) + 1; from == 0 {
			return edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
				"the exception of after is there no longer: begin again without it")
		}
	}
	for i := range all[from:] {
		e := &all[from+i]
		if !f.sees(e.Scope) {
			continue
		}
		if len(reply.Exceptions) == int(n) {
			reply.Next = reply.Exceptions[n-1].ID
			break
		}
		reply.Exceptions = append(reply.Exceptions, f.describe(e, x.Clock()))
	}
	return w.JSON(http.StatusOK, reply)
}

// describe describes an exception.
func (f *finder) describe(e *exception.Exception, now time.Time) control.Exception {
	c := control.Exception{ID: e.ID, State: string(e.At(now)), CVEID: e.CVE, PURL: e.Product.PURL,
		Vendor: e.Product.Vendor, Name: e.Product.Name, Version: e.Product.Version, DeviceID: e.Scope.Device,
		GroupID: e.Scope.Group, Status: string(e.Status), Action: e.Action(), Reason: e.Reason, By: e.By,
		AddedBy: e.AddedBy, Source: e.Source, StatedTime: timeOrNil(e.Stated), FromTime: timeOrNil(e.From),
		UntilTime: timeOrNil(e.Until), CreatedTime: e.Created}
	if e.Scope.Group != nil {
		c.GroupName = f.groups[*e.Scope.Group]
	}
	return c
}

// add is POST /v1/exceptions.
func (x *calls) add(w *edge.Response, r *edge.Request) error {
	var asked control.NewException
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	entry, err := vex.EntryOf(&asked)
	if err != nil {
		return edge.Invalid("%v", err)
	}
	now := x.Clock().UTC().Truncate(time.Millisecond)
	if entry.At(now) == except.Expired {
		return edge.Invalid("until: %q has passed: the exception would never be in force", edge.Clip(asked.Until))
	}
	f, err := newFinder(x.Store, r)
	if err != nil {
		return err
	}
	e, err := f.place(&entry)
	if err != nil {
		return err
	}
	change, err := x.Store.Exceptions.Add(r.Context(), r.Caller.Organization, []except.Exception{e}, now)
	if err != nil {
		return err
	}
	if len(change.Added) == 0 {
		return edge.Refuse(http.StatusConflict, "", "there is such an exception already")
	}
	one := exception.Exception{Exception: change.Added[0], Created: now}
	w.Note(slog.String("exception", one.ID), slog.String("cve", one.CVE), slog.String("reason", one.Reason))
	return w.JSON(http.StatusCreated, f.describe(&one, now))
}

// place returns an entry with the scope that it names, as the caller may have it.
func (f *finder) place(e *vex.Entry) (except.Exception, error) {
	scope, err := f.scope(e.Device, e.Group)
	placed := e.Exception
	placed.Scope = scope
	placed.AddedBy = cmp.Or(f.r.Caller.Name, f.r.Caller.ID)
	return placed, err
}

// remove is DELETE /v1/exceptions/{id}. Of an exception that the caller does not see it says what it says of
// one that does not exist.
func (x *calls) remove(w *edge.Response, r *edge.Request) error {
	id := r.PathValue("id")
	none := edge.NotFound("no exception %q", edge.Clip(id))
	f, err := newFinder(x.Store, r)
	if err != nil {
		return err
	}
	e, err := x.Store.Exceptions.One(r.Context(), r.Caller.Organization, id)
	switch {
	case errors.Is(err, database.ErrNotFound) || err == nil && !f.sees(e.Scope):
		return none
	case err != nil:
		return err
	case !f.owns(e.Scope):
		return edge.Refuse(http.StatusForbidden, defender.CodeForbidden,
			"the exception holds beyond your RBAC groups: who sees all groups removes it")
	}
	err = x.Store.Exceptions.Remove(r.Context(), r.Caller.Organization, id, x.Clock())
	if errors.Is(err, database.ErrNotFound) {
		return none
	}
	if err != nil {
		return err
	}
	w.Note(slog.String("exception", id), slog.String("cve", e.CVE))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// importDocument is POST /v1/exceptions/import.
func (x *calls) importDocument(w *edge.Response, r *edge.Request) error {
	leave, err := x.gate.Enter(r.Context(), w, r.Caller.Key())
	if err != nil {
		return err
	}
	defer leave()
	f, err := newFinder(x.Store, r)
	if err != nil {
		return err
	}
	named := r.Query.Text(device) != "" || r.Query.Text(group) != ""
	scope, err := f.scope(r.Query.Text(device), r.Query.Text(group))
	if err != nil && named {
		return err
	}
	missing := err
	text, err := edge.ReadBody(w, r, vex.MaxDocument)
	if err != nil {
		return err
	}
	d, err := vex.Read(text, named)
	if err != nil {
		return edge.Invalid("%v", err)
	}
	if d.Source != "" && missing != nil {
		return missing
	}
	change, err := x.store(f, r, d, scope, named)
	if err != nil {
		return err
	}
	reply := control.ImportedExceptions{Format: string(d.Format), Source: d.Source, Added: len(change.Added),
		Kept: change.Kept, Removed: change.Removed, Skipped: slices.AppendSeq([]string{}, slices.Values(d.Reasons()))}
	w.Note(slog.String("source", d.Source), slog.Int("added", reply.Added), slog.Int("kept", reply.Kept),
		slog.Int("removed", reply.Removed))
	return w.JSON(http.StatusOK, reply)
}

// ended is why an exception of a file is left out that would never be in force.
const ended = "until has passed"

// store stores a document's exceptions. A file of exceptions says itself where each holds.
func (x *calls) store(f *finder, r *edge.Request, d *vex.Document, scope except.Scope,
	named bool) (c exception.Change, err error) {
	var all []except.Exception
	now := x.Clock()
	for i := range d.Exceptions {
		e := &d.Exceptions[i]
		if e.At(now) == except.Expired {
			d.Skipped[ended]++
			continue
		}
		if d.Source == "" && named && (e.Device != "" || e.Group != "") {
			return c, edge.Invalid("exception %d names a device or group itself: import the file without one", i+1)
		}
		placed := e.Exception
		if placed.Scope, placed.AddedBy = scope, cmp.Or(r.Caller.Name, r.Caller.ID); d.Source == "" && !named {
			if placed, err = f.place(e); err != nil {
				return c, err
			}
		}
		all = append(all, placed)
	}
	if d.Source == "" {
		return x.Store.Exceptions.Add(r.Context(), r.Caller.Organization, all, now)
	}
	return x.Store.Exceptions.Replace(r.Context(), r.Caller.Organization, d.Source, scope, all, now)
}
