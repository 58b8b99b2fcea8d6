package answers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/api/answers/points"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// Parameters of trends.
var (
	days = edge.TakesNumber("days", 90, 1, maxDays, "UTC days up to that of the newest snapshot")
	by   = edge.TakesText("by", "day, the last snapshot of each day with the changes of all (if absent), or snapshot")
)

const (
	// maxDays is how long counts are kept.
	maxDays = 400
	// yesterday is how much older the snapshot of "since yesterday" is, at least.
	yesterday = 24 * time.Hour
)

// trends is GET /v1/trends.
func (ls *lists) trends(w *edge.Response, r *edge.Request) error {
	n, err := r.Query.Number(days)
	if err != nil {
		return err
	}
	each := r.Query.Text(by)
	if each != "" && each != "day" && each != "snapshot" {
		return edge.Invalid("by is %q, must be day or snapshot", edge.Clip(each))
	}
	leave, err := ls.gate.Enter(r.Context(), w, r.Caller.Key())
	if err != nil {
		return err
	}
	defer leave()
	newest, err := Snapshot(r, ls.Store.Publication)
	if err != nil {
		return err
	}
	_, only, err := Groups(r, ls.Store.Organizations, group)
	if err != nil {
		return err
	}
	scope := r.Caller.Visible()
	if only != AllGroups {
		scope = func(group int64) bool { return group == only }
	}
	midnight := newest.Generated.UTC().Truncate(24 * time.Hour)
	from, counted := midnight.AddDate(0, 0, 1-int(n)), newest.Generated.Add(-points.RemediatedDays*24*time.Hour)
	since := counted
	if from.Before(since) {
		since = from
	}
	all, err := ls.Store.Counted.Since(r.Context(), r.Caller.Organization, since, scope)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(p trend.Point) bool { return p.Number > newest.Number })
	reply := control.Trends{Number: newest.Number, GeneratedTime: newest.Generated.UTC(),
		TimeToRemediate: points.Remediated(trend.Mended(all, counted))}
	if reply.Points, err = points.From(all, from, each); err != nil {
		return err
	}
	if reply.SinceYesterday, err = ls.sinceYesterday(r.Context(), r.Caller.Organization, &newest, all, scope); err != nil {
		return err
	}
	opened, err := ls.Store.Counted.Opened(r.Context(), r.Caller.Organization, newest.Number)
	if err != nil {
		return err
	}
	reply.OpenFor = points.OpenFor(opened, &newest, all, scope)
	return w.JSON(http.StatusOK, reply)
}

// sinceYesterday compares the newest snapshot with the newest one that is a day older; nil if either has no counts.
func (ls *lists) sinceYesterday(ctx context.Context, org string, newest *publication.Snapshot, all []trend.Point,
	scope func(int64) bool) (*control.Since, error) {
	before, now, ok := trend.Since(all, yesterday)
	if !ok || now.Number != newest.Number {
		return nil, nil
	}
	then := points.Of(&before)
	one := &control.Since{Number: then.Number, GeneratedTime: then.GeneratedTime, Findings: then.Findings,
		Severities: then.Severities, Devices: then.Devices, Coverage: then.Coverage, Silent: then.Silent, Score: then.Score,
		New: points.Known(&now, trend.Changes, now.New), Fixed: points.Known(&now, trend.Changes, now.Fixed)}
	old, err := ls.Store.Publication.Snapshot(ctx, org, before.Number)
	if errors.Is(err, database.ErrNotFound) || err == nil && old.Full != publication.Kept {
		return one, nil
	}
	if err != nil {
		return nil, err
	}
	if one.KEV, err = ls.compareKEV(ctx, &old, newest, scope); err != nil {
		again, lost := ls.Store.Publication.Snapshot(ctx, org, before.Number)
		if errors.Is(err, answer.ErrUnavailable) || lost == nil && again.Full != publication.Kept { // it went meanwhile
			return one, nil
		}
	}
	return one, err
}

// compareKEV compares the CVEs of two snapshots that CISA lists: those of the older one by the dates at which they came
// into the list. It is nil if the list is not imported.
func (ls *lists) compareKEV(ctx context.Context, old, newest *publication.Snapshot,
	scope func(int64) bool) (*control.ListedCVEs, error) {
	know, err := ls.know(ctx)
	if err != nil || !know.list.HasKEV() {
		return nil, err
	}
	before, err := ls.listed(ctx, old, know, scope, func(k *cve.KEV) bool { return !k.Added.After(old.Begun) })
	if err != nil {
		return nil, err
	}
	now, err := ls.listed(ctx, newest, know, scope, func(*cve.KEV) bool { return true })
	if err != nil {
		return nil, err
	}
	one := &control.ListedCVEs{Now: int64(len(now)), Before: int64(len(before))}
	for id := range now {
		if !before[id] {
			one.Up++
		}
	}
	one.Down = one.Before + one.Up - one.Now
	return one, nil
}

// listed returns the CVEs of a snapshot that are in CISA's list by entries that count.
func (ls *lists) listed(ctx context.Context, s *publication.Snapshot, know *knowledge, scope func(int64) bool,
	counts func(*cve.KEV) bool) (map[string]bool, error) {
	m, err := ls.Publisher.Manifest(*s)
	if err != nil {
		return nil, err
	}
	all, err := ls.Answers.Of(m, scope).CVEs(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for i := range all {
		if k := &know.of(all[i].ID).KEV; k.Listed && counts(k) {
			found[all[i].ID] = true
		}
	}
	return found, nil
}
