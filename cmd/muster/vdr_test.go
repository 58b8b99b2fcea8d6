package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/vdr/vdrtest"
)

// The report of a fleet is valid, and says the same as the export: which software of which device has which CVE.
func TestReportOfAFleetIsTheExport(t *testing.T) {
	s := newSite(t)
	s.muster("demo", "--once", "--days", "1", "--devices", "4")
	want := map[string]bool{}
	for line := range strings.Lines(s.muster("export", "vulnerabilities", "-", "--pages")) {
		var v defender.AssetVulnerability
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		want[fmt.Sprintln(v.DeviceID, v.SoftwareVendor, v.SoftwareName, v.SoftwareVersion, *v.CVEID)] = true
	}
	one := strings.Fields(slices.Sorted(maps.Keys(want))[0])
	if diff := cmp.Diff(want, disclosed(t, s.muster("findings", "--format", "cyclonedx"))); diff != "" || len(want) < 100 {
		t.Errorf("%d findings: %s", len(want), diff)
	}
	maps.DeleteFunc(want, func(f string, _ bool) bool {
		return strings.Fields(f)[0] != one[0] || !strings.HasSuffix(f, one[4]+"\n")
	})
	if diff := cmp.Diff(want, disclosed(t, s.muster("findings", "--format", "cyclonedx", "--device", one[0], "--cve", one[4]))); diff != "" {
		t.Errorf("of one device: %s", diff)
	}
	if none := disclosed(t, s.muster("findings", "--format", "cyclonedx", "--q", "no such thing")); len(none) > 0 {
		t.Errorf("%v", none)
	}
}

// disclosed lists device, software and CVE of each finding of a report.
func disclosed(t *testing.T, text string) map[string]bool {
	t.Helper()
	bom := vdrtest.Check(t, []byte(text))
	devices, software, found := map[string][]string{}, map[string]string{}, map[string]bool{}
	for _, d := range deref(bom.Dependencies) {
		for _, on := range deref(d.Dependencies) {
			devices[on] = append(devices[on], strings.TrimPrefix(d.Ref, "device/"))
		}
	}
	for _, c := range vdrtest.Components(bom) {
		software[c.BOMRef] = c.Publisher + " " + c.Name + " " + c.Version
	}
	for _, v := range *bom.Vulnerabilities {
		for _, one := range *v.Affects {
			for _, device := range devices[one.Ref] {
				if strings.HasPrefix(v.ID, "CVE-") { // the export has no others unless it is asked
					found[fmt.Sprintln(device, software[one.Ref], v.ID)] = true
				}
			}
		}
	}
	return found
}

// deref returns a list that may be absent.
func deref[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}
