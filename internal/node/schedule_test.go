package node

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/watch"
)

func TestRepeat(t *testing.T) {
	t.Run("Microsoft's service makes one every six hours; muster "+
		"makes them as often as it is configured to", func(t *testing.T) {
		synctest.Test(t, repeatHourly)
	})
}

func repeatHourly(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	begun := time.Now()
	var called []time.Duration
	go repeat(ctx, time.Minute, time.Hour, func(context.Context) {
		called = append(called, time.Since(begun))
		time.Sleep(10 * time.Minute) // a task's duration does not delay the next run
	})
	time.Sleep(3 * time.Hour)
	end()
	synctest.Wait()
	want := []time.Duration{time.Minute, time.Minute + time.Hour, time.Minute + 2*time.Hour}
	if diff := cmp.Diff(want, called); diff != "" {
		t.Errorf("called after (-want +got):\n%s", diff)
	}
}

// The first snapshot is due at once if there is none or reports wait, else an interval after the
// newest.
func TestUntilNext(t *testing.T) {
	f, err := Open(t.Context(), Config{Path: t.TempDir(), Command: "test", Make: true,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	const interval = 100 * time.Hour
	if got := f.Publisher.Next(t.Context(), interval); got != 0 {
		t.Errorf("without a snapshot: %v", got)
	}
	if err := f.Publisher.PublishAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.Publisher.Next(t.Context(), interval); got <= interval/2 || got > interval {
		t.Errorf("after a snapshot: %v", got)
	}
	report := &inventory.Report{Device: inventory.Device{Name: "pad"}}
	_, err = f.Receiver.Receive(t.Context(),
		receive.Sending{Organization: organization.Default, Sender: trust.Sender{Role: trust.Manager}},
		func(yield func(*inventory.Report, error) bool) { yield(report, nil) })
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Publisher.Next(t.Context(), interval); got != 0 {
		t.Errorf("while a report waits: %v", got)
	}
	const other = "00000000-0000-4000-8000-000000000001"
	if err := errors.Join(f.Publisher.PublishAll(t.Context()),
		f.Store.Organizations.Ensure(t.Context(), other, "Other")); err != nil {
		t.Fatal(err)
	}
	if got := f.Publisher.Next(t.Context(), interval); got != 0 {
		t.Errorf("while another organization has no snapshot: %v", got)
	}
	if err := f.Publisher.PublishAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.Publisher.Next(t.Context(), interval); got <= interval/2 || got > interval {
		t.Errorf("when both have one: %v", got)
	}
	if made, err := f.Store.Publication.Latest(t.Context(), other); err != nil || made.Number != 1 {
		t.Errorf("the other organization has snapshot %d: %v", made.Number, err)
	}
}

// A snapshot that is due while the clock is in doubt is made when the doubt ends by itself, and
// not an interval later.
func TestWhatWasDueInDoubtIsMadeAfterwards(t *testing.T) {
	f, err := Open(t.Context(), Config{Path: t.TempDir(), Command: "test", Make: true,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	const org = organization.Default
	receive := func() {
		t.Helper()
		report := &inventory.Report{Device: inventory.Device{Name: "pad"}, Time: time.Now()}
		_, err := f.Receiver.Receive(t.Context(),
			receive.Sending{Organization: org, Sender: trust.Sender{Role: trust.Manager}},
			func(yield func(*inventory.Report, error) bool) { yield(report, nil) })
		if err != nil {
			t.Fatal(err)
		}
	}
	newest := func(want int64) {
		t.Helper()
		if made, err := f.Store.Publication.Latest(t.Context(), org); err != nil || made.Number != want {
			t.Errorf("the newest snapshot is %d, %v, want %d", made.Number, err, want)
		}
	}
	receive()
	if err := f.Publisher.PublishAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Store.Clock.Watch(t.Context(), org, time.Now().AddDate(1, 0, 0), true); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Publisher.Tend(t.Context()),
		f.Publisher.PublishAll(t.Context())); !errors.Is(err, watch.ErrDoubt) {
		t.Fatalf("publishing in doubt: %v", err)
	}
	if err := f.Publisher.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	newest(1)
	receive()
	for range 2 {
		if err := f.Publisher.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		newest(2)
	}
}
