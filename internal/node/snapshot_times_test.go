package node

import (
	"testing"
	"time"
)

// The next snapshot is the first that is due after a time: exactly at it there is the one after it.
func TestNextSnapshot(t *testing.T) {
	first := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	s := snapshotTimes{every: time.Hour}
	if every, due := s.next(first); every != time.Hour || !due.IsZero() {
		t.Errorf("before the first is planned: every %v, at %v", every, due)
	}
	s.first.Store(first.UnixNano())
	for after, want := range map[time.Duration]time.Duration{-time.Minute: 0, 0: time.Hour, time.Minute: time.Hour,
		time.Hour: 2 * time.Hour, 90 * time.Minute: 2 * time.Hour} {
		if _, due := s.next(first.Add(after)); !due.Equal(first.Add(want)) {
			t.Errorf("after %v the next is at %v, want %v", after, due.UTC(), first.Add(want))
		}
	}
	s.every = 0
	if every, due := s.next(first); every != 0 || !due.IsZero() {
		t.Errorf("without a schedule: every %v, at %v", every, due)
	}
}
