package covered

import (
	"container/list"
	"context"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sync/semaphore"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot"
)

// The memory of a Reader, in bytes: of what is cached, and of the sheets that are decoded at a
// time. A sheet takes about readByte times its size; a larger one is read alone.
const (
	maxRemembered = 16 << 20
	maxReading    = 64 << 20
	readByte      = 4
)

// Device is a device with its coverage, and with its findings by severity.
type Device struct {
	ID string
	coverage.Device
	Findings counts.Severities
}

// Reader reads the coverage of devices. It is safe for concurrent use.
type Reader struct {
	files   *snapshot.Files
	reading *semaphore.Weighted

	mu     sync.Mutex
	known  map[snapshot.Digest]*list.Element // of *sheet
	recent list.List
	bytes  int64
}

// sheet is what is cached of a range.
type sheet struct {
	sum     snapshot.Digest
	devices []Device
	bytes   int64
}

// New returns a Reader for files.
func New(files *snapshot.Files) *Reader {
	return &Reader{files: files, reading: semaphore.NewWeighted(maxReading), known: map[snapshot.Digest]*list.Element{}}
}

// Range returns the devices of a range in order of their ids. They are shared: do not change them.
func (r *Reader) Range(ctx context.Context, rng *snapshot.Range) ([]Device, error) {
	index, err := rng.Full()
	if err != nil || index.Sheet.Path == "" {
		return nil, err
	}
	if devices, ok := r.remembered(index.Sheet.SHA256); ok {
		return devices, nil
	}
	claim := min(readByte*index.Sheet.Bytes, maxReading)
	if err := r.reading.Acquire(ctx, claim); err != nil {
		return nil, err
	}
	defer r.reading.Release(claim)
	if devices, ok := r.remembered(index.Sheet.SHA256); ok { // read while this call waited
		return devices, nil
	}
	opened, err := r.files.OpenRange(rng, nil)
	if err != nil {
		return nil, err
	}
	read := &sheet{sum: index.Sheet.SHA256}
	entries := opened.Sheet().Entries
	read.devices = make([]Device, len(entries))
	for i := range entries {
		d := Device{entries[i].ID, entries[i].Coverage, entries[i].Severities}
		d.Software = slices.Clone(d.Software) // the sheet has one array for all
		d.Checks = counts.Checks{}            // which nobody asks here
		read.devices[i] = d
		tallies := len(d.Software) * int(unsafe.Sizeof(coverage.Tally{}))
		read.bytes += int64(int(unsafe.Sizeof(d)) + len(d.ID) + tallies)
	}
	r.remember(read)
	return read.devices, nil
}

// Of returns a device that a snapshot has in a group; false if it does not have it there.
func (r *Reader) Of(ctx context.Context, m *snapshot.Manifest, group int64, id string) (Device, bool, error) {
	for i := range m.Ranges {
		rng := &m.Ranges[i]
		if rng.Group != group || id < rng.Lo || rng.Hi != "" && id >= rng.Hi {
			continue
		}
		devices, err := r.Range(ctx, rng)
		if err != nil {
			return Device{}, false, err
		}
		at, ok := slices.BinarySearchFunc(devices, id, func(d Device, id string) int { return strings.Compare(d.ID, id) })
		if !ok {
			return Device{}, false, nil
		}
		return devices[at], true, nil
	}
	return Device{}, false, nil
}

func (r *Reader) remembered(sum snapshot.Digest) ([]Device, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.known[sum]
	if !ok {
		return nil, false
	}
	r.recent.MoveToFront(at)
	return at.Value.(*sheet).devices, true
}

// remember caches a sheet, and drops those that were not asked for lately.
func (r *Reader) remember(s *sheet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[s.sum] != nil {
		return
	}
	r.known[s.sum] = r.recent.PushFront(s)
	for r.bytes += s.bytes; r.bytes > maxRemembered && r.recent.Len() > 1; {
		last := r.recent.Remove(r.recent.Back()).(*sheet)
		r.bytes -= last.bytes
		delete(r.known, last.sum)
	}
}
