package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
)

// naming is who names RBAC groups for devices, in one request. Groups are read
// when the first is named.
type naming struct {
	store   *store.Store
	caller  *auth.Caller
	numbers map[string]int64 // by name in lower case
}

// check refuses groups that the caller may not name, and those that there are
// not. To a caller who does not see all groups both are the same: law 5.
func (n *naming) check(ctx context.Context, group string) (err error) {
	if group == "" {
		return nil
	}
	if n.numbers == nil {
		if n.numbers, err = n.store.GroupNumbers(ctx, n.caller.Organization); err != nil {
			return err
		}
	}
	number, known := n.numbers[strings.ToLower(group)]
	switch {
	case known && n.caller.Sees(number):
		return nil
	case n.caller.AllGroups:
		return edge.Invalid("there is no RBAC group %q", edge.Clip(group))
	}
	return edge.Refuse(http.StatusForbidden, defender.CodeForbidden, "the RBAC group %q is none that you may name", edge.Clip(group))
}

// admitReport refuses groups that the caller may not name. A device may name
// that of its enrolment. All else is decided where the report is stored.
func (n *naming) admitReport(ctx context.Context, r *inventory.Report) error {
	group := r.Device.RBACGroup
	if n.caller.Device == "" {
		return n.check(ctx, group)
	}
	if group != "" && !strings.EqualFold(group, n.caller.NamedGroup) {
		return edge.Refuse(http.StatusForbidden, defender.CodeForbidden, "the RBAC group %q is none that you may name", edge.Clip(group))
	}
	return nil
}
