package api_test

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	one "github.com/muster-project/muster/internal/control/listed"
)

// singles compares the findings one by one, in the order of risk and in that of the snapshot, with the rows that count
// them, and each with its row of the export.
func (l *listed) singles(r *rapid.T, query url.Values, counted []control.FindingRow, whole int64) {
	type key struct{ device, cve, vendor, name, version string }
	exported := map[key]string{}
	for i := range l.rows {
		v := &l.rows[i]
		exported[key{v.DeviceID, *v.CVEID, v.SoftwareVendor, v.SoftwareName, v.SoftwareVersion}] = v.FirstSeenTimestamp
	}
	rank, left := map[[3]string]int{}, map[[3]string]int64{}
	for i, c := range counted {
		rank[[3]string{c.CVEID, c.Vendor, c.Name}], left[[3]string{c.CVEID, c.Vendor, c.Name}] = i, c.Findings
	}
	for _, sort := range []string{"", "deviceId"} {
		of := cloned(query)
		of.Set("limit", fmt.Sprint(min(1000, whole/5+1+int64(len(counted))%7))) // some pages, not hundreds
		if sort != "" {
			of.Set("sort", sort)
		}
		rows, head := pages[one.DeviceFinding](r, l.lab, one.Findings, of)
		if int64(len(rows)) != whole || head.Total != whole {
			r.Fatalf("%v: %d findings of %d, want %d", of, len(rows), head.Total, whole)
		}
		seen := map[key]bool{}
		for _, f := range rows {
			k := key{f.DeviceID, f.CVEID, f.Vendor, f.Name, f.Version}
			first, ok := exported[k]
			at, err := defender.ParseTime(first)
			if !ok || seen[k] || err != nil || f.FirstSeen == nil || !f.FirstSeen.Equal(at) || f.KEV != l.kev[f.CVEID] {
				r.Fatalf("%v: %+v: the export has %q", of, f, first)
			}
			seen[k] = true
			if sort == "" {
				left[[3]string{f.CVEID, f.Vendor, f.Name}]--
			}
		}
		for k, n := range left {
			if n != 0 {
				r.Fatalf("%v: %v has %d findings more or fewer than were counted", of, k, n)
			}
		}
		sorted := slices.IsSortedFunc(rows, func(a, b one.DeviceFinding) int {
			if sort != "" {
				return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.DeviceID, b.DeviceID))
			}
			return cmp.Compare(rank[[3]string{a.CVEID, a.Vendor, a.Name}], rank[[3]string{b.CVEID, b.Vendor, b.Name}])
		})
		if !sorted && (sort == "" || len(query.Get("group")) > 0) {
			r.Fatalf("%v: the findings are not in their order", of)
		}
	}
}
