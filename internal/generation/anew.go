package generation

import (
	"context"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/reports"
)

// mergeAnew makes a range whose old files are damaged from its devices' reports
// alone. First-seen times come from whatever of the snapshot before, and of the
// one before that, can still be read. Its delta is not what changed, which the
// manifest says.
func (w *worker) mergeAnew(ctx context.Context, batch *snapshot.Batch, plan rangePlan, naming snapshot.Naming,
	devices []reports.Device, damage error) (*snapshot.Made, error) {
	w.run.log.WarnContext(ctx, "a range begins anew", "group", plan.Group, "from", plan.Lo, "to", plan.Hi, "error", damage)
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

// salvage reads old rows from files that may be damaged, newest first. A nil
// one has nothing.
type salvage struct {
	sources [2]salvaged
	spare   assess.Rows
}

// salvaged is one snapshot that rows are looked for in.
type salvaged struct {
	manifest *snapshot.Manifest
	at       *snapshot.Range // that reader reads, or could not
	reader   *snapshot.RangeReader
	mem      snapshot.Buffers
}

// rows puts what is left of a device's old rows into m.old, and tells whether
// that is anything.
func (s *salvage) rows(m *merger, d *reports.Device) (found bool) {
	if s == nil || !d.Published {
		return false
	}
	m.old.Reset()
	missing := [defender.DatasetCount]bool{}
	for set := range missing {
		missing[set] = true
	}
	for n := range s.sources {
		reader, i := s.sources[n].find(m.run.files, d)
		if reader == nil {
			continue
		}
		lost := reader.Salvage(i, &s.spare)
		for set := range missing {
			if missing[set] && !lost[set] {
				m.old[set], missing[set], found = append(m.old[set], s.spare[set]...), false, true
			}
		}
	}
	return found
}

// find finds a device in the group that it was published in last.
func (s *salvaged) find(files *snapshot.Files, d *reports.Device) (*snapshot.RangeReader, int) {
	rng := rangeWith(s.manifest, d.PublishedGroup, d.ID)
	if rng == nil {
		return nil, 0
	}
	if rng != s.at {
		reader, err := files.OpenRange(rng, &s.mem)
		if err != nil {
			reader = nil // its sheet is damaged
		}
		s.at, s.reader = rng, reader
	}
	if s.reader == nil {
		return nil, 0
	}
	i, ok := s.reader.Find(d.ID)
	if !ok {
		return nil, 0
	}
	return s.reader, i
}

func (s *salvage) close() {
	for n := range s.sources {
		s.sources[n].mem.Close()
	}
}
