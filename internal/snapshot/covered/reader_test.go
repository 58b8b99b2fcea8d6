package covered_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/covered"
)

// stand makes a snapshot of ranges with devices, each with a coverage of its own.
func stand(t *testing.T, ranges, devices int) (*snapshot.Files, *snapshot.Manifest) {
	t.Helper()
	dir, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files := snapshot.New(dir)
	t.Cleanup(func() { files.Close() })
	m := &snapshot.Manifest{}
	for group := range ranges {
		w := files.NewRangeWriter(snapshot.Naming{Organization: "org", Begun: time.Unix(1e9, 0).UTC(), Group: int64(group),
			Ordinal: group, Attempt: fmt.Sprintf("00000000-0000-4000-8000-%012d", group)}, "", "", "", gzipjoin.NewEncoder())
		for i := range devices {
			if err := w.Add(snapshot.Entry{ID: id(i), Coverage: of(group, i)}, &assess.Rows{}); err != nil {
				t.Fatal(err)
			}
		}
		made, err := w.Close()
		if err != nil {
			t.Fatal(err)
		}
		m.Add(made)
	}
	return files, m
}

func id(i int) string { return fmt.Sprintf("%040x", 2*i) }

func of(group, i int) coverage.Device {
	return coverage.Device{State: coverage.Partly, Reason: coverage.NoProductCode,
		Software: coverage.Tallies{{State: coverage.Assessed, N: int64(group*1000 + i + 1)}},
		Feeds:    []string{fmt.Sprintf("feed-%d", group)}, Wants: []string{"npm"}}
}

// TestOf finds each device in its group, for many callers at once, and no other device.
func TestOf(t *testing.T) {
	files, m := stand(t, 3, 20)
	r := covered.New(files)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for group := range 3 {
				for i := range 20 {
					got, ok, err := r.Of(t.Context(), m, int64(group), id(i))
					if diff := cmp.Diff(covered.Device{ID: id(i), Device: of(group, i)}, got); err != nil || !ok || diff != "" {
						t.Errorf("device %d of group %d: %t, %v\n%s", i, group, ok, err, diff)
					}
				}
			}
		})
	}
	all.Wait()
	for _, missing := range []struct {
		group int64
		id    string
	}{{0, fmt.Sprintf("%040x", 3)}, {0, ""}, {9, id(1)}} {
		if d, ok, err := r.Of(t.Context(), m, missing.group, missing.id); ok || err != nil {
			t.Errorf("device %q of group %d is %+v, %v", missing.id, missing.group, d, err)
		}
	}
}

// TestRange reads a range whose sheet is gone from memory only once it was read, and ends with its
// context.
func TestRange(t *testing.T) {
	files, m := stand(t, 2, 3)
	r := covered.New(files)
	if devices, err := r.Range(t.Context(), &m.Ranges[0]); err != nil || len(devices) != 3 || devices[2].ID != id(2) {
		t.Fatalf("devices %+v, %v", devices, err)
	}
	files.Close()
	if devices, err := r.Range(t.Context(), &m.Ranges[0]); err != nil || len(devices) != 3 {
		t.Errorf("from memory: %+v, %v", devices, err)
	}
	if _, err := r.Range(t.Context(), &m.Ranges[1]); err == nil {
		t.Error("a sheet that cannot be read is no error")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := covered.New(files).Range(ended, &m.Ranges[0]); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if devices, err := r.Range(t.Context(), &snapshot.Range{}); err != nil || devices != nil {
		t.Errorf("of a range without devices: %+v, %v", devices, err)
	}
}
