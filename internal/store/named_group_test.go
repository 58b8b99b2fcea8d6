package store_test

import (
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
)

// inGroup is a report of a device by its name, which names a group.
func inGroup(name, group string) store.Incoming {
	return store.Incoming{Device: inventory.Device{Name: name}, Source: "scan", Group: group, Documents: []inventory.Document{document(1, name)}}
}

// A group that was made a moment ago is one for the next report, whatever was
// remembered of the organization's rules, and before there were any.
func TestAGroupIsKnownAsSoonAsItIsMade(t *testing.T) {
	for _, ruled := range []bool{false, true} {
		w := watch(t)
		if ruled {
			rules, err := rbac.New([]string{"Office"}, nil)
			must(t, err)
			_, err = w.SetGroupRules(t.Context(), org, rules)
			must(t, err)
		}
		receive(t, w.Store, inGroup("first", ""), noon)
		ids, _, err := w.EnsureGroups(t.Context(), org, []string{"None", "Lab"})
		must(t, err)
		scoped := trust.Sender{Role: trust.Scoped, ID: "scanner", Groups: ids}
		receipts, err := w.Receive(t.Context(), org, scoped, []store.Incoming{inGroup("x", "Lab")}, noon)
		must(t, err)
		equal(t, "its id", receipts[0].DeviceID, inventory.DeriveGroupID(ids[1], "x"))
		receipts, err = w.Receive(t.Context(), org, scoped, []store.Incoming{inGroup("first", "Lab")}, noon)
		must(t, err)
		equal(t, "what did not count", receipts[0].NotCounted, trust.Group)
	}
}
