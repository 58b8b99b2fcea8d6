package auth

import (
	"context"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/store/organization"
)

// Naming is who names RBAC groups for devices, in one request. Groups are read
// when the first is named.
type Naming struct {
	organizations *organization.Store
	caller        *Caller
	numbers       map[string]int64 // by name in lower case
}

// NewNaming returns the naming of a caller.
func NewNaming(all *organization.Store, c *Caller) *Naming {
	return &Naming{organizations: all, caller: c}
}

// Check refuses groups that the caller may not name, and those that there are
// not: a RuleError. To a caller who does not see all groups both are the same:
// law 5.
func (n *Naming) Check(ctx context.Context, group string) (err error) {
	if group == "" {
		return nil
	}
	if n.numbers == nil {
		if n.numbers, err = n.organizations.GroupNumbers(ctx, n.caller.Organization); err != nil {
			return err
		}
	}
	number, known := n.numbers[strings.ToLower(group)]
	switch {
	case known && n.caller.Sees(number):
		return nil
	case n.caller.AllGroups:
		return against("there is no RBAC group %q", clipped(group))
	}
	return notYours(group)
}

// AdmitReport refuses reports of groups that the caller may not name. A device may
// name that of its enrolment. All else is decided where the report is stored.
func (n *Naming) AdmitReport(ctx context.Context, group string) error {
	if n.caller.Device == "" {
		return n.Check(ctx, group)
	}
	if group != "" && !strings.EqualFold(group, n.caller.NamedGroup) {
		return notYours(group)
	}
	return nil
}

// notYours is the refusal of a group.
func notYours(group string) error {
	return &RuleError{Forbidden: true, message: fmt.Sprintf("the RBAC group %q is none that you may name", clipped(group))}
}
