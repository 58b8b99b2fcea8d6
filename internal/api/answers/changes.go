package answers

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer/changed"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// maxFound is how many changes that match a filter are listed: the place of each is remembered.
const maxFound = 2_000_000

// comparing lists what changed between two snapshots.
type comparing struct{ *lists }

// list is GET /v1/changes.
func (ls comparing) list(w *edge.Response, r *edge.Request) error {
	leave, err := ls.gate.Enter(r.Context(), w, r.Caller.Key())
	if err != nil {
		return err
	}
	defer leave()
	c, err := ls.comparison(r)
	if err != nil {
		return err
	}
	reply, places, all, err := ls.compare(r.Context(), c)
	if err != nil {
		return err
	}
	if places != nil {
		err = all.Read(r.Context(), places, func(one changed.Change) {
			reply.Rows = append(reply.Rows, c.row(one))
		})
		if err != nil {
			return err
		}
	}
	if reply.Next, err = ls.next(&c.question, len(reply.Rows), reply.Total); err != nil {
		return err
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// comparison reads a request.
func (ls comparing) comparison(r *edge.Request) (c *comparison, err error) {
	c = &comparison{files: ls.Files, device: r.Query.Text(device), sees: r.Caller.Visible()}
	parts := []string{"list", listed.Changes, r.Caller.Organization, r.Caller.Scope()}
	for _, p := range changeFilters() {
		parts = append(parts, p.Name, r.Query.Text(p))
	}
	c.binding = auth.Binding(parts...)
	if c.filter, err = readFilter(r.Query); err != nil {
		return nil, err
	}
	n, err := r.Query.Number(limit)
	if err != nil {
		return nil, err
	}
	c.limit = int(n)
	if c.skip, err = r.Query.Number(skips); err != nil {
		return nil, err
	}
	if c.know, err = ls.know(r.Context()); err != nil {
		return nil, err
	}
	if err := c.answerable(); err != nil {
		return nil, err
	}
	if c.groups, c.only, err = Groups(r, ls.Store.Organizations, group); err != nil {
		return nil, err
	}
	if err := c.about(r.Query); err != nil {
		return nil, err
	}
	return c, ls.between(r, c)
}

// between finds the snapshots.
func (ls comparing) between(r *edge.Request, c *comparison) error {
	all, err := ls.Store.Publication.Snapshots(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return edge.NotFound("no snapshot was published yet")
	}
	at, err := ls.newer(r, c, all)
	if err != nil {
		return err
	}
	c.snapshot = all[at]
	wanted, err := r.Query.Number(from)
	if err != nil {
		return err
	}
	before := olderThan(all[:at], all[at].Generated.Add(-yesterday))
	if wanted > 0 {
		before = slices.IndexFunc(all, func(s publication.Snapshot) bool { return s.Number == wanted })
		if before < 0 {
			return edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
				"snapshot %d is no longer known: begin again without from", wanted)
		}
		if before >= at {
			return edge.Invalid("from is %d, must be older than snapshot %d", wanted, c.snapshot.Number)
		}
	}
	if before < 0 {
		return nil
	}
	c.older, c.steps = &all[before], slices.Clone(all[before+1:at+1])
	slices.Reverse(c.steps)
	return nil
}

// olderThan returns the place of the newest snapshot that was published by a time; else that of the oldest, -1 if there
// is none.
func olderThan(all []publication.Snapshot, at time.Time) int {
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].Generated.After(at) {
			return i
		}
	}
	return min(0, len(all)-1)
}

// newer returns the place of the newer snapshot among all: the one that the request or its token names, or the newest.
func (ls comparing) newer(r *edge.Request, c *comparison, all []publication.Snapshot) (int, error) {
	number, err := r.Query.Number(Pinned)
	if err != nil {
		return 0, err
	}
	token, mark := r.Query.Text(after), uint64(0)
	if token != "" && c.skip > 0 {
		return 0, edge.Invalid("after and skip exclude each other")
	}
	if token != "" {
		if number, mark, c.skip, err = opened(ls.Keys, c.binding, token); err != nil {
			return 0, err
		}
	}
	if number == 0 {
		return len(all) - 1, nil
	}
	at := slices.IndexFunc(all, func(s publication.Snapshot) bool { return s.Number == number })
	if at < 0 || token != "" && all[at].Mark() != mark {
		return 0, edge.Refuse(http.StatusGone, defender.CodeSkipTokenExpired,
			"snapshot %d is no longer known: begin again without snapshot and after", number)
	}
	return at, nil
}

// compare counts what changed, and finds the rows of the page.
func (ls comparing) compare(ctx context.Context, c *comparison) (reply listed.ChangeRows, places []changed.Place,
	all *changed.Changes, err error) {
	reply = listed.ChangeRows{Dataset: c.dataset.String(), Rows: []listed.ChangeRow{}}
	newest, err := ls.Publisher.Manifest(c.snapshot)
	if err != nil {
		return reply, nil, nil, err
	}
	totals := newest.Totals(c.visible())
	reply.Number, reply.GeneratedTime = c.snapshot.Number, c.snapshot.Generated
	reply.Coverage, reply.Excepted = totals.Coverage, totals.Excepted
	if reply.Coverage != nil {
		reply.Coverage.Checks = nil // as in other lists
	}
	reply.To = listed.ChangeEnd{Number: c.snapshot.Number, GeneratedTime: c.snapshot.Generated,
		Findings: totals.Severities.Sum()}
	if c.older == nil {
		reply.Unknown = listed.NothingBefore
		return reply, nil, nil, nil
	}
	before, err := ls.Publisher.Manifest(*c.older)
	if err != nil {
		return reply, nil, nil, err
	}
	reply.From = &listed.ChangeEnd{Number: c.older.Number, GeneratedTime: c.older.Generated,
		Findings: before.Totals(c.visible()).Severities.Sum()}
	kept, err := ls.count(c, &reply)
	if err != nil || reply.Unknown != "" {
		return reply, nil, nil, err
	}
	if all, err = changed.Of(c.files, kept, c.visible(), c.dataset); err != nil {
		return reply, nil, nil, err
	}
	places, reply.Total, err = ls.places(ctx, c, all)
	return reply, places, all, err
}

// count counts the changes of the snapshots, and returns those of which rows are kept.
func (ls comparing) count(c *comparison, reply *listed.ChangeRows) (kept []*snapshot.Manifest, err error) {
	sums, fixed := map[string]counts.Changes{}, &counts.Fixed{}
	for i := range c.steps {
		m, err := ls.Publisher.Manifest(c.steps[i])
		if err != nil {
			return nil, err
		}
		previous := c.older.Number
		if i+1 < len(c.steps) {
			previous = c.steps[i+1].Number
		}
		if m.Previous != previous {
			reply.Unknown = listed.Rebuilt
			return nil, nil
		}
		totals := m.Totals(c.visible())
		for _, name := range datasetsOfChanges() {
			sum := sums[name]
			sum.Add(totals.Changes[name])
			sums[name] = sum
		}
		if totals.FixedFindings == nil {
			fixed = nil // and so is the sum
		} else if fixed != nil {
			fixed.Add(*totals.FixedFindings)
		}
		reply.Unexplained = reply.Unexplained || sums[listed.OfVulnerabilities].Fixed > 0 && !m.Why.Whole()
		if c.steps[i].Delta == publication.Kept {
			kept = append(kept, m)
		} else {
			reply.Retired = append(reply.Retired, m.Number)
		}
	}
	reply.Changes, reply.Fixed = sums, fixed
	return kept, nil
}

// places finds the rows of the page, and how many there are. With a filter all changes are looked at, once for all
// pages.
func (ls comparing) places(ctx context.Context, c *comparison, all *changed.Changes) ([]changed.Place, int64, error) {
	if c.status == nil && c.reasons == nil && c.device == "" && c.filter.empty() {
		return all.Page(c.skip, c.limit), all.Total(), nil
	}
	const weight = 16
	found, err := kept(ctx, ls.lists, &c.question, func(changed.Place) int64 { return weight },
		func(ctx context.Context) ([]changed.Place, error) {
			found, ok, err := all.Find(ctx, maxFound, c.matches)
			if err == nil && !ok {
				err = edge.Invalid("more than %d changes match: ask for less, or export the changes", maxFound)
			}
			return found, err
		})
	if err != nil {
		return nil, 0, err
	}
	return page(&c.question, found), int64(len(found)), nil
}
