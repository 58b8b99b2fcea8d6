package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

var (
	waitForIt  = edge.TakesFlag("wait", "reply when the snapshot is published")
	rebuildAll = edge.TakesFlag("rebuild",
		"assess every device again instead of merging with the previous snapshot, if that is damaged")
	shrinkAllowed = edge.TakesFlag("allowShrink",
		"confirm that the clock is right, which ends a doubt: devices that have been silent for too long are dropped, however many")
	generationsLimit = edge.TakesNumber("limit", 20, 1, 1000, "generations of a reply")

	listsGenerations = edge.Description{
		Summary: "The newest generations, newest first",
		Query:   []edge.Parameter{generationsLimit},
		Gives:   []edge.Payload{edge.JSONOf[control.GenerationList](http.StatusOK, "the newest generations")},
	}
	makesGeneration = edge.Description{
		Summary: "Begins a generation, which publishes the next snapshot",
		Query:   []edge.Parameter{waitForIt, rebuildAll, shrinkAllowed},
		Gives: []edge.Payload{
			edge.JSONOf[control.Generation](http.StatusOK, "the generation, with wait=true"),
			edge.JSONOf[control.Accepted](http.StatusAccepted, "the generation will begin"),
		},
		Fails: []int{http.StatusConflict},
	}
	showsGeneration = edge.Description{
		Summary: "One generation",
		Gives:   []edge.Payload{edge.JSONOf[control.Generation](http.StatusOK, "the generation")},
		Fails:   []int{http.StatusNotFound},
	}
)

// published adds the snapshot to a generation.
func published(g *control.Generation, n publication.Snapshot) {
	g.GeneratedTime, g.Totals = &n.Generated, control.Encoded[counts.Snapshot](n.Manifest.Totals)
}

// generations handles the generations of organizations.
type generations struct {
	store     *publication.Store
	publisher *generation.Publisher
}

// makeGeneration is POST /v1/generations: the next generation begins after the call. With wait=true
// the reply comes when it is published. With rebuild=true it makes all rows again, if the last
// snapshot is damaged. While publishing is in doubt none begins, except with allowShrink=true.
func (s *generations) makeGeneration(w *edge.Response, r *edge.Request) error {
	wait, err := r.Query.Flag(waitForIt)
	if err != nil {
		return err
	}
	var wish publication.Wish
	if wish.Rebuild, err = r.Query.Flag(rebuildAll); err != nil {
		return err
	}
	if wish.AllowShrink, err = r.Query.Flag(shrinkAllowed); err != nil {
		return err
	}
	if wish.AllowShrink {
		w.Note(slog.Bool("allowShrink", true))
	} else if err := s.publisher.Watcher().Watch(r.Context(), r.Caller.Organization); err != nil {
		return err
	}
	asked := s.publisher.PublishAs(r.Context(), r.Caller.Organization, wish)
	if err := asked.Err(); err != nil {
		return err
	}
	if !wait {
		return w.JSON(http.StatusAccepted, control.Accepted{Status: "accepted"})
	}
	made, err := asked.Wait(r.Context())
	if err != nil {
		return failedGeneration(err)
	}
	reply := control.Generation{Number: made.Number, State: string(publication.Sealed), BegunTime: made.Begun}
	published(&reply, made)
	return w.JSON(http.StatusOK, reply)
}

// failedGeneration returns the error of a generation that failed: with the same text that
// GET /v1/generations shows. Damage of the newest snapshot has a code of its own.
func failedGeneration(err error) error {
	if errors.Is(err, snapshot.ErrDamaged) {
		return edge.FailedWork(err, edge.Refuse(http.StatusInternalServerError, control.CodeSnapshotDamaged,
			"the newest snapshot is damaged and cannot be merged: repair it (POST /v1/repair), or restart the history with rebuild=true: "))
	}
	return edge.FailedWork(err, edge.Refuse(http.StatusInternalServerError, defender.CodeInternalServerError,
		"the generation failed, the previous snapshot stays the newest: "))
}

// listGenerations is GET /v1/generations: the newest ones, newest first.
func (s *generations) listGenerations(w *edge.Response, r *edge.Request) error {
	limit, err := r.Query.Number(generationsLimit)
	if err != nil {
		return err
	}
	all, err := s.store.Generations(r.Context(), r.Caller.Organization, int(limit))
	if err != nil {
		return err
	}
	reply := control.GenerationList{Generations: []control.Generation{}}
	if reply.Doubt, err = s.doubtOf(r.Context(), &r.Caller); err != nil {
		return err
	}
	for _, g := range all {
		described, err := s.describe(r.Context(), &r.Caller, g)
		if err != nil {
			return err
		}
		reply.Generations = append(reply.Generations, described)
	}
	return w.JSON(http.StatusOK, reply)
}

// showGeneration is GET /v1/generations/{number}.
func (s *generations) showGeneration(w *edge.Response, r *edge.Request) error {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		return edge.NotFound("no generation %q", edge.Clip(r.PathValue("number")))
	}
	found, err := s.store.Generation(r.Context(), r.Caller.Organization, number)
	if err != nil {
		return err
	}
	described, err := s.describe(r.Context(), &r.Caller, found)
	if err != nil {
		return err
	}
	return w.JSON(http.StatusOK, described)
}

// describe adds the snapshot that a generation made, with the counts of the caller's groups. Why a
// generation failed may name any device, and its progress counts all devices: both are for callers
// that see all groups.
func (s *generations) describe(ctx context.Context, c *auth.Caller,
	g publication.Generation) (control.Generation, error) {
	described := control.Generation{Number: g.Number, State: string(g.State), BegunTime: g.Begun}
	if c.AllGroups {
		described.Failure = g.Failure
	}
	if g.State == publication.Running && c.AllGroups {
		done, err := s.publisher.Progress(ctx, c.Organization, g)
		described.Progress = &control.Progress{Ranges: done.Ranges, TotalRanges: done.Total, Devices: done.Devices}
		return described, err
	}
	if g.State != publication.Sealed {
		return described, nil
	}
	made, err := s.store.Snapshot(ctx, c.Organization, g.Number)
	if errors.Is(err, database.ErrNotFound) {
		return described, nil
	}
	published(&described, made)
	if err == nil && !c.AllGroups {
		described.Totals, err = s.scopedTotals(c, made)
	}
	return described, err
}

// scopedTotals counts a snapshot's rows in the caller's groups; nothing if its manifest is no
// longer kept.
func (s *generations) scopedTotals(c *auth.Caller,
	made publication.Snapshot) (control.Encoded[counts.Snapshot], error) {
	if made.Full == publication.Retired && made.Delta == publication.Retired {
		return nil, nil
	}
	m, err := s.publisher.Manifest(made)
	if err != nil {
		return nil, err
	}
	totals, err := json.Marshal(m.Totals(c.Visible()))
	if err != nil {
		return nil, fmt.Errorf("counting: %w", err)
	}
	return totals, nil
}

// doubtOf returns the doubt of an organization, nil if there is none.
func (s *generations) doubtOf(ctx context.Context, c *auth.Caller) (*control.Doubt, error) {
	var found *watch.DoubtError
	err := s.publisher.Watcher().Doubt(ctx, c.Organization)
	if !errors.As(err, &found) {
		return nil, err
	}
	told := &control.Doubt{Reason: string(found.Reason)}
	if c.AllGroups {
		told.Message = found.Why
	}
	return told, nil
}
