package notices

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/notified"
)

// list is GET /v1/notices/rules.
func (x *calls) list(w *edge.Response, r *edge.Request) error {
	ctx, org := r.Context(), r.Caller.Organization
	all, err := x.Store.Notified.Rules(ctx, org)
	if err != nil {
		return err
	}
	counts, err := x.Store.Notified.Counts(ctx, org)
	if err != nil {
		return err
	}
	progress, err := x.Store.Notified.Progress(ctx, org)
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return err
	}
	reply := notices.Rules{Rules: []notices.Rule{}, Snapshot: progress.Number}
	for i := range all {
		reply.Rules = append(reply.Rules, describe(&all[i], counts))
	}
	return w.JSON(http.StatusOK, reply)
}

// describe describes a rule.
func describe(r *notified.Rule, counts []notified.Count) notices.Rule {
	s := notices.Status{State: "ok", SentTime: timeOrNil(r.Sent), Failures: r.Failures, Error: r.Error,
		Notices: map[string]int64{}}
	switch {
	case r.Off:
		s.State = "off"
	case r.DryRun:
		s.State = "dryRun"
	case r.Failures > 0:
		s.State, s.RetryTime, s.FailingTime = "failing", timeOrNil(r.Retry), timeOrNil(r.Failing)
	}
	for _, c := range counts {
		if c.Rule != r.Name {
			continue
		}
		s.Notices[string(c.State)] = c.Number
		if c.State == notified.Waiting {
			s.OldestWaitingTime = timeOrNil(c.Oldest)
		}
	}
	return notices.Rule{Rule: r.Rule, Destination: r.Destination, ChangedTime: r.Changed, ChangedBy: r.ChangedBy,
		Since: r.Since, Status: s}
}

// set is PUT /v1/notices/rules/{name}. Without a destination the rule keeps that which it has.
func (x *calls) set(w *edge.Response, r *edge.Request) error {
	var asked notices.Set
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	name := r.PathValue("name")
	if asked.Name = cmp.Or(asked.Name, name); asked.Name != name {
		return edge.Invalid("name: %q is not that of the address", edge.Clip(asked.Name))
	}
	if err := x.check(r.Context(), r.Caller.Organization, &asked); err != nil {
		return err
	}
	rule := &notified.Rule{Rule: asked.Rule, ChangedBy: cmp.Or(r.Caller.Name, r.Caller.ID)}
	place := "kept"
	if to := asked.Destination; to != nil {
		whole, err := json.Marshal(to)
		if err != nil {
			return err
		}
		rule.Destination, place = to.Shown(), to.Place()
		rule.Sealed = x.Seal(r.Caller.Organization, notify.Secret(name), whole)
	}
	err := x.Store.Notified.SetRule(r.Context(), r.Caller.Organization, rule, x.Clock().UTC().Truncate(time.Millisecond))
	if errors.Is(err, database.ErrNotFound) {
		return edge.Invalid("destination: is missing: there is no rule %q whose destination could be kept", name)
	}
	if err != nil {
		return err
	}
	w.Note(slog.String("rule", name), slog.Any("events", asked.Events), slog.String("receiver", place),
		slog.Bool("off", asked.Off), slog.Bool("dryRun", asked.DryRun))
	stored, err := x.Store.Notified.Rule(r.Context(), r.Caller.Organization, name)
	if err != nil {
		return err
	}
	return w.JSON(http.StatusOK, describe(&stored, nil))
}

// check checks a rule, with what it names: groups of the organization, and a time zone.
func (x *calls) check(ctx context.Context, org string, s *notices.Set) error {
	if err := s.Check(); err != nil {
		return edge.Invalid("%v", err)
	}
	if s.Destination != nil {
		if err := s.Destination.Check(); err != nil {
			return edge.Invalid("destination: %v", err)
		}
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "Local" {
		return edge.Invalid("zone: the server knows no time zone %q", edge.Clip(s.Zone))
	}
	return x.place(ctx, org, s)
}

// place makes numbers of the groups that a rule names.
func (x *calls) place(ctx context.Context, org string, s *notices.Set) error {
	groups, err := x.Store.Organizations.GroupNames(ctx, org)
	if err != nil {
		return err
	}
	for _, g := range s.Groups {
		if _, ok := groups[g]; !ok && g != 0 {
			return edge.Invalid("rbacGroupIds: no group %d", g)
		}
	}
	for _, name := range s.RBACGroups {
		found := false
		for number, own := range groups {
			if found = rbac.IsNamed(number, own, name); found {
				s.Groups = append(s.Groups, number)
				break
			}
		}
		if !found {
			return edge.Invalid("rbacGroups: no group %q", edge.Clip(name))
		}
	}
	slices.Sort(s.Groups)
	s.Groups = slices.Compact(s.Groups)
	return nil
}

// remove is DELETE /v1/notices/rules/{name}.
func (x *calls) remove(w *edge.Response, r *edge.Request) error {
	name := r.PathValue("name")
	err := x.Store.Notified.RemoveRule(r.Context(), r.Caller.Organization, name)
	if errors.Is(err, database.ErrNotFound) {
		return noRule(name)
	}
	if err != nil {
		return err
	}
	w.Note(slog.String("rule", name))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func noRule(name string) error { return edge.NotFound("no rule %q", edge.Clip(name)) }

// rule returns the rule that a request names.
func (x *calls) rule(r *edge.Request) (rule notified.Rule, org notice.Organization, err error) {
	name := r.PathValue("name")
	rule, err = x.Store.Notified.Rule(r.Context(), r.Caller.Organization, name)
	if errors.Is(err, database.ErrNotFound) {
		return rule, org, noRule(name)
	}
	if err != nil {
		return rule, org, err
	}
	of, err := x.Store.Organizations.ByID(r.Context(), r.Caller.Organization)
	return rule, notice.Organization{ID: of.ID, Name: of.Name}, err
}

// test is POST /v1/notices/rules/{name}/test. A receiver that does not take the test is no failure of the call.
func (x *calls) test(w *edge.Response, r *edge.Request) error {
	leave, err := x.gate.Enter(r.Context(), w, r.Caller.Key())
	if err != nil {
		return err
	}
	defer leave()
	rule, org, err := x.rule(r)
	if err != nil {
		return err
	}
	reply := notices.Tested{Sent: true}
	if err := x.Notifier.Test(r.Context(), org, &rule); err != nil {
		reply = notices.Tested{Error: notify.Why(err)}
	}
	w.Note(slog.String("rule", rule.Name), slog.String("receiver", rule.Destination.Place()), slog.Bool("sent", reply.Sent))
	return w.JSON(http.StatusOK, reply)
}
