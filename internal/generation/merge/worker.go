package merge

import (
	"fmt"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
	"github.com/muster-project/muster/internal/store/reports"
)

// Worker makes one range after another. Its fields are reused memory.
type Worker struct {
	run      *Run
	assessor *assess.Assessor
	differ   assess.Differ
	encoder  *gzipjoin.Encoder

	// fingerprint belongs to the group whose range is being made.
	fingerprint [16]byte

	own, foreign snapshot.Buffers
	output       assess.Output
	decisions    []assess.Decision // about the device in output
	left         stored.Left       // sections of the device in output that were cut
	old          assess.Rows
	delta        assess.Delta
}

// What exceptions decide about a device is mixed into the fingerprint of its entry. So a device is stale when
// an exception that concerns it begins, changes or ends, and no other device is (decision 130).

// with mixes what exceptions decide into a fingerprint, which stays as it is if they change nothing.
func with(fingerprint, excepts [16]byte) [16]byte {
	for i := range fingerprint {
		fingerprint[i] ^= excepts[i]
	}
	return fingerprint
}

// stale reports whether a device's rows must be made anew because its inputs differ from those in
// its entry. excepts is what exceptions decide about it now.
func (w *Worker) stale(group int64, d *reports.Device, e *snapshot.Entry, changed []bool,
	excepts [16]byte) (bool, error) {
	if group == rbac.HiddenGroup {
		return false, nil // hidden rows never change
	}
	if e.Report != d.Hash || e.Fingerprint != with(w.fingerprint, excepts) || e.Profile.Key == "" ||
		e.Due != 0 && e.Due <= w.run.Pin.Clock.UnixMilli() {
		return true, nil
	}
	for _, r := range e.Components {
		if changed[r] {
			return true, nil
		}
	}
	checks, err := w.assessor.Checks(e.Profile.Key)
	if err != nil {
		return false, fmt.Errorf("reading a profile of a sheet: %w: %w", err, snapshot.ErrDamaged)
	}
	return checks != e.Profile.Fingerprint, nil
}

// changedComponents compares the verdicts that a sheet's rows were made from with those of the pinned
// catalog.
func (w *Worker) changedComponents(s *snapshot.Sheet) ([]bool, error) {
	changed := make([]bool, len(s.Components))
	if s.Catalog == w.run.Pin.Catalog {
		return changed, nil
	}
	for i, r := range s.Components {
		now, err := w.assessor.Fingerprint(r.Key)
		if err != nil {
			return nil, fmt.Errorf("reading a component of a sheet: %w: %w", err, snapshot.ErrDamaged)
		}
		changed[i] = now != r.Fingerprint
	}
	return changed, nil
}

// Worker returns a new worker, which the caller must close.
func (r *Run) Worker() *Worker {
	w := &Worker{
		run:      r,
		assessor: assess.New(r.catalog, r.checks, r.Pin.Settings, r.Pin.Clock, r.Pin.old()...),
		encoder:  gzipjoin.NewEncoder(),
	}
	w.assessor.Except(r.excepted)
	return w
}

// Close releases files and buffers.
func (w *Worker) Close() {
	w.own.Close()
	w.foreign.Close()
}

// identity is what a projection shows of a device and rows do not have.
func identity(d *reports.Device) projection.Device {
	return projection.Device{Name: d.Name, OSPlatform: d.OSPlatform, OSVersion: d.OSVersion,
		OSArchitecture: d.OSArchitecture, Tags: d.Tags, FirstSeen: d.FirstSeen, LastSeen: d.LastSeen}
}
