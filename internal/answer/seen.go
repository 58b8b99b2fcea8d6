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
)

// seen says when the findings of a range were first seen, which only the parts have: for each device one after the
// other, in the order of its rows of vulnerabilities.
type seen struct {
	times []time.Time
	rows  []uint16 // places in times; nil if there are too many times
	ends  []uint32 // by device
}

// Weight returns about how much memory it takes, in bytes.
func (s *seen) Weight() int64 { return 200 + int64(len(s.times)*24+len(s.rows)*2+len(s.ends)*4) }

// of returns when a finding was first seen.
func (s *seen) of(f *Finding) (time.Time, bool) {
	from, at := uint32(0), f.row()
	if f.at.device > 0 {
		from = s.ends[f.at.device-1]
	}
	if at += int64(from); at >= int64(s.ends[f.at.device]) {
		return time.Time{}, false
	}
	return s.times[s.rows[at]], true
}

// apart counts how many devices of a range were read by themselves.
type apart struct{ devices atomic.Int64 }

// Weight returns about how much memory it takes, in bytes.
func (*apart) Weight() int64 { return 100 }

// FirstSeen returns when findings were first seen, those of one device next to each other. A few are read from the rows
// of their devices. When as many devices of a range were read as it has, all of it is read, once, and remembered in
// two bytes a finding: so whoever asks for few waits for few, and who reads a list to its end reads every part at most
// twice.
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
		known, err := v.seen(ctx, r, devices)
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
func (v *scope) seen(ctx context.Context, r *snapshot.Range, devices int64) (*seen, error) {
	const what = "first seen"
	file, err := projected(r)
	if err != nil {
		return nil, err
	}
	if known, ok := cache.Known[*seen](v.answers.cache, cache.Key{Name: file.Path, Sum: file.SHA256, What: what}); ok {
		return known, nil
	}
	read, err := once(v.answers, r, "read apart", func() (*apart, error) { return new(apart), nil })
	if err != nil || read.devices.Add(devices) <= r.Devices {
		return nil, err
	}
	read.devices.Store(0) // in case it is forgotten
	return once(v.answers, r, what, func() (*seen, error) { return v.readSeen(context.WithoutCancel(ctx), r) })
}

// readSeen reads all rows of vulnerabilities of a range. Whoever waits for the same gets it too, so it goes on if the
// request ends.
func (v *scope) readSeen(ctx context.Context, r *snapshot.Range) (*seen, error) {
	known, err := v.roster(r)
	if err != nil {
		return nil, err
	}
	var mem snapshot.Buffers
	defer mem.Close()
	reader, err := v.answers.files.OpenRange(r, &mem)
	if err != nil {
		return nil, err
	}
	s, places := &seen{rows: []uint16{}}, map[string]uint16{}
	var rows []byte
	for i := range known {
		n, ok := reader.Find(known[i].ID)
		lost := !ok
		if ok {
			rows, lost = reader.SalvageOf(defender.Vulnerabilities, n, rows)
		}
		if lost {
			return nil, fmt.Errorf("rows of device %q: %w", known[i].ID, snapshot.ErrDamaged)
		}
		if err := s.add(rows, places); err != nil {
			return nil, fmt.Errorf("rows of device %q: %w", known[i].ID, err)
		}
		if s.rows == nil {
			return s, nil
		}
		s.ends = append(s.ends, uint32(len(s.rows)))
	}
	return s, ctx.Err()
}

// add adds the rows of a device.
func (s *seen) add(rows []byte, places map[string]uint16) (err error) {
	shape, scanned := row.ShapeOf(defender.Vulnerabilities, false), new(row.Row)
	for len(rows) > 0 {
		if rows, err = shape.Scan(scanned, rows); err != nil {
			return err
		}
		value := scanned.Value(defender.FieldFirstSeenTimestamp)
		place, ok := places[string(value)]
		if !ok {
			if len(s.times) > math.MaxUint16 {
				*s = seen{}
				return nil
			}
			place = uint16(len(s.times))
			places[string(value)], s.times = place, append(s.times, timeOf(value))
		}
		s.rows = append(s.rows, place)
	}
	return nil
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
		at, ok := known.of(f)
		if !ok {
			return nil, fmt.Errorf("rows of device %q: the projection has more: %w", f.ID, snapshot.ErrDamaged)
		}
		all = append(all, at)
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
