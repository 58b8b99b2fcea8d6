package generation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// chrome90 is the report of a device with one vulnerable product.
func chrome90(name string, tags ...string) *inventory.Report {
	return &inventory.Report{
		Device:   inventory.Device{Name: name, OSPlatform: "Windows11", OSArchitecture: "x64", Tags: tags},
		Software: []inventory.Software{{Kind: "windows", Vendor: "Google LLC", Name: "Google Chrome", Version: "90.0"}},
	}
}

// groupsOf counts the rows of findings by RBAC group: "id name", or "id name status" in a delta.
func (l *lab) groupsOf(t table) map[string]int {
	l.Helper()
	found := map[string]int{}
	for _, row := range t {
		text := fmt.Sprintf("%v %v", row["RbacGroupId"], row["RbacGroupName"])
		if status, ok := row["Status"]; ok {
			text += fmt.Sprintf(" %v", status)
		}
		found[text]++
	}
	return found
}

// Each subtest is named by the sentence of doc/contract.md that it checks. Each continues from the
// state that the one before left.
func TestGroups(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	l.report(chrome90("a.example.com", "north"), chrome90("b.example.com"))
	check := func(t *testing.T, full, delta map[string]int) {
		t.Helper()
		s := l.publish()
		if diff := cmp.Diff(full, l.groupsOf(l.rows(s, defender.Vulnerabilities, false))); diff != "" {
			t.Errorf("findings by group (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(delta, l.groupsOf(l.rows(s, defender.Vulnerabilities, true))); diff != "" {
			t.Errorf("changes by group (-want +got):\n%s", diff)
		}
		l.verify()
		l.now = l.now.Add(time.Minute)
	}
	t.Run("where an organization has no groups it is `None`; in these two cases `rbacGroupId` is 0", func(t *testing.T) {
		check(t, map[string]int{"0 None": 2}, map[string]int{"0 None New": 2})
	})
	t.Run("the name of the group; a device in no group has `Unassigned`", func(t *testing.T) {
		l.setRules(rbac.Rule{Group: "North", Tag: "north"})
		check(t, map[string]int{"1 North": 1, "0 Unassigned": 1},
			map[string]int{"0 None Fixed": 1, "1 North New": 1, "0 Unassigned Updated": 1})
	})
	t.Run("A device that goes to another RBAC group is `Fixed` in the group that it leaves and `New` in the one that it "+
		"enters", func(t *testing.T) {
		before := l.publish()
		l.now = l.now.Add(24 * time.Hour)
		l.report(chrome90("a.example.com", "south"))
		l.setRules(rbac.Rule{Group: "North", Tag: "north"}, rbac.Rule{Group: "South", Tag: "south"})
		t.Run("A device that moved to another RBAC group is in the changes of both groups", func(t *testing.T) {
			check(t, map[string]int{"2 South": 1, "0 Unassigned": 1}, map[string]int{"1 North Fixed": 1, "2 South New": 1})
		})
		after, err := l.store.Publication.Latest(l.ctx, org)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l.firstSeen(l.rows(before, defender.Vulnerabilities, false)),
			l.firstSeen(l.rows(after, defender.Vulnerabilities, false))); diff != "" {
			t.Errorf("first-seen times, which a move does not touch:\n%s", diff)
		}
	})
	t.Run("without rules there is no group", func(t *testing.T) {
		none, err := rbac.New(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.store.Organizations.SetRules(l.ctx, org, none); err != nil {
			t.Fatal(err)
		}
		check(t, map[string]int{"0 None": 2}, map[string]int{"2 South Fixed": 1, "0 None New": 1, "0 None Updated": 1})
	})
}

// firstSeen returns the first-seen times of findings by device.
func (l *lab) firstSeen(t table) map[string]string {
	times := map[string]string{}
	for _, row := range t {
		times[fmt.Sprint(row["DeviceId"])] = fmt.Sprint(row["FirstSeenTimestamp"])
	}
	return times
}
