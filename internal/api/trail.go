package api

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/trail"
)

const (
	// maxTrail is how many lines a page of the audit log has at most.
	maxTrail = 10_000
	// trailPlaces is how many pages of it are made at a time.
	trailPlaces = 2
	// placeVersion is the version of the places of pages that this program seals.
	placeVersion = 1
)

var (
	trailSince = edge.Parameter{Name: "since", Kind: edge.TimeParameter,
		About: "return lines of this time and later, such as 2026-11-23T10:00:00Z; without it, from the oldest that is kept"}
	trailAfter   = edge.TakesText("after", "the next of the page before")
	trailEvent   = edge.TakesText("event", "only lines whose event contains this, such as `client`")
	trailCaller  = edge.TakesText("caller", "only lines of the caller with this id or name")
	trailOutcome = edge.TakesText("outcome", "only lines with this outcome: done, refused, denied, failed, cut or left")
	trailPath    = edge.TakesText("path", "only lines whose path contains this")
	trailChanges = edge.TakesFlag("changes", "leave out reading, reports and tokens")
	trailLimit   = edge.TakesNumber("limit", 1000, 1, maxTrail, "lines of a page")

	showsTrail = edge.Description{
		Summary: "The audit log of the caller's organization, in the order in which it was written",
		Query: []edge.Parameter{trailSince, trailAfter, trailEvent, trailCaller, trailOutcome, trailPath, trailChanges,
			trailLimit},
		Gives: []edge.Payload{edge.JSONOf[control.AuditPage](http.StatusOK,
			"lines; a page may have none and yet more be true, because a page reads a bounded part of the log")},
		Fails: []int{http.StatusNotFound, http.StatusGone},
	}
)

// trails handles the audit log.
type trails struct {
	log  *trail.Log
	keys *auth.Keyring
	gate *edge.Gate
}

// show is GET /v1/audit: a page of lines about the requests of callers of the organization.
func (t *trails) show(w *edge.Response, r *edge.Request) error {
	if t.log == nil {
		return edge.NotFound("the audit log is not kept in files here")
	}
	q, err := t.query(r)
	if err != nil {
		return err
	}
	leave, err := t.gate.Enter(r.Context(), w, r.Caller.Key())
	if err != nil {
		return err
	}
	defer leave()
	page, err := t.log.Read(r.Context(), q)
	if errors.Is(err, trail.ErrGone) {
		return edge.Refuse(http.StatusGone, "",
			"the lines after the place of after are no longer kept, so some were missed: begin again with since")
	}
	if err != nil {
		return err
	}
	reply := control.AuditPage{Lines: page.Lines, More: page.More}
	if page.Next != nil {
		if reply.Next, err = t.seal(r.Caller.Organization, *page.Next); err != nil {
			return err
		}
	}
	w.Note(slog.Int("lines", len(page.Lines)))
	return w.JSON(http.StatusOK, reply)
}

// query reads the parameters.
func (t *trails) query(r *edge.Request) (q trail.Query, err error) {
	q.Organization = r.Caller.Organization
	q.Filter = trail.Filter{Event: r.Query.Text(trailEvent), Caller: r.Query.Text(trailCaller),
		Outcome: r.Query.Text(trailOutcome), Path: r.Query.Text(trailPath)}
	if q.Filter.Changes, err = r.Query.Flag(trailChanges); err != nil {
		return q, err
	}
	if text := r.Query.Text(trailSince); text != "" {
		if q.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return q, edge.Invalid("since is %q, must be a time such as 2026-11-23T10:00:00Z", edge.Clip(text))
		}
	}
	limit, err := r.Query.Number(trailLimit)
	if err != nil {
		return q, err
	}
	q.Limit = int(limit)
	if text := r.Query.Text(trailAfter); text != "" {
		q.After, err = t.open(q.Organization, text)
		if errors.Is(err, auth.ErrSeal) {
			return q, edge.Invalid("after %q is not the next of a page of this organization", edge.Clip(text))
		}
	}
	return q, err
}

// seal returns a place as text. It is sealed, because it tells how much the log has of others.
func (t *trails) seal(organization string, p trail.Place) (string, error) {
	plain := binary.BigEndian.AppendUint64(nil, p.File)
	return t.keys.Seal(auth.Pages, placeVersion, trailBinding(organization), binary.AppendUvarint(plain, uint64(p.Offset)))
}

// open reads what seal has written.
func (t *trails) open(organization, text string) (*trail.Place, error) {
	plain, err := t.keys.Open(auth.Pages, placeVersion, trailBinding(organization), text)
	if err != nil {
		return nil, err
	}
	if len(plain) < 9 {
		return nil, auth.ErrSeal
	}
	offset, n := binary.Uvarint(plain[8:])
	if n <= 0 || int64(offset) < 0 {
		return nil, auth.ErrSeal
	}
	return &trail.Place{File: binary.BigEndian.Uint64(plain), Offset: int64(offset)}, nil
}

func trailBinding(organization string) []byte { return []byte("audit " + organization) }
