package merge

import (
	"context"
	"errors"

	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
	"github.com/muster-project/muster/internal/store/reports"
)

// Merge makes the files of a range, by its number, and returns what the manifest will name. The files
// are durable once batch is synced.
func (w *Worker) Merge(ctx context.Context, batch *snapshot.Batch, number int, attempt string) (*snapshot.Made, error) {
	plan, naming := w.run.Pin.Ranges[number], w.run.Naming(number, attempt)
	devices, err := w.run.store.Reports.Devices(ctx, w.run.Organization, plan.Group, plan.Lo, plan.Hi)
	if err != nil {
		return nil, err
	}
	w.fingerprint = w.run.Pin.fingerprint(plan.Group)
	old := w.run.overlapping(plan)
	reused, err := w.reuse(ctx, batch, plan, naming, old, devices)
	if w.run.Pin.Anew && errors.Is(err, snapshot.ErrDamaged) {
		reused, err = nil, nil // the merge finds the same damage
	}
	if reused != nil || err != nil {
		return reused, err
	}
	m := w.merger(batch, plan, naming)
	result, err := m.merge(ctx, old, devices)
	if err != nil {
		m.out.Abort()
		if w.run.Pin.Anew && errors.Is(err, snapshot.ErrDamaged) {
			return w.mergeAnew(ctx, batch, plan, naming, devices, err)
		}
		return nil, err
	}
	return result, nil
}

func (w *Worker) merger(batch *snapshot.Batch, plan RangePlan, naming snapshot.Naming) *merger {
	m := &merger{Worker: w, plan: plan, event: row.NewTimestamp(w.run.Begun), carried: notes{},
		out: batch.NewRangeWriter(naming, plan.Lo, plan.Hi, w.run.Pin.Catalog, w.encoder)}
	m.why.of = m.out.Delta()
	return m
}

// reuse names the files of the snapshot before if the range has the same bounds and no device is
// stale, came or went. Otherwise it returns nil.
func (w *Worker) reuse(ctx context.Context, batch *snapshot.Batch, plan RangePlan,
	naming snapshot.Naming, numbers []int,
	devices []reports.Device) (*snapshot.Made, error) {
	if len(numbers) != 1 {
		return nil, nil
	}
	old := &w.run.Previous.Ranges[numbers[0]]
	if old.Lo != plan.Lo || old.Hi != plan.Hi || old.Devices != int64(len(devices)) {
		return nil, nil
	}
	reader, err := w.run.files.OpenRange(old, &w.own)
	if err != nil {
		return nil, err
	}
	changed, err := w.changedComponents(reader.Sheet())
	if err != nil {
		return nil, err
	}
	entries, hidden := reader.Sheet().Entries, int64(0)
	for i := range devices {
		if devices[i].ID != entries[i].ID {
			return nil, nil
		}
		excepts, n, err := w.excepted(plan.Group, reader.Sheet(), &entries[i])
		if err != nil {
			return nil, err
		}
		stale, err := w.stale(plan.Group, &devices[i], &entries[i], changed, excepts)
		if err != nil || stale {
			return nil, err
		}
		hidden += n
	}
	same, err := w.again(ctx, batch, naming, numbers[0], reader, devices)
	if err == nil {
		same.Delta.Excepted = hidden
		same.Coverage = reader.Sheet().Coverage() // which older manifests do not have
	}
	return same, err
}

// again names an old range again, and what was recorded of its devices. It checks the files first,
// because naming them promises them again (law 3).
func (w *Worker) again(ctx context.Context, batch *snapshot.Batch, naming snapshot.Naming,
	number int, reader *snapshot.RangeReader, devices []reports.Device) (*snapshot.Made, error) {
	old := &w.run.Previous.Ranges[number]
	files, err := old.Files()
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := w.run.files.Check(file, false); err != nil {
			return nil, err
		}
	}
	same := *old
	if old.Unindexed() || old.Group != rbac.HiddenGroup && len(devices) > 0 && !reader.Projected() {
		known := func(i int) projection.Device { return identity(&devices[i]) }
		if same, err = batch.Adopt(naming, old, reader, known, w.encoder); err != nil {
			return nil, err
		}
	}
	noted, err := w.run.noted(ctx, number)
	if err != nil {
		return nil, err
	}
	same.Anew = false
	return snapshot.NewMade(same, snapshot.Delta{Unassessed: noted.Unassessed, Truncated: noted.Truncated,
		Opened: trend.Opened{Copied: len(devices) > 0}}), nil
}

// mergeAnew makes a range whose old files are damaged, from its devices' reports alone. First-seen
// times come from the rows that can still be read of the snapshot before and of the one before
// that. Its delta does not say what changed; the manifest records that.
func (w *Worker) mergeAnew(ctx context.Context, batch *snapshot.Batch, plan RangePlan, naming snapshot.Naming,
	devices []reports.Device, damage error) (*snapshot.Made, error) {
	w.run.Log.WarnContext(ctx, "range is damaged and made anew", "group", plan.Group, "from", plan.Lo, "to",
		plan.Hi, "error", damage)
	m := w.merger(batch, plan, naming)
	m.anew = &salvage{sources: [2]salvaged{{manifest: w.run.history}, {manifest: w.run.older}}}
	defer m.anew.close()
	result, err := m.merge(ctx, nil, devices)
	if err != nil {
		m.out.Abort()
		return nil, err
	}
	result.Anew = true
	return result, nil
}
