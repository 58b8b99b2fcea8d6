package control

import (
	"io"
	"net/http"

	"github.com/muster-project/muster/internal/inventory/rbac"
)

// Group is an RBAC group of an organization.
type Group struct {
	ID   int64  `json:"rbacGroupId"`
	Name string `json:"rbacGroupName"`
	// Devices is how many the newest generation put there.
	Devices int64 `json:"devices"`
	// Current tells that rules name it; of others there is the history, and
	// clients that see them.
	Current bool `json:"current"`
}

// GroupRules is the JSON form of rbac.Rules.
type GroupRules struct {
	Groups []string    `json:"groups,omitempty"`
	Rules  []rbac.Rule `json:"rules,omitempty"`
}

// GroupsReply is the reply to both calls of /v1/groups.
type GroupsReply struct {
	Groups []Group `json:"groups"`
	// Rules are as PUT takes them.
	Rules Encoded[GroupRules] `json:"rules"`
}

const groupsPath = "/v1/groups"

// ListGroups lists RBAC groups, with their rules.
func ListGroups() Request[GroupsReply] { return get[GroupsReply](groupsPath) }

// SetGroups sets the rules, GroupRules in JSON.
func SetGroups(rules func() (io.ReadCloser, error)) Request[GroupsReply] {
	return Request[GroupsReply]{Call{Method: http.MethodPut, Path: groupsPath, Body: rules, ContentType: JSON}}
}
