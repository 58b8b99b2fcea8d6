package access

import (
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/enrollment"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

var (
	listsGroups = edge.Description{
		Summary: "RBAC groups, and the rules that put devices into them",
		Gives:   []edge.Payload{edge.JSONOf[control.GroupsReply](http.StatusOK, "both")},
	}
	setsGroups = edge.Description{
		Summary: "Replaces the rules that put devices into RBAC groups",
		Takes:   []edge.Payload{edge.JSONOf[control.GroupRules](0, "all rules")},
		Gives:   []edge.Payload{edge.JSONOf[control.GroupsReply](http.StatusOK, "the groups and the new rules")},
	}

	removesGroup = edge.Description{
		Summary: "Removes an RBAC group, with the rules that put devices into it",
		Gives:   []edge.Payload{edge.JSONOf[control.GroupsReply](http.StatusOK, "the groups and the rules that are left")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
)

// groups handles RBAC groups.
type groups struct {
	store       *organization.Store
	access      *access.Store
	enrollments *enrollment.Store
	devices     *reports.Store
	clock       func() time.Time
}

// listGroups is GET /v1/groups.
func (gs *groups) listGroups(w *edge.Response, r *edge.Request) error {
	rules, err := gs.store.Rules(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	all, err := gs.store.Groups(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	return gs.write(w, r, all, rules)
}

// write replies with groups and rules.
func (gs *groups) write(w *edge.Response, r *edge.Request, all []organization.Group, rules *rbac.Rules) error {
	text, err := rules.MarshalJSON()
	if err != nil {
		return err
	}
	seen, err := gs.clients(r)
	if err != nil {
		return err
	}
	reply := control.GroupsReply{Groups: []control.Group{}, Rules: text}
	for _, g := range all {
		reply.Groups = append(reply.Groups, control.Group{ID: g.ID, Name: g.Name, Devices: g.Devices, Current: g.Current,
			Clients: int64(len(seen[g.ID]))})
	}
	return w.JSON(http.StatusOK, reply)
}

// setGroups is PUT /v1/groups: the body replaces all rules. They apply from the next generation on.
func (gs *groups) setGroups(w *edge.Response, r *edge.Request) error {
	rules, err := readRules(w, r)
	if err != nil {
		return err
	}
	all, err := gs.store.SetRules(r.Context(), r.Caller.Organization, rules)
	if err != nil {
		return err
	}
	w.Note(slog.Int("groups", len(rules.Names())), slog.Int("rules", len(rules.Rules())))
	return gs.write(w, r, all, rules)
}

// readRules reads the rules in a body.
func readRules(w *edge.Response, r *edge.Request) (*rbac.Rules, error) {
	text, err := edge.ReadBody(w, r, rbac.MaxSize)
	if err != nil {
		return nil, err
	}
	rules, err := rbac.Parse(text)
	if err != nil {
		return nil, edge.Invalid("%v", err)
	}
	return rules, nil
}

// clients names the clients that see each group.
func (gs *groups) clients(r *edge.Request) (map[int64][]string, error) {
	all, _, err := gs.access.Clients(r.Context(), r.Caller.Organization)
	if err != nil {
		return nil, err
	}
	seen := map[int64][]string{}
	for i := range all {
		for _, id := range all[i].Groups {
			seen[id] = append(seen[id], all[i].Name)
		}
	}
	return seen, nil
}

// removeGroup is DELETE /v1/groups/{id}: the group leaves the rules, and its devices leave it with the next
// generation. Its number stays its own (doc/decision/0080).
func (gs *groups) removeGroup(w *edge.Response, r *edge.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return edge.NotFound("no group %q", edge.Clip(r.PathValue("id")))
	}
	all, err := gs.store.Groups(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(g organization.Group) bool { return g.ID == id })
	if i < 0 {
		return edge.NotFound("no group %q", edge.Clip(r.PathValue("id")))
	}
	if err := gs.unused(r, &all[i]); err != nil {
		return err
	}
	rules, err := gs.store.RemoveGroup(r.Context(), r.Caller.Organization, all[i].Name)
	if err != nil {
		return err
	}
	if all, err = gs.store.Groups(r.Context(), r.Caller.Organization); err != nil {
		return err
	}
	w.Note(slog.Int64("group", id))
	return gs.write(w, r, all, rules)
}

// unused refuses a group that clients or enrolments name: without it a client would see less than its
// managers think, and devices would be enrolled into nothing.
func (gs *groups) unused(r *edge.Request, g *organization.Group) error {
	seen, err := gs.clients(r)
	if err != nil {
		return err
	}
	if who := seen[g.ID]; len(who) > 0 {
		return edge.Refuse(http.StatusConflict, "", "the group %q is seen by %d clients, such as %q: change or remove them first",
			g.Name, len(who), who[0])
	}
	enrolling, err := gs.enrollments.All(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	for i := range enrolling {
		if e := describeEnrollment(&enrolling[i], gs.clock()); e.Active && strings.EqualFold(e.Group, g.Name) {
			return edge.Refuse(http.StatusConflict, "", "the enrolment %q puts devices into the group %q: remove it first",
				e.Name, g.Name)
		}
	}
	return nil
}
