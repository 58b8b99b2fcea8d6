package notice_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/notice"
)

// TestRetell: what waits goes out by a changed rule only if that tells such a notice, and by the same rule all of it
// does.
func TestRetell(t *testing.T) {
	dropped, kept := 0, 0
	severities, groups := []string{"Critical", "High", "Low"}, []int64{0, 1, 2}
	rapid.Check(t, func(r *rapid.T) {
		rule := func(name string) *notice.Rule {
			events := rapid.SliceOfNDistinct(rapid.SampledFrom(notice.Events()), 1, -1, rapid.ID)
			return &notice.Rule{Name: "a", Events: events.Draw(r, name),
				Severities: rapid.SliceOfDistinct(rapid.SampledFrom(severities), rapid.ID).Draw(r, name+" severities"),
				Groups:     rapid.SliceOfDistinct(rapid.SampledFrom(groups), rapid.ID).Draw(r, name+" groups")}
		}
		was, is := rule("was"), rule("is")
		n := &notice.Notice{Event: rapid.SampledFrom(was.Events).Draw(r, "event"), GeneratedTime: time.Unix(1e9, 0)}
		found := n.Event == notice.Finding || n.Event == notice.Exploited || n.Event == notice.Fixed
		if found {
			told := severities
			if len(was.Severities) > 0 {
				told = was.Severities
			}
			n.Severity = rapid.SampledFrom(told).Draw(r, "severity")
			n.CVEs, n.CVECount = []notice.CVE{{ID: "CVE-2024-1", Exploited: true}}, 1
		}
		if n.Event != notice.Feed && n.Event != notice.Exception {
			seen := groups
			if len(was.Groups) > 0 {
				seen = was.Groups
			}
			for range rapid.IntRange(1, 3).Draw(r, "devices") {
				n.Devices = append(n.Devices, notice.Device{Group: rapid.SampledFrom(seen).Draw(r, "group")})
			}
			n.DeviceCount = len(n.Devices)
		}
		if why := was.Retell(was, n); why != "" {
			r.Fatalf("%+v is not told by its own rule: %s", n, why)
		}
		tells := is.Has(n.Event) || n.Event == notice.Finding && is.Has(notice.Exploited) ||
			n.Event == notice.Exploited && is.Has(notice.Finding)
		tells = tells && (!found || len(is.Severities) == 0 || slices.Contains(is.Severities, n.Severity)) &&
			!slices.ContainsFunc(n.Devices, func(d notice.Device) bool { return !is.Sees(d.Group) })
		if got := is.Retell(was, n) == ""; got != tells {
			r.Fatalf("%+v by %+v: %t", n, is, got)
		}
		if tells {
			kept++
		} else {
			dropped++
		}
	})
	if dropped == 0 || kept == 0 {
		t.Errorf("%d dropped, %d kept", dropped, kept)
	}
}
