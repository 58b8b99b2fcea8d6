package assess_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
)

// TestFirstSeen says when software and findings were first seen, from one
// snapshot to the next (contract.md, section 8). Days count from noon.
func TestFirstSeen(t *testing.T) {
	type times map[string]int // day by version, or by version and CVE
	zip := func(version string) inventory.Software { return installed("Igor Pavlov", "7-Zip", version) }
	for _, test := range []struct {
		what string
		days [][]inventory.Software
		want times
	}{
		{"new", [][]inventory.Software{{zip("22.0")}}, times{"22.0.0.0": 0, "22.0.0.0 CVE-2024-0007": 0}},
		{"stays", [][]inventory.Software{{zip("22.0")}, {zip("22.0")}, {zip("22.0")}},
			times{"22.0.0.0": 0, "22.0.0.0 CVE-2024-0007": 0}},
		{"upgraded", [][]inventory.Software{{zip("22.0")}, {zip("23.0")}},
			times{"23.0.0.0": 0, "23.0.0.0 CVE-2024-0007": 0}},
		{"fixed and back", [][]inventory.Software{{zip("22.0")}, {zip("25.0")}, {zip("22.0")}},
			times{"22.0.0.0": 0, "22.0.0.0 CVE-2024-0007": 2}},
		{"removed and back", [][]inventory.Software{{zip("22.0")}, {}, {zip("22.0")}},
			times{"22.0.0.0": 2, "22.0.0.0 CVE-2024-0007": 2}},
		{"a second version", [][]inventory.Software{{zip("22.0")}, {zip("22.0"), zip("23.0")}},
			times{"22.0.0.0": 0, "22.0.0.0 CVE-2024-0007": 0, "23.0.0.0": 0, "23.0.0.0 CVE-2024-0007": 0}},
		{"the first of two removed", [][]inventory.Software{{zip("22.0")}, {zip("22.0"), zip("23.0")}, {zip("23.0")}},
			times{"23.0.0.0": 0, "23.0.0.0 CVE-2024-0007": 0}},
		{"another product", [][]inventory.Software{{zip("22.0")}, {zip("25.0"), chrome("130.0")}},
			times{"25.0.0.0": 0, "130.0.0.0": 1}},
	} {
		c := build(t, known()...)
		var old *assess.Rows
		var out *assess.Output
		for day, software := range test.days {
			now := noon.AddDate(0, 0, day)
			in := input(host(software...), old)
			in.LastSeen, out = now, new(assess.Output)
			if err := assessorAt(t, c, now).Device(in, out); err != nil {
				t.Fatal(err)
			}
			old = &out.Rows
		}
		got := times{}
		for _, s := range inventoryOf(t, out) {
			got[s.SoftwareVersion] = dayOf(t, s.SoftwareFirstSeenTimestamp)
		}
		for _, v := range vulnerabilitiesOf(t, out) {
			got[v.SoftwareVersion+" "+*v.CVEID] = dayOf(t, v.FirstSeenTimestamp)
		}
		for _, v := range decode[defender.AssetVulnerability](t, out.Rows[defender.CleanSoftware]) {
			if first := dayOf(t, v.FirstSeenTimestamp); first != got[v.SoftwareVersion] {
				t.Errorf("%s: clean row first seen on day %d, its software on %d", test.what, first, got[v.SoftwareVersion])
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

func dayOf(t *testing.T, timestamp string) int {
	t.Helper()
	at, err := defender.ParseTime(timestamp)
	if err != nil {
		t.Fatal(err)
	}
	return int(at.Sub(noon) / (24 * time.Hour))
}

// TestEarliestCounts says that the earliest time counts, with several versions of one product and
// with a clock that went back.
func TestEarliestCounts(t *testing.T) {
	a := newAssessor(t, build(t, known()...))
	old := new(assess.Output)
	for day, version := range []string{"99.0", "98.0", "97.0"} {
		out := new(assess.Output)
		in := input(host(chrome(version)), nil)
		in.LastSeen = noon.AddDate(0, 0, (day+2)%3) // days 2, 0, 1
		if err := a.Device(in, out); err != nil {
			t.Fatal(err)
		}
		for d := range out.Rows {
			old.Rows[d] = append(old.Rows[d], out.Rows[d]...)
		}
	}
	out := new(assess.Output)
	in := input(host(chrome("96.0")), &old.Rows)
	in.LastSeen = noon.AddDate(0, 0, 5)
	if err := a.Device(in, out); err != nil {
		t.Fatal(err)
	}
	if s, v := inventoryOf(t, out), vulnerabilitiesOf(t, out); dayOf(t, s[0].SoftwareFirstSeenTimestamp) != 0 ||
		dayOf(t, v[0].FirstSeenTimestamp) != 0 {
		t.Errorf("first seen %s and %s, want the earliest, %v", s[0].SoftwareFirstSeenTimestamp,
			v[0].FirstSeenTimestamp, noon)
	}
	in.LastSeen = noon.AddDate(0, 0, -1)
	if err := a.Device(in, out); err != nil {
		t.Fatal(err)
	}
	if v := vulnerabilitiesOf(t, out)[0]; v.FirstSeenTimestamp != v.LastSeenTimestamp {
		t.Errorf("first seen %s, after last seen %s", v.FirstSeenTimestamp, v.LastSeenTimestamp)
	}
}

// TestMalformedHistory says that malformed old rows are an error, and that the Assessor can
// continue with the next device.
func TestMalformedHistory(t *testing.T) {
	a := newAssessor(t, build(t, known()...))
	good := device(t, a, host(chrome("99.0")))
	for _, d := range []defender.Dataset{defender.Software, defender.Vulnerabilities} {
		scanned := good.Rows[d]
		for _, malformed := range []string{"{}\n", "\n", "x", string(scanned[:len(scanned)/4]), string(scanned) + "{}\n"} {
			var old assess.Rows
			old[d] = []byte(malformed)
			if err := a.Device(input(host(chrome("99.0")), &old), new(assess.Output)); !errors.Is(err, row.ErrRow) {
				t.Errorf("%s %.40q: error %v, want ErrRow", d, malformed, err)
			}
		}
	}
	again := device(t, a, host(chrome("99.0")))
	if diff := cmp.Diff(good, again, cmpopts.IgnoreFields(assess.Output{}, "Made")); diff != "" {
		t.Errorf("after errors (-want +got):\n%s", diff)
	}
}
