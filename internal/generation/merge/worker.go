package merge

import (
	"fmt"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
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
	left         inventory.Left // sections of the device in output that were cut
	old          assess.Rows
	delta        assess.Delta
}

// stale reports whether a device's rows must be made anew because its inputs differ from those in
// its entry.
func (w *Worker) stale(group int64, d *reports.Device, e *snapshot.Entry, changed []bool) bool {
	if group == rbac.HiddenGroup {
		return false // hidden rows never change
	}
	if e.Report != d.Hash || e.Fingerprint != w.fingerprint || e.Due != 0 && e.Due <= w.run.Pin.Clock.UnixMilli() {
		return true
	}
	for _, r := range e.Components {
		if changed[r] {
			return true
		}
	}
	return false
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
	return &Worker{
		run:      r,
		assessor: assess.New(r.catalog, r.benchmark, r.Pin.Settings, r.Pin.Clock, r.Pin.old()...),
		encoder:  gzipjoin.NewEncoder(),
	}
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
