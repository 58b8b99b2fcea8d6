package store_test

import (
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/reports"
)

// inGroup is a report of a device by name that names a group.
func inGroup(name, group string) reports.Incoming {
	return reports.Incoming{Device: inventory.Device{Name: name}, Source: "scan", Group: group,
		Documents: []inventory.Document{document(1, name)}}
}

// A new group is known to the next report, even if the organization's rules, or their absence,
// were cached.
func TestAGroupIsKnownAsSoonAsItIsMade(t *testing.T) {
	for _, ruled := range []bool{false, true} {
		w := watch(t)
		if ruled {
			rules, err := rbac.New([]string{"Office"}, nil)
			must(t, err)
			_, err = w.Organizations.SetRules(t.Context(), org, rules)
			must(t, err)
		}
		receive(t, w.Store, inGroup("first", ""), noon)
		ids, _, err := w.Organizations.EnsureGroups(t.Context(), org, []string{"None", "Lab"})
		must(t, err)
		scoped := trust.Sender{Role: trust.Scoped, ID: "scanner", Groups: ids}
		receipts, err := w.Reports.Receive(t.Context(), org, scoped, []reports.Incoming{inGroup("x", "Lab")}, noon)
		must(t, err)
		equal(t, "its id", receipts[0].DeviceID, inventory.DeriveGroupID(ids[1], "x"))
		receipts, err = w.Reports.Receive(t.Context(), org, scoped, []reports.Incoming{inGroup("first", "Lab")}, noon)
		must(t, err)
		equal(t, "what did not count", receipts[0].NotCounted, trust.Group)
	}
}

// A device is not always in the group that its sender names: no rule may mention the group, or a
// rule puts the device into another. The reports that a scoped sender sends each night still
// belong to one device.
func TestALimitedSenderDoesNotMakeADeviceTwice(t *testing.T) {
	w := watch(t)
	ids, _, err := w.Organizations.EnsureGroups(t.Context(), org, []string{"None", "Lab", "Attic"})
	must(t, err)
	scoped := trust.Sender{Role: trust.Scoped, ID: "scanner", Groups: ids}
	send := func(sender trust.Sender) reports.Receipt {
		t.Helper()
		receipts, err := w.Reports.Receive(t.Context(), org, sender, []reports.Incoming{inGroup("x", "Lab")}, noon)
		must(t, err)
		return receipts[0]
	}
	first := send(scoped)
	equal(t, "in a group that no rule mentions", send(scoped).DeviceID, first.DeviceID)

	attic := rbac.Rule{Group: "Attic", Device: first.DeviceID}
	rules, err := rbac.New([]string{"Lab"}, []rbac.Rule{attic})
	must(t, err)
	_, err = w.Organizations.SetRules(t.Context(), org, rules)
	must(t, err)
	begin(t, w.Store, noon)
	moved := send(scoped)
	equal(t, "where a rule moved it", moved.DeviceID, first.DeviceID)
	device, _ := load(t, w.Store, first.DeviceID)
	equal(t, "the group that is named", device.NamedGroup, "Lab")
	equal(t, "the group that it is in", device.Group, ids[2])

	// A sender that does not see the device makes another one, and does not learn of the first.
	other := send(trust.Sender{Role: trust.Scoped, ID: "other", Groups: ids[1:2]})
	if other.DeviceID == first.DeviceID {
		t.Error("a sender who does not see the device has written it")
	}
}
