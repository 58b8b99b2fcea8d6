package access

import (
	"log/slog"
	"net/http"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/organization"
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
)

// groups handles RBAC groups.
type groups struct{ store *organization.Store }

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
	return writeGroups(w, all, rules)
}

func writeGroups(w *edge.Response, all []organization.Group, rules *rbac.Rules) error {
	text, err := rules.MarshalJSON()
	if err != nil {
		return err
	}
	reply := control.GroupsReply{Groups: []control.Group{}, Rules: text}
	for _, g := range all {
		reply.Groups = append(reply.Groups, control.Group{ID: g.ID, Name: g.Name, Devices: g.Devices, Current: g.Current})
	}
	return w.JSON(http.StatusOK, reply)
}

// setGroups is PUT /v1/groups: the body replaces all rules. They apply from the next generation on.
func (gs *groups) setGroups(w *edge.Response, r *edge.Request) error {
	text, err := edge.ReadBody(w, r, rbac.MaxSize)
	if err != nil {
		return err
	}
	rules, err := rbac.Parse(text)
	if err != nil {
		return edge.Invalid("%v", err)
	}
	all, err := gs.store.SetRules(r.Context(), r.Caller.Organization, rules)
	if err != nil {
		return err
	}
	w.Note(slog.Int("groups", len(rules.Names())), slog.Int("rules", len(rules.Rules())))
	return writeGroups(w, all, rules)
}
