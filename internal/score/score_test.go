package score_test

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/score"
)

// finding has a severity, in the spelling of rows, and perhaps a known exploit.
type finding struct {
	severity  string
	exploited bool
}

// severities are from the least to the greatest load. An unknown one has that of a low one.
var severities = []string{defender.SeverityNone, "", defender.SeverityLow, defender.SeverityMedium,
	defender.SeverityHigh, defender.SeverityCritical}

func drawFinding(t *rapid.T) finding {
	return finding{rapid.SampledFrom(severities).Draw(t, "severity"), rapid.Bool().Draw(t, "exploited")}
}

func drawDevice(t *rapid.T) []finding {
	return rapid.SliceOfN(rapid.Custom(drawFinding), 0, 400).Draw(t, "findings")
}

func loadOf(all []finding) score.Load {
	var findings, exploited counts.Severities
	for _, f := range all {
		findings.Count(f.severity)
		if f.exploited {
			exploited.Count(f.severity)
		}
	}
	return score.Of(findings, exploited)
}

func exposureOf(fleet [][]finding) float64 {
	var f score.Fleet
	for _, device := range fleet {
		f.Add(loadOf(device))
	}
	return f.Exposure()
}

// Mending a finding never raises the exposure of its device or of a fleet, and lowers that of the
// device unless it is at its bound; so does a lower severity, and an exploit less. No
// exposure leaves the range from 0 to 100.
func TestMendingNeverRaisesExposure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fleet := rapid.SliceOfN(rapid.Custom(drawDevice), 1, 6).Draw(t, "fleet")
		at := rapid.IntRange(0, len(fleet)-1).Draw(t, "device")
		before, beforeAll := loadOf(fleet[at]), exposureOf(fleet)
		if before.Exposure() < 0 || before.Exposure() > 100 || beforeAll < 0 || beforeAll > 100 {
			t.Fatalf("exposures %v and %v are not between 0 and 100", before.Exposure(), beforeAll)
		}
		if len(fleet[at]) == 0 {
			if before.Exposure() != 0 || before.Level() != defender.ExposureNone {
				t.Fatalf("without findings: %v %s", before.Exposure(), before.Level())
			}
			return
		}
		i := rapid.IntRange(0, len(fleet[at])-1).Draw(t, "finding")
		mended := slices.Clone(fleet[at])
		gone := rapid.Bool().Draw(t, "goes away")
		if gone {
			mended = slices.Delete(mended, i, i+1)
		} else {
			f := &mended[i]
			f.severity = rapid.SampledFrom(severities[:slices.Index(severities, f.severity)+1]).Draw(t, "lower severity")
			f.exploited = f.exploited && rapid.Bool().Draw(t, "exploited still")
		}
		after := loadOf(mended)
		fleet[at] = mended
		if after.Exposure() > before.Exposure() || exposureOf(fleet) > beforeAll+1e-9 {
			t.Fatalf("mended: %v and %v, were %v and %v", after.Exposure(), exposureOf(fleet), before.Exposure(), beforeAll)
		}
		if gone && before.Exposure() < 99 && after.Exposure() >= before.Exposure() {
			t.Fatalf("a finding less leaves %v at %v", before.Exposure(), after.Exposure())
		}
		if rank(after.Level()) > rank(before.Level()) {
			t.Fatalf("level %s, was %s", after.Level(), before.Level())
		}
	})
}

func rank(level string) int {
	return slices.Index([]string{defender.ExposureNone, defender.ExposureLow, defender.ExposureMedium,
		defender.ExposureHigh}, level)
}

// The exposure of a fleet does not depend on how it is divided into groups: it is the mean of theirs,
// by devices.
func TestFleetsJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawDevice), 0, 4), 1, 4).Draw(t, "groups")
		var joined score.Fleet
		var all [][]finding
		for _, devices := range groups {
			var group score.Fleet
			for _, d := range devices {
				group.Add(loadOf(d))
			}
			if len(devices) > 0 && math.Abs(group.Share(group.Load)-group.Exposure()) > 1e-9 {
				t.Fatalf("all the load has a share of %v, want %v", group.Share(group.Load), group.Exposure())
			}
			joined.Join(group)
			all = append(all, devices...)
		}
		if got, want := joined.Exposure(), exposureOf(all); math.Abs(got-want) > 1e-9 || joined.Devices != int64(len(all)) {
			t.Fatalf("joined %v of %d devices, want %v", got, joined.Devices, want)
		}
	})
}

// The example of doc/matching.md, section 8, and the levels at their bounds.
func TestExposure(t *testing.T) {
	for _, test := range []struct {
		findings []finding
		load     score.Load
		exposure float64
		level    string
	}{
		{nil, 0, 0, defender.ExposureNone},
		{[]finding{{defender.SeverityNone, false}}, 5, 0.05, defender.ExposureLow},
		{[]finding{{defender.SeverityCritical, false}}, 200, 1.98, defender.ExposureLow},
		{[]finding{{defender.SeverityCritical, true}}, 1000, 9.52, defender.ExposureLow},
		{slices.Repeat([]finding{{defender.SeverityHigh, false}}, 50), 3500, 29.53, defender.ExposureLow},
		{slices.Repeat([]finding{{defender.SeverityHigh, false}}, 51), 3570, 30.02, defender.ExposureMedium},
		{slices.Repeat([]finding{{defender.SeverityHigh, false}}, 173), 12110, 70.21, defender.ExposureHigh},
		{[]finding{{"IMPORTANT", false}}, 5, 0.05, defender.ExposureLow},
		{slices.Repeat([]finding{{defender.SeverityCritical, true}}, 100), 100_000, 100, defender.ExposureHigh},
	} {
		load := loadOf(test.findings)
		if load != test.load || math.Abs(load.Exposure()-test.exposure) > 0.005 || load.Level() != test.level {
			t.Errorf("%d findings: load %d, exposure %.3f, %s; want %d, %v, %s", len(test.findings), load,
				load.Exposure(), load.Level(), test.load, test.exposure, test.level)
		}
	}
}

// A device that begins to comply never lowers the points of a configuration, and points are between 0
// and its impact.
func TestCompliance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := score.Configuration{Impact: rapid.Float64Range(0, 10).Draw(t, "impact"),
			Applicable: rapid.Int64Range(0, 1_000_000).Draw(t, "applicable")}
		c.Compliant = rapid.Int64Range(0, c.Applicable).Draw(t, "compliant")
		if c.Points() < 0 || c.Points() > c.Impact || math.Abs(c.Points()+c.Missing()-c.Impact) > 1e-9 && c.Applicable > 0 {
			t.Fatalf("%+v has %v points and lacks %v", c, c.Points(), c.Missing())
		}
		if c.Applicable == 0 && c.Points()+c.Missing() != 0 {
			t.Fatalf("%+v applies to nothing and has %v points", c, c.Points())
		}
		if c.Compliant < c.Applicable {
			better := c
			better.Compliant++
			if better.Points() < c.Points() || better.Missing() > c.Missing() {
				t.Fatalf("%v points, were %v", better.Points(), c.Points())
			}
		}
	})
}

// One thing decides after the other, and malware comes before what is only likely.
func TestRisk(t *testing.T) {
	order := []score.Risk{
		{KEV: true},
		{Exploitability: defender.ExploitIsInKit},
		{Exploitability: defender.ExploitIsPublic, EPSS: 0.1},
		{Severity: defender.SeverityCritical, Advisory: true},
		{EPSS: 0.9, CVSS: 3},
		{EPSS: 0.2, CVSS: 9.9},
		{Severity: defender.SeverityCritical},
		{CVSS: 8.9, Severity: defender.SeverityHigh},
		{Severity: defender.SeverityMedium, Advisory: true, Devices: 2},
		{CVSS: 4, Severity: defender.SeverityMedium, Devices: 1},
		{Severity: defender.SeverityLow},
		{},
	}
	for i := range order {
		for k := range order {
			if got := order[i].Compare(order[k]); got != cmp.Compare(i, k) {
				t.Errorf("%+v and %+v: %d", order[i], order[k], got)
			}
		}
	}
}
