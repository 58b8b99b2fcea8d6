package monitor

import (
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

var (
	checksSaid = ofSnapshot("checks", "Checks of settings on devices of the newest snapshot, each check of each device, by "+
		"verdict.", "verdict")
	checksSilent = ofSnapshot("checks_silent", "Those of them that say nothing, by the cause.", "cause")
)

// checks tells what checks said. Where nothing was counted there are no values.
func (v *values) checks(c *counts.Checks, organization string) {
	if c == nil || !c.Known() {
		return
	}
	for verdict, n := range map[string]int64{control.CheckNonCompliant: c.NonCompliant,
		control.CheckCompliant: c.Compliant, control.CheckNotApplicable: c.NotApplicable, control.CheckSilent: c.Silent} {
		v.set(checksSaid, float64(n), organization, verdict)
	}
	causes := map[string]int64{counts.CauseNotInReport: 0, counts.CauseUnread: 0, counts.CauseUndecided: 0,
		counts.CauseFailed: 0, counts.CauseOther: 0}
	for _, s := range c.Silences {
		causes[s.Cause] += s.Count
	}
	for cause, n := range causes {
		v.set(checksSilent, float64(n), organization, cause)
	}
}
