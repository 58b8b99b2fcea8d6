package auth

import (
	"context"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/store/organization"
)

// Naming checks the RBAC groups that a caller names for devices, in one request. It reads the
// groups when the first is named.
type Naming struct {
	organizations *organization.Store
	caller        *Caller
	numbers       map[string]int64 // by name in lower case
}

// NewNaming returns the Naming of a caller.
func NewNaming(all *organization.Store, c *Caller) *Naming {
	return &Naming{organizations: all, caller: c}
}

// Check refuses groups that the caller may not name, and groups that do not exist, with a
// RuleError. Callers that do not see all groups get the same error for both: law 5.
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
		return against("no RBAC group %q", clipped(group))
	}
	return notYours(group)
}

// AdmitReport refuses reports of groups that the caller may not name. A device may name the
// group of its enrolment. Everything else is decided when the report is stored.
func (n *Naming) AdmitReport(ctx context.Context, group string) error {
	if n.caller.Device == "" {
		return n.Check(ctx, group)
	}
	if group != "" && !strings.EqualFold(group, n.caller.NamedGroup) {
		return notYours(group)
	}
	return nil
}

// notYours returns the error for a group that the caller may not name.
func notYours(group string) error {
	return &RuleError{Forbidden: true, message: fmt.Sprintf("you may not name the RBAC group %q", clipped(group))}
}
