package answer

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// seen says when the findings of a range were first seen, which only the parts have: for each release one after the
// other, for each of its devices, the findings of the release. Those of advisories are not known.
type seen struct {
	times  []time.Time
	rows   []uint16 // places in times; nil if there are too many times
	begins []uint32 // by release
}

// Weight returns about how much memory it takes, in bytes.
func (s *seen) Weight() int64 { return 200 + int64(len(s.times)*24+len(s.rows)*2+len(s.begins)*4) }

// of returns when a finding was first seen.
func (s *seen) of(f *Finding) time.Time {
	n := uint32(len(f.at.Releases[f.of.Release].Findings))
	return s.times[s.rows[s.begins[f.of.Release]+f.of.Place*n+uint32(f.place)]]
}

// apart counts how many devices of a range were read by themselves.
type apart struct{ devices atomic.Int64 }

// Weight returns about how much memory it takes, in bytes.
func (*apart) Weight() int64 { return 100 }

// manySeen is how many findings of a range are not asked for by pages that people look at.
const manySeen = 250

// FirstSeen returns when findings were first seen, those of one device next to each other. A few are read from the rows
// of their devices. When many of a range are asked for at once, or half as many devices were read one by one as it has,
// all of it is read, once, and remembered in two bytes a finding: so whoever asks for few waits for few, and who reads
// a list to its end reads every part at most twice.
func FirstSeen(ctx context.Context, v *View, findings []Finding) ([]time.Time, error) {
	all := make([]time.Time, 0, len(findings))
	for len(findings) > 0 {
		n, devices, r := 0, int64(0), findings[0].at.Range
		for n < len(findings) && findings[n].at.Range == r {
			if n == 0 || findings[n].ID != findings[n-1].ID {
				devices++
			}
			n++
		}
		known, err := v.seen(ctx, r, devices, n > manySeen)
		if err != nil {
			return nil, err
		}
		if all, err = firstSeen(ctx, v, all, known, findings[:n]); err != nil {
			return nil, err
		}
		findings = findings[n:]
	}
	return all, nil
}

// seen returns when the findings of a range were first seen, if that is known, or enough of its devices were asked for.
func (v *scope) seen(ctx context.Context, r *snapshot.Range, devices int64, many bool) (*seen, error) {
	const what = "first seen"
	file, err := projected(r)
	if err != nil {
		return nil, err
	}
	if known, ok := cache.Known[*seen](v.answers.cache, cache.Key{Name: file.Path, Sum: file.SHA256, What: what}); ok {
		return known, nil
	}
	read, err := once(v.answers, r, "read apart", func() (*apart, error) { return new(apart), nil })
	if err != nil || !many && read.devices.Add(devices) <= r.Devices/2 {
		return nil, err
	}
	read.devices.Store(0) // in case it is forgotten
	return once(v.answers, r, what, func() (*seen, error) { return v.readSeen(context.WithoutCancel(ctx), r) })
}

// readSeen reads all rows of vulnerabilities of a range. Whoever waits for the same gets it too, so it goes on if the
// request ends.
func (v *scope) readSeen(ctx context.Context, r *snapshot.Range) (*seen, error) {
	p, err := v.projection(r)
	if err != nil {
		return nil, err
	}
	var mem snapshot.Buffers
	defer mem.Close()
	reader, err := v.answers.files.OpenRange(r, &mem)
	if err != nil {
		return nil, err
	}
	s, held := newSeeing(p), p.AllHolders()
	var rows []byte
	for i := range p.Devices {
		n, ok := reader.Find(p.Devices[i].ID)
		lost := !ok
		if ok {
			rows, lost = reader.SalvageOf(defender.Vulnerabilities, n, rows)
		}
		if lost {
			return nil, fmt.Errorf("rows of device %q: %w", p.Devices[i].ID, snapshot.ErrDamaged)
		}
		if err := s.add(held.Of(i), rows); err != nil {
			return nil, fmt.Errorf("rows of device %q: %w", p.Devices[i].ID, err)
		}
		if s.rows == nil {
			break
		}
	}
	return &s.seen, ctx.Err()
}

// seeing is what is seen while the rows of a range are read.
type seeing struct {
	seen
	of     *projection.Projection
	places map[string]uint16 // of times
	row    row.Row
}

func newSeeing(p *projection.Projection) *seeing {
	s := &seeing{of: p, places: map[string]uint16{}}
	sum := uint32(0)
	for i := range p.Releases {
		s.begins = append(s.begins, sum)
		sum += uint32(p.Releases[i].Devices) * uint32(len(p.Releases[i].Findings))
	}
	s.rows = make([]uint16, sum)
	return s
}

// add adds the rows of a device, which has some releases.
func (s *seeing) add(has []projection.Hold, rows []byte) (err error) {
	shape := row.ShapeOf(defender.Vulnerabilities, false)
	for _, one := range has {
		findings := s.of.Releases[one.Release].Findings
		at := s.begins[one.Release] + one.Place*uint32(len(findings))
		for i, f := range findings {
			if s.of.Findings[f].Advisory {
				continue
			}
			if len(rows) == 0 {
				return fmt.Errorf("the projection has more: %w", snapshot.ErrDamaged)
			}
			if rows, err = shape.Scan(&s.row, rows); err != nil {
				return err
			}
			place := s.place(s.row.Value(defender.FieldFirstSeenTimestamp))
			if s.rows == nil {
				return nil
			}
			s.rows[at+uint32(i)] = place
		}
	}
	return nil
}

// place returns the place of a time. Without rows there are too many times.
func (s *seeing) place(value []byte) uint16 {
	place, ok := s.places[string(value)]
	if !ok {
		if len(s.times) > math.MaxUint16 {
			s.seen = seen{}
			return 0
		}
		place = uint16(len(s.times))
		s.places[string(value)], s.times = place, append(s.times, timeOf(value))
	}
	return place
}

// firstSeen appends when findings of a range were first seen.
func firstSeen(ctx context.Context, v *View, all []time.Time, known *seen,
	findings []Finding) ([]time.Time, error) {
	if known == nil || known.rows == nil {
		return readFirstSeen(ctx, v, all, findings)
	}
	for i := range findings {
		f := &findings[i]
		if f.Advisory {
			var err error
			if all, err = readFirstSeen(ctx, v, all, findings[i:i+1]); err != nil {
				return nil, err
			}
			continue
		}
		all = append(all, known.of(f))
	}
	return all, nil
}

// readFirstSeen reads it in the rows of the findings.
func readFirstSeen(ctx context.Context, v *View, all []time.Time, findings []Finding) ([]time.Time, error) {
	lines, err := v.Rows(ctx, findings)
	if err != nil {
		return nil, err
	}
	scanned := new(row.Row)
	for i, line := range lines {
		set := defender.Vulnerabilities
		if findings[i].Advisory {
			set = defender.NonCVEAdvisories
		}
		if _, err := row.ShapeOf(set, false).Scan(scanned, line); err != nil {
			return nil, fmt.Errorf("rows of device %q: %w", findings[i].ID, err)
		}
		all = append(all, timeOf(scanned.Value(defender.FieldFirstSeenTimestamp)))
	}
	return all, nil
}

// timeOf reads a time of a row; zero for null.
func timeOf(value []byte) time.Time {
	if len(value) < 2 {
		return time.Time{}
	}
	at, err := time.Parse(time.DateTime, string(value[1:len(value)-1]))
	if err != nil {
		return time.Time{}
	}
	return at
}
