package api

import (
	"encoding/json"
	"net/http"

	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
)

// group is an RBAC group of an organization.
type group struct {
	ID   int64  `json:"rbacGroupId"`
	Name string `json:"rbacGroupName"`
	// Devices is how many the newest generation put there.
	Devices int64 `json:"devices"`
	// Current tells that rules name it; of others there is the history, and
	// clients that see them.
	Current bool `json:"current"`
}

// groupsReply is the reply to both calls of /v1/groups.
type groupsReply struct {
	Groups []group `json:"groups"`
	// Rules are as PUT takes them.
	Rules json.RawMessage `json:"rules"`
}

// listGroups is GET /v1/groups.
func (s *Server) listGroups(w *response, r *request) error {
	rules, err := s.Store.GroupRules(r.Context(), r.caller.Organization)
	if err != nil {
		return err
	}
	all, err := s.Store.Groups(r.Context(), r.caller.Organization)
	if err != nil {
		return err
	}
	return writeGroups(w, all, rules)
}

func writeGroups(w *response, all []store.Group, rules *rbac.Rules) error {
	text, err := rules.MarshalJSON()
	if err != nil {
		return err
	}
	reply := groupsReply{Groups: []group{}, Rules: text}
	for _, g := range all {
		reply.Groups = append(reply.Groups, group{g.ID, g.Name, g.Devices, g.Current})
	}
	return w.json(http.StatusOK, reply)
}

// setGroups is PUT /v1/groups: the body is the new rules, whole. They count from
// the next generation on.
func (s *Server) setGroups(w *response, r *request) error {
	text, err := readBody(w, r, rbac.MaxSize)
	if err != nil {
		return err
	}
	rules, err := rbac.Parse(text)
	if err != nil {
		return invalid("%v", err)
	}
	all, err := s.Store.SetGroupRules(r.Context(), r.caller.Organization, rules)
	if err != nil {
		return err
	}
	return writeGroups(w, all, rules)
}

// namesOfGroups are the names of the caller's organization's groups.
func (s *Server) namesOfGroups(r *request) (map[int64]string, error) {
	all, err := s.Store.Groups(r.Context(), r.caller.Organization)
	names := map[int64]string{}
	for _, g := range all {
		names[g.ID] = g.Name
	}
	return names, err
}
