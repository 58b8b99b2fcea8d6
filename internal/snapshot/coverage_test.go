package snapshot_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot"
)

// TestCoverageIsTheSumOfDevices: a range counts what its devices have, and keeps each device's
// coverage when it is copied.
func TestCoverageIsTheSumOfDevices(t *testing.T) {
	l := newLab(t)
	rapid.Check(t, func(rt *rapid.T) {
		hosts := drawHosts(rt, "1")
		w := l.writer(0)
		var devices, software coverage.Tallies
		wants := map[string]int64{}
		var want []coverage.Device
		var checks counts.Checks
		for i := range hosts {
			d := drawCoverage(rt)
			checks.Add(&d.Checks)
			if want = append(want, d); d.Known() {
				devices.Add(d.State, d.Reason, 1)
				software.AddAll(d.Software)
				for _, name := range d.Wants {
					wants[name]++
				}
			}
			if err := w.Add(snapshot.Entry{ID: hosts[i].id, Coverage: d}, &hosts[i].rows); err != nil {
				rt.Fatal(err)
			}
		}
		first := l.close(w)
		old := l.open(first)
		copying := l.writer(0)
		if err := copying.Copy(old, 0, len(hosts)); err != nil {
			rt.Fatal(err)
		}
		for _, made := range []*snapshot.Made{first, l.close(copying)} {
			sum := coverage.Sum{Devices: devices, Software: software, Wants: wants, Checks: checks}
			if diff := cmp.Diff(sum, made.Coverage, cmpopts.EquateEmpty()); diff != "" {
				rt.Fatalf("the range counts other devices (-want +got):\n%s", diff)
			}
			var got []coverage.Device
			sheet := l.open(made).Sheet()
			for i := range sheet.Entries {
				got = append(got, sheet.Entries[i].Coverage)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				rt.Fatalf("the sheet has another coverage (-want +got):\n%s", diff)
			}
			if err := snapshot.CheckSheet(l.files, &made.Range); len(hosts) > 0 && err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// TestCoverageIsSmall: the coverage of a usual device takes a few bytes of a sheet.
func TestCoverageIsSmall(t *testing.T) {
	size := func(d coverage.Device) int {
		s := snapshot.Sheet{Asked: []snapshot.Asked{{Feeds: []string{"cvelistV5", "debian", "npm", "nvd"}, Wants: []string{"PyPI"}}}}
		for i := range 1000 {
			s.Entries = append(s.Entries, snapshot.Entry{ID: id(i), Coverage: d})
		}
		data, err := snapshot.AppendSheet(&s, nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	d := coverage.Device{State: coverage.Partly, Reason: coverage.NoProductCode}
	d.Software.Add(coverage.Assessed, coverage.NoReason, 320)
	d.Software.Add(coverage.NotAssessed, coverage.NoProductCode, 40)
	d.Software.Add(coverage.NotAssessed, coverage.NoVersion, 3)
	// State, index and the count of tallies are there without coverage, too.
	if more := size(d) - size(coverage.Device{}); more > 10*1000 {
		t.Errorf("%d more bytes for 1,000 devices", more)
	}
}

// TestCoverageThatDiffersFromTheSheetIsDamage: verifying compares the counts with the devices.
func TestCoverageThatDiffersFromTheSheetIsDamage(t *testing.T) {
	l := newLab(t)
	w := l.writer(0)
	e := snapshot.Entry{ID: id(1), Coverage: coverage.Device{State: coverage.Assessed, Feeds: []string{"debian"}}}
	if err := w.Add(e, &assess.Rows{}); err != nil {
		t.Fatal(err)
	}
	made := l.close(w)
	if err := snapshot.CheckSheet(l.files, &made.Range); err != nil {
		t.Fatal(err)
	}
	made.Coverage.Devices.Add(coverage.Partly, coverage.FeedPart, 1)
	if err := snapshot.CheckSheet(l.files, &made.Range); !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("error %v, want ErrDamaged", err)
	}
}
