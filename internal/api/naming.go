package api

import (
	"context"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory"
)

// naming is who names RBAC groups for devices, in one request. Groups are read
// when the first is named.
type naming struct {
	*Server
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
		if n.numbers, err = n.Store.GroupNumbers(ctx, n.caller.Organization); err != nil {
			return err
		}
	}
	number, known := n.numbers[strings.ToLower(group)]
	switch {
	case known && n.caller.Sees(number):
		return nil
	case n.caller.AllGroups:
		return invalid("there is no RBAC group %q", clip(group))
	}
	return refuse(http.StatusForbidden, defender.CodeForbidden, "the RBAC group %q is none that you may name", clip(group))
}

// admitReport refuses what the caller may not report, and puts in what needs no
// saying. A device reports for itself, into the group of its enrolment.
func (n *naming) admitReport(ctx context.Context, r *inventory.Report) error {
	said := &r.Device
	if n.caller.Device == "" {
		return n.check(ctx, said.RBACGroup)
	}
	switch {
	case said.ID != "" && !strings.EqualFold(strings.TrimSpace(said.ID), n.caller.Device):
		return refuse(http.StatusForbidden, defender.CodeForbidden,
			"this credential is for reports of the device %s, not of %s", n.caller.Device, clip(said.ID))
	case said.RBACGroup != "" && !strings.EqualFold(said.RBACGroup, n.caller.NamedGroup):
		return refuse(http.StatusForbidden, defender.CodeForbidden, "the RBAC group %q is none that you may name", clip(said.RBACGroup))
	}
	said.ID, said.RBACGroup = n.caller.Device, n.caller.NamedGroup
	return nil
}

// maxLabel bounds a name that people give, in bytes.
const maxLabel = 200

// isLabel tells whether people can read a name.
func isLabel(text string) bool {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	return utf8.ValidString(text) && len(text) <= maxLabel && strings.TrimSpace(text) != "" && !strings.ContainsFunc(text, unprintable)
}
