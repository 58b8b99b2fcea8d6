package merge

import (
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/reports"
)

// salvage reads old rows from files that may be damaged, newest snapshot first. A nil salvage has
// no rows.
type salvage struct {
	sources [2]salvaged
	spare   assess.Rows
}

// salvaged is one snapshot whose rows are salvaged.
type salvaged struct {
	manifest *snapshot.Manifest
	at       *snapshot.Range // the range that reader reads; reader is nil if it is damaged
	reader   *snapshot.RangeReader
	mem      snapshot.Buffers
}

// rows puts the device's old rows that can still be read into old, and reports whether there are
// any.
func (s *salvage) rows(files *snapshot.Files, d *reports.Device, old *assess.Rows) (found bool) {
	if s == nil || !d.Published {
		return false
	}
	old.Reset()
	missing := [defender.DatasetCount]bool{}
	for set := range missing {
		missing[set] = true
	}
	for n := range s.sources {
		reader, i := s.sources[n].find(files, d)
		if reader == nil {
			continue
		}
		lost := reader.Salvage(i, &s.spare)
		for set := range missing {
			if missing[set] && !lost[set] {
				old[set], missing[set], found = append(old[set], s.spare[set]...), false, true
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
