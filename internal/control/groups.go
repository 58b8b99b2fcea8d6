package control

import (
	"io"
	"net/http"
	"strconv"

	"github.com/muster-project/muster/internal/inventory/rbac"
)

// Group is an RBAC group of an organization.
type Group struct {
	ID   int64  `json:"rbacGroupId"`
	Name string `json:"rbacGroupName"`
	// Devices is how many devices the newest generation placed in it.
	Devices int64 `json:"devices"`
	// Current: the rules name it. Groups that are not current remain for their history, and for
	// clients that see them.
	Current bool `json:"current"`
	// Clients is how many clients see it by name.
	Clients int64 `json:"clients"`
}

// GroupRules is the JSON form of rbac.Rules.
type GroupRules struct {
	Groups []string    `json:"groups,omitempty"`
	Rules  []rbac.Rule `json:"rules,omitempty"`
}

// GroupsReply is the reply to both calls of /v1/groups.
type GroupsReply struct {
	Groups []Group `json:"groups"`
	// Rules have the form that PUT accepts.
	Rules Encoded[GroupRules] `json:"rules"`
}

const groupsPath = "/v1/groups"

// ListGroups lists RBAC groups, with their rules.
func ListGroups() Request[GroupsReply] { return get[GroupsReply](groupsPath) }

// SetGroups sets the rules, GroupRules in JSON.
func SetGroups(rules func() (io.ReadCloser, error)) Request[GroupsReply] {
	return Request[GroupsReply]{Call{Method: http.MethodPut, Path: groupsPath, Body: rules, ContentType: JSON}}
}

// RemoveGroup removes a group from the rules. Clients and enrolments must not name it.
func RemoveGroup(number int64) Request[GroupsReply] {
	return Request[GroupsReply]{Call{Method: http.MethodDelete, Path: at(groupsPath, strconv.FormatInt(number, 10))}}
}

// NamedGroup returns the group of a list with a name, in any case. Number 0, which devices in no group have,
// has two names. The error is a *NameError.
func NamedGroup(all []Group, name string) (Group, error) {
	for _, g := range all {
		if rbac.IsNamed(g.ID, g.Name, name) {
			return g, nil
		}
	}
	return Group{}, &NameError{Kind: "group", Name: name}
}
