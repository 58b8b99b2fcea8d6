package auth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/auth/jwt"
)

// remote is a trusted issuer and its keys.
type remote struct {
	TrustedIssuer
	known *jwt.Issuer
	// groups are the ids of RBAC groups, by organization and value of the claim.
	groups map[string]map[string][]int64
}

// caller returns the caller that the claims of a token name.
func (r *remote) caller(claims jwt.Object) (Caller, error) {
	application := cmp.Or(claims.Text("appid"), claims.Text("azp"), claims.Text("client_id"))
	if len(r.Applications) > 0 && !slices.Contains(r.Applications, application) {
		return Caller{}, fmt.Errorf("application %q is not allowed", jwt.Printable(application))
	}
	org, ok := r.Organization, true
	if org == "" {
		org, ok = r.Organizations[claims.Text("tid")]
	}
	if !ok {
		return Caller{}, fmt.Errorf("tenant %q has no organization here", jwt.Printable(claims.Text("tid")))
	}
	caller := Caller{Organization: org, AllGroups: r.AllGroups, Groups: r.visibleGroups(claims, org),
		ID:   jwt.Printable(cmp.Or(application, claims.Text("sub"))),
		Name: jwt.Printable(cmp.Or(claims.Text("app_displayname"), application, claims.Text("sub")))}
	if delegated := claims.Texts(r.DelegatedClaim); len(delegated) > 0 {
		caller.Delegated, caller.Permissions = true, delegatedPermissions(delegated)
		caller.ID = jwt.Printable(cmp.Or(claims.Text("oid"), claims.Text("sub"), application))
		caller.Name = jwt.Printable(cmp.Or(claims.Text("preferred_username"), claims.Text("upn"),
			claims.Text("name"), caller.ID))
		return caller, nil
	}
	caller.Permissions = r.permissions(claims.Texts(r.PermissionClaim))
	return caller, nil
}

// permissions maps the values of a claim to permissions.
func (r *remote) permissions(values []string) []Permission {
	var all []Permission
	for _, v := range values {
		switch {
		case r.Permissions != nil:
			all = append(all, r.Permissions[v]...)
		case IsPermission(Permission(v)):
			all = append(all, Permission(v))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// delegatedPermissions maps scopes to permissions.
func delegatedPermissions(scopes []string) []Permission {
	var all []Permission
	for _, p := range Permissions() {
		if p.Delegated() != "" && slices.ContainsFunc(scopes,
			func(s string) bool { return strings.EqualFold(s, p.Delegated()) }) {
			all = append(all, p)
		}
	}
	return all
}

// visibleGroups maps the values of a claim to ids of groups, in ascending order.
func (r *remote) visibleGroups(claims jwt.Object, org string) []int64 {
	if r.AllGroups {
		return nil
	}
	ids := []int64{}
	for _, value := range claims.Texts(r.GroupClaim) {
		ids = append(ids, r.groups[org][value]...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
