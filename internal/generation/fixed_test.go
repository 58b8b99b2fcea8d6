package generation_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// TestWhyFindingsAreFixed: each way in which findings go is counted as itself, in the group that loses
// them.
func TestWhyFindingsAreFixed(t *testing.T) {
	hosts := func() []*inventory.Report { return []*inventory.Report{host(1, "90.0"), host(2, "90.0")} }
	for what, test := range map[string]struct {
		do   func(*lab)
		want counts.Fixed
	}{
		"nothing":                   {func(*lab) {}, counts.Fixed{}},
		"an update":                 {func(l *lab) { l.report(host(1, "130.0")) }, counts.Fixed{OnDevice: 2}},
		"an update to another risk": {func(l *lab) { l.report(host(1, "110.0")) }, counts.Fixed{OnDevice: 2}},
		"a removed device": {func(l *lab) {
			if err := l.store.Reports.RemoveDevice(l.ctx, org, host(1, "").Device.ID); err != nil {
				l.Fatal(err)
			}
		}, counts.Fixed{DeviceGone: 2}},
		"a silent device": {func(l *lab) {
			l.wait(l.settings.HideAfter + day)
			l.report(host(2, "90.0"))
		}, counts.Fixed{DeviceGone: 2}},
		"another group":       {func(l *lab) { l.setRules(rbac.Rule{Group: "North", Device: host(1, "").Device.Name}) }, counts.Fixed{Moved: 2}},
		"what is known":       {func(l *lab) { l.learn(weaknesses[0]) }, counts.Fixed{NotAssessed: 2}},
		"known, and a report": {func(l *lab) { l.learn(weaknesses[0]); l.report(tagged(host(1, "90.0"))) }, counts.Fixed{NotAssessed: 2}},
		"known, and an update": {func(l *lab) { l.learn(weaknesses[0]); l.report(host(1, "130.0")) },
			counts.Fixed{OnDevice: 2, NotAssessed: 1}},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLab(t)
			l.learn(weaknesses[:2]...)
			l.report(hosts()...)
			l.publish()
			l.now = l.now.Add(time.Hour)
			test.do(l)
			totals := l.manifest(l.publish()).Totals(nil)
			if diff := cmp.Diff(&test.want, totals.FixedFindings); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if fixed := totals.Changes["vulnerabilities"].Fixed; fixed != test.want.Sum() {
				t.Errorf("%d are Fixed", fixed)
			}
			unseen := l.manifest(l.publish()).Totals(func(group int64) bool { return group == 99 })
			if *unseen.FixedFindings != (counts.Fixed{}) {
				t.Errorf("another group has %+v", unseen.FixedFindings)
			}
		})
	}
}

func tagged(r *inventory.Report) *inventory.Report {
	r.Device.Tags = []string{"new"}
	return r
}
