package generation_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer/changed"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// whys returns the reasons of the changes of findings, by group, with a line of each.
func (l *lab) whys(s publication.Snapshot,
	visit func(device, group, software string, r why.Reason)) counts.FixedByGroup {
	l.Helper()
	m, sums := l.manifest(s), counts.FixedByGroup{}
	all, err := changed.Of(l.files, []*snapshot.Manifest{m}, nil, defender.Vulnerabilities)
	if err != nil {
		l.Fatal(err)
	}
	text := func(c changed.Change, f defender.Field) string { return string(c.Value(f)) }
	read := int64(0)
	err = all.Read(l.ctx, all.Page(0, int(all.Total())), func(c changed.Change) {
		read++
		isFixed := text(c, defender.FieldStatus) == `"Fixed"`
		if isFixed != (c.Reason != why.Unknown) {
			l.Fatalf("snapshot %d: a row that is %s has the reason %q", s.Number, text(c, defender.FieldStatus), c.Reason)
		}
		if !isFixed {
			return
		}
		var one counts.Fixed
		*one.Of(c.Reason)++
		group := text(c, defender.FieldRBACGroupID)
		number, err := strconv.ParseInt(group, 10, 64)
		if err != nil {
			l.Fatal(err)
		}
		sums.Add(number, one)
		visit(text(c, defender.FieldDeviceID), group, text(c, defender.FieldDeviceID)+
			text(c, defender.FieldSoftwareVendor)+text(c, defender.FieldSoftwareName)+
			text(c, defender.FieldSoftwareVersion), c.Reason)
	})
	if err != nil || read != all.Total() {
		l.Fatalf("%d of %d changes were read: %v", read, all.Total(), err)
	}
	return sums
}

// checkReasons checks the law of reasons: those of the rows add up to what is counted, group by group, a device that is
// said to be gone or moved is nowhere or elsewhere, and software that is fixed on its device is not there.
func (h *history) checkReasons(s publication.Snapshot) {
	h.Helper()
	in, has := map[string]string{}, map[string]bool{}
	for _, set := range []defender.Dataset{defender.Software, defender.NoProductCode} {
		for _, row := range h.rows(s, set, false) {
			text := func(name string) string {
				value, _ := row[name].(string)
				return `"` + value + `"`
			}
			in[text("DeviceId")] = fmt.Sprint(row["RbacGroupId"])
			has[text("DeviceId")+text("SoftwareVendor")+text("SoftwareName")+text("SoftwareVersion")] = true
		}
	}
	sums := h.whys(s, func(device, group, software string, r why.Reason) {
		where, there := in[device]
		if r == why.DeviceGone && there || r == why.Moved && there && where == group ||
			r == why.OnDevice && has[software] || (r == why.OnDevice || r == why.Excepted) && there && where != group {
			h.Fatalf("snapshot %d: device %s of %s, in %q now: %q", s.Number, device, group, where, r)
		}
	})
	if diff := cmp.Diff(h.manifest(s).Fixed, sums); diff != "" {
		h.Fatalf("snapshot %d: reasons of rows are not those that are counted (-counted +rows):\n%s", s.Number, diff)
	}
}

// Of several devices in one range, and several findings of one, each row has its reason; repairing keeps them.
func TestReasonsOfRows(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:2]...)
	for i := 1; i <= 5; i++ {
		l.report(host(i, "90.0"))
	}
	l.publish()
	l.now = l.now.Add(time.Hour)
	l.learn(weaknesses[0])
	l.report(host(2, "130.0"), tagged(host(4, "90.0")))
	if err := l.store.Reports.RemoveDevice(l.ctx, org, host(3, "").Device.ID); err != nil {
		t.Fatal(err)
	}
	l.setRules(rbac.Rule{Group: "North", Device: host(5, "").Device.Name})
	s := l.publish()
	want := map[string]counts.Fixed{}
	for i, f := range map[int]counts.Fixed{1: {NotAssessed: 1}, 2: {OnDevice: 2}, 3: {DeviceGone: 2},
		4: {NotAssessed: 1}, 5: {Moved: 2}} {
		want[`"`+host(i, "").Device.ID+`"`] = f
	}
	check := func(what string) {
		t.Helper()
		got := map[string]counts.Fixed{}
		l.whys(s, func(device, _, _ string, r why.Reason) {
			one := got[device]
			*one.Of(r)++
			got[device] = one
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", what, diff)
		}
	}
	check("published")
	for _, p := range l.parts(s, true, defender.Vulnerabilities) {
		if err := os.Remove(l.path(p.Path)); err != nil {
			t.Fatal(err)
		}
	}
	l.repair(damage.Repairing{})
	if s2, err := l.store.Publication.Latest(l.ctx, org); err != nil {
		t.Fatal(err)
	} else if s = s2; s.Number != 2 {
		t.Fatalf("the newest is %d", s.Number)
	}
	check("repaired")
}
