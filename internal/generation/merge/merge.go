package merge

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/reports"
)

// merger makes one range. It merges the devices in the snapshot before with the devices now, both
// in order of id.
type merger struct {
	*Worker
	plan  RangePlan
	out   *snapshot.RangeWriter
	event row.Timestamp
	// changed says for each component of the reader's sheet whether its verdict has changed.
	changed []bool
	// elsewhere reads the range of another group, from which a device came.
	elsewhere *snapshot.RangeReader
	// anew, if set, says that the old ranges are damaged. It reads their sound rows (salvage.go).
	anew *salvage
	// copies are neighbours of one reader that are copied together.
	copies struct {
		from     *snapshot.RangeReader
		first, n int
	}
	carried notes
	why     reasons
}

// notes are what earlier manifests recorded of devices whose rows stay, by device id.
type notes map[string][]snapshot.Truncation

// merge walks the old ranges and the devices side by side.
func (m *merger) merge(ctx context.Context, old []int, devices []reports.Device) (*snapshot.Made, error) {
	for _, number := range old {
		noted, err := m.run.noted(ctx, number)
		if err != nil {
			return nil, err
		}
		for _, cut := range noted.Truncated {
			m.carried[cut.Device] = append(m.carried[cut.Device], cut)
		}
		reader, err := m.run.files.OpenRange(&m.run.Previous.Ranges[number], &m.own)
		if err != nil {
			return nil, err
		}
		if devices, err = m.oldRange(ctx, reader, devices); err != nil {
			return nil, err
		}
	}
	for i := range devices {
		if err := m.arrived(ctx, &devices[i]); err != nil {
			return nil, err
		}
	}
	return m.close(ctx)
}

// close finishes the files of the range. No device is loaded any longer, and it waits until there is
// memory for the projection.
func (m *merger) close(ctx context.Context) (*snapshot.Made, error) {
	claimed := min(m.out.Weight(), maxAssessing)
	if err := m.run.assessing.Acquire(ctx, claimed); err != nil {
		return nil, err
	}
	defer m.run.assessing.Release(claimed)
	m.out.Delta().Why = m.why.rows.Runs()
	return m.out.Close()
}

// oldRange merges one old range with the devices up to its last, and returns the remaining devices.
func (m *merger) oldRange(ctx context.Context, reader *snapshot.RangeReader,
	devices []reports.Device) ([]reports.Device, error) {
	var err error
	if m.changed, err = m.changedComponents(reader.Sheet()); err != nil {
		return nil, err
	}
	for i := range reader.Sheet().Entries {
		e := &reader.Sheet().Entries[i]
		if !m.plan.holds(e.ID) {
			continue
		}
		for len(devices) > 0 && devices[0].ID < e.ID {
			if err := m.arrived(ctx, &devices[0]); err != nil {
				return nil, err
			}
			devices = devices[1:]
		}
		if len(devices) == 0 || devices[0].ID != e.ID {
			err = m.gone(ctx, reader, i)
		} else {
			err = m.stayed(ctx, reader, i, &devices[0])
			devices = devices[1:]
		}
		if err != nil {
			return nil, err
		}
	}
	return devices, m.flush()
}

// gone writes that a device is no longer in this group. Hidden rows are removed without a delta,
// because they were not exported.
func (m *merger) gone(ctx context.Context, reader *snapshot.RangeReader, i int) error {
	if m.plan.Group == rbac.HiddenGroup {
		return nil
	}
	if err := reader.Rows(i, &m.old); err != nil {
		return err
	}
	if err := m.writeDelta(&m.old, nil); err != nil {
		return err
	}
	if err := closed(m.out.Delta(), &m.old); err != nil {
		return err
	}
	n := m.delta.Changes[defender.Vulnerabilities].Fixed // all of its rows
	if n == 0 {
		return nil
	}
	reason, err := m.whyGone(ctx, m.plan.Group, reader.Sheet().Entries[i].ID)
	if err != nil {
		return err
	}
	m.why.fixed(reason, n)
	return nil
}

// stayed copies a device, or makes its rows anew if it is stale.
func (m *merger) stayed(ctx context.Context, reader *snapshot.RangeReader, i int, d *reports.Device) error {
	e := &reader.Sheet().Entries[i]
	excepts, hidden, err := m.excepted(m.plan.Group, reader.Sheet(), e)
	if err != nil {
		return err
	}
	stale, err := m.stale(m.plan.Group, d, e, m.changed, excepts)
	if err != nil {
		return err
	}
	if !stale {
		m.out.Delta().Excepted += hidden
		return m.copy(reader, i)
	}
	if err := m.flush(); err != nil {
		return err
	}
	device, err := m.load(ctx, d.ID, e.Raw())
	if errors.Is(err, database.ErrNotFound) { // removed a moment ago
		return m.gone(ctx, reader, i)
	}
	if err != nil {
		return err
	}
	defer m.unload(device)
	if err := reader.Rows(i, &m.old); err != nil {
		return err
	}
	entry, problem, err := m.assess(ctx, device, &m.old)
	switch {
	case err != nil:
		return err
	case problem != nil:
		m.out.Delta().Excepted += hidden
		return m.keep(reader, i, problem)
	}
	if err := m.writeDelta(&m.old, &m.output.Rows); err != nil {
		return err
	}
	if err := m.whyFixed(e.Report != device.Hash, &m.why); err != nil {
		return err
	}
	m.opened(m.out.Delta(), true)
	return m.add(entry, &device)
}

// keep copies the rows of a device that could not be assessed, records the problem, and marks the
// device so that the next generation tries again.
func (m *merger) keep(reader *snapshot.RangeReader, i int, problem error) error {
	if err := m.copy(reader, i); err != nil {
		return err
	}
	if err := m.flush(); err != nil {
		return err
	}
	m.out.Outdate()
	m.out.AddUnassessed(snapshot.Unassessed{Device: reader.Sheet().Entries[i].ID, Problem: problem.Error()})
	return nil
}

// arrived writes a device that the old ranges of this group do not have. It is new, or comes from
// another group with its first-seen times.
func (m *merger) arrived(ctx context.Context, d *reports.Device) error {
	if err := m.flush(); err != nil {
		return err
	}
	reader, i, err := m.before(d)
	if err != nil {
		return err
	}
	if m.plan.Group == rbac.HiddenGroup {
		if m.anew.rows(m.run.files, d, &m.old) {
			return m.out.Add(snapshot.Entry{ID: d.ID}, &m.old)
		}
		if reader == nil {
			return nil // never published: nothing to hide
		}
		return errors.Join(m.copy(reader, i), m.flush())
	}
	var rows int64
	if reader != nil {
		rows = reader.Sheet().Entries[i].Raw()
	}
	device, err := m.load(ctx, d.ID, rows)
	if errors.Is(err, database.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer m.unload(device)
	old, err := m.oldRows(reader, i, d)
	if err != nil {
		return err
	}
	entry, problem, err := m.assess(ctx, device, old)
	switch {
	case err != nil:
		return err
	case problem != nil:
		m.out.AddUnassessed(snapshot.Unassessed{Device: d.ID, Problem: problem.Error()})
		return nil
	}
	if err := m.writeDelta(nil, &m.output.Rows); err != nil {
		return err
	}
	m.why.rows.Skip(m.delta.Changes[defender.Vulnerabilities].Sum())
	m.opened(m.out.Delta(), false)
	return m.add(entry, &device)
}

// before finds a device in the group that the snapshot before had it in. In a rebuild, that may be
// this group, and its files may be damaged.
func (m *merger) before(d *reports.Device) (*snapshot.RangeReader, int, error) {
	if m.anew != nil {
		return nil, 0, nil
	}
	if !d.Published || d.PublishedGroup == m.plan.Group && !m.run.Pin.Rebuild {
		return nil, 0, nil
	}
	reader, i, err := m.find(d)
	if m.run.Pin.Rebuild && errors.Is(err, snapshot.ErrDamaged) {
		m.elsewhere = nil
		return nil, 0, nil
	}
	return reader, i, err
}

// oldRows reads the rows of a device from its old group, or the sound rows of a damaged range. It
// returns nil if there are none.
func (m *merger) oldRows(reader *snapshot.RangeReader, i int, d *reports.Device) (*assess.Rows, error) {
	switch {
	case reader == nil && m.anew.rows(m.run.files, d, &m.old):
		return &m.old, nil
	case reader == nil:
		return nil, nil
	}
	err := reader.Rows(i, &m.old)
	if m.run.Pin.Rebuild && errors.Is(err, snapshot.ErrDamaged) {
		m.elsewhere = nil
		return nil, nil
	}
	return &m.old, err
}

// find finds a device in the history. Devices come in order of id, so the range of the last one is
// tried first.
func (m *merger) find(d *reports.Device) (*snapshot.RangeReader, int, error) {
	if m.elsewhere != nil {
		if i, ok := m.elsewhere.Find(d.ID); ok {
			return m.elsewhere, i, nil
		}
	}
	rng := rangeWith(m.run.history, d.PublishedGroup, d.ID)
	if rng == nil {
		return nil, 0, nil
	}
	var err error
	if m.elsewhere, err = m.run.files.OpenRange(rng, &m.foreign); err != nil {
		return nil, 0, err
	}
	if i, ok := m.elsewhere.Find(d.ID); ok {
		return m.elsewhere, i, nil
	}
	return nil, 0, nil
}

// assess makes a device's rows into m.output. A problem concerns this device alone, and the merge
// goes on. An error ends the merge.
func (m *merger) assess(ctx context.Context, device loaded,
	old *assess.Rows) (entry snapshot.Entry, problem, err error) {
	id := device.ID
	if problem := m.rows(&device, old); problem != nil {
		if err := ctx.Err(); err != nil {
			return entry, nil, err // the context interrupted reading documents from the store
		}
		m.run.Log.WarnContext(ctx, "device could not be assessed", "device", id, "error", problem)
		return entry, problem, nil
	}
	if m.decisions, err = m.decided(except.Place{Device: id, Group: m.plan.Group}); err != nil {
		return entry, nil, err
	}
	entry = snapshot.Entry{ID: id, Revision: device.Revision, Report: device.Hash,
		Fingerprint: with(m.fingerprint, assess.Excepts(m.decisions)), Profile: m.output.Profile}
	if !m.output.Due.IsZero() {
		entry.Due = m.output.Due.UnixMilli()
	}
	entry.Severities, entry.Coverage = m.output.Severities, m.output.Coverage
	return entry, nil, nil
}

// rows is the pure part of assess. A panic in it is also a problem of this device alone.
func (m *merger) rows(d *loaded, old *assess.Rows) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("assessing panicked: %v\n%s", p, debug.Stack())
		}
	}()
	var report *inventory.Report
	if report, m.left, err = m.run.codec.Join(d.Device.Device, d.documents); err != nil {
		return err
	}
	return m.assessor.Device(assess.Input{
		Device: row.Device{
			ID: d.ID, Name: d.Name, OSPlatform: d.OSPlatform, OSVersion: d.OSVersion, OSArchitecture: d.OSArchitecture,
			GroupID: m.plan.Group, GroupName: m.run.Pin.Groups[m.plan.Group],
		},
		Report: report, LastSeen: d.LastSeen, Old: old,
	}, &m.output)
}

// add writes the device whose rows are in m.output.
func (m *merger) add(e snapshot.Entry, d *loaded) error {
	for _, r := range m.output.Components {
		e.Components = append(e.Components, m.out.Component(r))
	}
	m.out.Delta().Excepted += assess.Hidden(m.decisions)
	for d, n := range m.output.Dropped {
		if n > 0 {
			m.out.AddTruncation(snapshot.Truncation{Device: e.ID, Dataset: defender.Dataset(d).String(), Dropped: int64(n)})
		}
	}
	m.cutSections(e.ID)
	if n := m.output.PathsCut; n > 0 {
		m.out.AddTruncation(snapshot.Truncation{Device: e.ID, Paths: int64(n)})
	}
	return m.out.AddMade(e, identity(&d.Device), &m.output.Rows, &m.output.Made)
}

func (m *merger) writeDelta(old, new *assess.Rows) error {
	if err := m.differ.Diff(old, new, m.event, &m.delta); err != nil {
		return err
	}
	return m.out.AddDelta(&m.delta)
}

// copy copies a device unchanged, together with neighbours that are copied, too.
func (m *merger) copy(reader *snapshot.RangeReader, i int) error {
	c := &m.copies
	m.out.Delta().Opened.Copied = true
	if c.n > 0 && (c.from != reader || c.first+c.n != i) {
		if err := m.flush(); err != nil {
			return err
		}
	}
	if c.n == 0 {
		c.from, c.first = reader, i
	}
	c.n++
	for _, cut := range m.carried[reader.Sheet().Entries[i].ID] {
		m.out.AddTruncation(cut)
	}
	return nil
}

// flush copies the devices that wait.
func (m *merger) flush() error {
	c := &m.copies
	if c.n == 0 {
		return nil
	}
	err := m.out.Copy(c.from, c.first, c.first+c.n)
	*c = struct {
		from     *snapshot.RangeReader
		first, n int
	}{}
	return err
}

// cutSections records what the limit of a device cut from its reports.
func (m *merger) cutSections(id string) {
	for section, n := range m.left {
		if n > 0 {
			m.out.AddTruncation(snapshot.Truncation{Device: id,
				Section: inventory.Section(section).String(), Dropped: int64(n)})
		}
	}
}
