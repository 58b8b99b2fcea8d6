package generation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/testneed"
)

// bulk is the report of a source with n packages.
func bulk(device, source string, n int) *inventory.Report {
	r := &inventory.Report{Device: inventory.Device{Name: device, RBACGroup: device}, Source: source,
		Software: []inventory.Software{}}
	for i := range n {
		r.Software = append(r.Software, inventory.Software{Kind: "npm",
			Name: fmt.Sprintf("%s-package-%d", source, i), Version: fmt.Sprint(i)})
	}
	return r
}

// A generation once took 1.7 GB for 25 sources of 20,000 packages each, and 3.6 GB for 85.
func TestManySourcesDoNotMultiplyMemory(t *testing.T) {
	const each = inventory.MaxSoftware
	sources, devices := 8, []string{"first", "second"}
	if testing.Short() { // still more than a device may have
		sources, devices = 4, devices[:1]
	}
	l := newLab(t)
	want := []snapshot.Truncation{}
	for _, device := range devices {
		for i := range sources {
			l.report(bulk(device, fmt.Sprintf("source-%02d", i), each))
		}
		l.report(bulk(device, "collect", 100))
		kept := (stored.MaxDevice - 100) / sources
		want = append(want, snapshot.Truncation{Device: inventory.DeriveID("", device), Section: "software",
			Dropped: int64(sources * (each - kept))})
	}
	used := int64(0)
	if testing.Short() { // measuring collects garbage four times as often
		l.publish()
	} else {
		used = testneed.Peak(func() { l.publish() })
	}
	if limit := int64(320 << 20); used > limit {
		t.Errorf("the generation held %d MiB, want at most %d", used>>20, limit>>20)
	}
	first := l.publish()
	got := map[string]snapshot.Truncation{}
	for i := range l.manifest(first).Ranges {
		for _, cut := range l.delta(first, i).Truncated {
			got[cut.Device] = cut
		}
	}
	for _, cut := range want {
		if diff := cmp.Diff(cut, got[cut.Device]); diff != "" {
			t.Errorf("cuts in the manifest (-want +got):\n%s", diff)
		}
	}
	collected := 0
	for key := range l.rows(first, defender.NoProductCode, false) {
		if strings.Contains(key, "collect-package-") {
			collected++
		}
	}
	if want := 100 * len(devices); collected != want {
		t.Errorf("%d rows of the small sources, want all %d", collected, want)
	}
	l.report(bulk("first", "source-00", 10)) // the others get its share
	l.publish()
	l.verify() // law 1, too
}
