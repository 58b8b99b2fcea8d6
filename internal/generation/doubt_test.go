package generation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

// year is how far the clocks of most of these tests jump.
const year = 365 * day

// honest makes reports of devices whose own clocks are right.
func honest(now time.Time, from, to int) []*inventory.Report {
	var all []*inventory.Report
	for i := from; i < to; i++ {
		r := host(i, "90.0")
		r.Time = now
		all = append(all, r)
	}
	return all
}

// doubts publishes and expects to be refused.
func (l *lab) doubts(want clock.Doubt) {
	l.Helper()
	_, err := l.publisher.Publish(context.Background(), org).Wait(l.ctx)
	l.refusedFor(err, want)
	_, err = l.publisher.Rebuild(context.Background(), org).Wait(l.ctx)
	l.refusedFor(err, want)
	if all, err := l.publisher.Watcher().Doubts(l.ctx); err != nil || all[org] != want {
		l.Errorf("doubts are %v, %v, want %q", all, err, want)
	}
}

func (l *lab) refusedFor(err error, want clock.Doubt) {
	l.Helper()
	var doubt *watch.DoubtError
	if !errors.As(err, &doubt) || doubt.Reason != want || !errors.Is(err, watch.ErrDoubt) || doubt.Why == "" {
		l.Fatalf("publishing: %v, want a doubt of %q", err, want)
	}
}

// word publishes by the word of a manager.
func (l *lab) word() publication.Snapshot {
	l.Helper()
	s, err := l.publisher.PublishAs(context.Background(), org, publication.Wish{AllowShrink: true}).Wait(l.ctx)
	if err != nil {
		l.Fatal(err)
	}
	l.settle()
	return s
}

// shown counts the devices that a snapshot exports.
func (l *lab) shown(s publication.Snapshot) int64 {
	l.Helper()
	return l.manifest(s).Totals(nil).Devices
}

func (l *lab) wantShown(s publication.Snapshot, want int64) {
	l.Helper()
	if got := l.shown(s); got != want {
		l.Errorf("snapshot %d shows %d devices, want %d", s.Number, got, want)
	}
}

func TestClockAYearAheadForOnePublishForgetsNothing(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"60 days": 60 * day, "a year": year} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.report(honest(l.now, 0, 5)...)
			before := l.publish()
			l.wait(4 * time.Hour)

			l.now = l.now.Add(ahead)
			l.doubts(clock.ClockAhead)
			l.report(honest(l.now.Add(-ahead), 0, 2)...) // their clocks are right
			l.doubts(clock.ClockAhead)
			l.now = l.now.Add(-ahead)

			after := l.publish()
			l.wantShown(after, 5)
			if d := after.Generated.Sub(before.Generated); d > day {
				t.Errorf("published %v after the snapshot before", d)
			}
			// A report that arrived while the clock was ahead does not say how long its device has
			// been silent. For all others silence counts from their reports.
			l.wait(29 * day)
			l.wantShown(l.publish(), 5)
			l.wait(2 * day)
			l.wantShown(l.publish(), 2)
			l.report(honest(l.now, 0, 5)...)
			l.wantShown(l.publish(), 5)
			l.verify()
		})
	}
}

// The server's clock was ahead before jumps were detected, or a manager approved it wrongly. Its
// generations lie in the future, and the next ones must, too.
func TestAfterAClockThatWasAheadNoAcknowledgedReportIsDeleted(t *testing.T) {
	l := newLab(t)
	l.report(honest(l.now, 0, 5)...)
	l.publish()
	l.now = l.now.Add(year)
	l.report(honest(l.now.Add(-year), 0, 5)...)
	last := l.word()
	l.wantShown(last, 5)

	l.now = l.now.Add(time.Hour - year)
	l.doubts(clock.ClockBehind)
	l.report(host(0, "91.0")) // a report without a time is not evidence
	l.doubts(clock.ClockBehind)
	for range 3 {
		l.now = l.now.Add(time.Hour)
		l.report(honest(l.now, 0, 3)...)
		s := l.publish()
		if !s.Begun.After(last.Begun) || !s.Generated.After(last.Generated) {
			t.Fatalf("snapshot %d (%v, %v) is not later than %d (%v, %v)", s.Number, s.Begun, s.Generated, last.Number,
				last.Begun, last.Generated)
		}
		l.wantShown(s, 5)
		l.checkLaw1(&last, s)
		last = s
	}
	l.wait(20 * day)
	l.wantShown(l.publish(), 5)
	l.verify()
}

// Only the event time lies ahead. Rows are made for the true day.
func TestAfterAClockThatWasAheadRowsAreOfToday(t *testing.T) {
	l := newLab(t)
	l.report(honest(l.now, 0, 2)...)
	l.now = l.now.Add(year)
	l.word()
	l.now = l.now.Add(-year)
	l.report(honest(l.now, 0, 2)...)
	l.publish()
	l.wait(day)
	l.report(honest(l.now, 0, 2)...)
	var written int
	l.trace = func(op string) {
		if op == "create" {
			written++
		}
	}
	l.publish()
	if written < 2 {
		t.Error("the first generation of a day did not make rows anew")
	}
}

func TestReportsOfAClockThatWasBehindAreNotOld(t *testing.T) {
	l := newLab(t)
	l.report(honest(l.now, 0, 5)...)
	l.publish()
	for _, behind := range []time.Duration{30 * day, year, 40 * year} {
		l.now = l.now.Add(-behind)
		l.doubts(clock.ClockBehind)
		l.report(honest(l.now.Add(behind), 5, 7)...) // new devices
		l.report(honest(l.now.Add(behind), 0, 2)...)
		l.doubts(clock.ClockBehind)
		l.now = l.now.Add(behind)
		l.wantShown(l.publish(), 7)
	}
	// The clock was in doubt for weeks and is right again: a report may be of any time between.
	l.now = l.now.Add(-year)
	l.wait(25 * day)
	l.report(honest(l.now.Add(year), 2, 7)...)
	l.now = l.now.Add(year)
	l.report(honest(l.now, 0, 2)...)
	l.wantShown(l.publish(), 7)
	l.wait(25 * day)
	l.wantShown(l.publish(), 7)
	l.verify()
}

func TestAClockInDoubtRetiresNothing(t *testing.T) {
	for name, jump := range map[string]time.Duration{"ahead": 60 * day, "behind": -60 * day} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			for range 4 {
				l.report(host(0, l.now.Format("1.2.150405")))
				l.publish()
				l.wait(time.Hour)
			}
			receipts, err := l.receiver.Receive(l.ctx,
				receive.Sending{Organization: org, Sender: trust.Sender{Role: trust.Manager}},
				each([]*inventory.Report{host(0, "90.0")}))
			if err != nil {
				t.Fatal(err)
			}
			l.now = l.now.Add(jump)
			if err := l.publisher.Retire(l.ctx, org); err != nil {
				t.Fatal(err)
			}
			l.close()
			l.open() // resumes, and retires
			all, err := l.store.Publication.Snapshots(l.ctx, org)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range all {
				if s.Full != publication.Kept || s.Delta != publication.Kept {
					t.Errorf("snapshot %d is %s, %s", s.Number, s.Full, s.Delta)
				}
			}
			if _, _, err := l.store.Reports.Receipt(l.ctx, org, receipts[0].ID); err != nil {
				t.Errorf("the receipt of an hour ago: %v", err)
			}
			l.verify()
		})
	}
}

// The age of snapshots that were published by a clock ahead is unknown. They must not stay for a
// year: the snapshots after them have an age.
func TestSnapshotsOfAClockThatWasAheadRetireByThoseAfterThem(t *testing.T) {
	l := newLab(t)
	for i := range 3 {
		l.report(honest(l.now, i, i+1)...)
		l.publish()
		l.wait(time.Hour)
	}
	l.now = l.now.Add(year)
	l.word()
	l.now = l.now.Add(-year)
	for range 20 {
		l.report(honest(l.now, 0, 3)...)
		l.publish()
		l.wait(day)
	}
	all, err := l.store.Publication.Snapshots(l.ctx, org)
	if err != nil {
		t.Fatal(err)
	}
	var full, delta int
	for _, s := range all {
		if s.Full == publication.Kept {
			full++
		}
		if s.Delta == publication.Kept {
			delta++
		}
	}
	if full < 3 || full > 5 || delta < 15 || delta > 16 {
		t.Errorf("%d full snapshots and %d deltas are kept, want those of 3 and of 15 days", full, delta)
	}
	l.verify()
}

func TestOneDeviceEndsNoDoubtAndCausesNone(t *testing.T) {
	l := newLab(t)
	l.report(honest(l.now, 0, 20)...)
	l.publish()
	liar := host(0, "90.0")
	for _, said := range []time.Duration{year, -10 * year, 60 * day} {
		liar.Time = l.now.Add(said)
		l.report(liar)
		l.publish()
	}
	l.now = l.now.Add(year)
	for i := range 50 { // new devices agree with the clock
		l.report(honest(l.now, 0, 1)...)
		l.report(honest(l.now, 100+i, 101+i)...)
	}
	l.doubts(clock.ClockAhead)
	l.report(honest(l.now.Add(-year), 0, 20)...)
	l.doubts(clock.ClockAhead)
}

func TestAServerThatWasOffForMonthsGoesOnWhenDevicesReport(t *testing.T) {
	l := newLab(t)
	l.report(honest(l.now, 0, 30)...)
	l.publish()
	l.wait(2 * day)
	l.close()
	l.now = l.now.Add(200 * day)
	l.open()
	l.doubts(clock.ClockAhead)
	l.report(honest(l.now, 0, 5)...)
	l.doubts(clock.ClockAhead)
	l.report(honest(l.now, 5, 6)...)
	l.wantShown(l.publish(), 30) // the others could not report yet
	l.wait(29 * day)
	l.report(honest(l.now, 0, 28)...)
	l.wantShown(l.publish(), 30)
	l.wait(2 * day)
	l.wantShown(l.publish(), 28)
	l.verify()
}

// A machine without a battery starts in 1970, and its clock is set right later.
func TestAServerThatBeganInAnotherYearForgetsNobody(t *testing.T) {
	l := newLab(t)
	l.close()
	l.now = time.Date(1970, 1, 3, 0, 0, 0, 0, time.UTC)
	l.folder = t.TempDir()
	t.Cleanup(l.close) // before the folder is removed
	l.open()
	for i := range 4 {
		l.report(honest(noon, i, 5)...)
		l.publish()
	}
	receipts, err := l.receiver.Receive(l.ctx,
		receive.Sending{Organization: org, Sender: trust.Sender{Role: trust.Manager}}, each(honest(noon, 0, 1)))
	if err != nil {
		t.Fatal(err)
	}
	l.wait(2 * day)
	l.now = noon.Add(2 * day)
	l.report(honest(l.now, 0, 2)...)
	l.wantShown(l.publish(), 5)
	l.wait(2 * day)
	all, err := l.store.Publication.Snapshots(l.ctx, org)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Full != publication.Kept || s.Delta != publication.Kept {
			t.Errorf("the new snapshot %d is %s, %s; want it kept", s.Number, s.Full, s.Delta)
		}
	}
	if _, _, err := l.store.Reports.Receipt(l.ctx, org, receipts[0].ID); err != nil {
		t.Errorf("reading a new receipt: %v", err)
	}
	l.wait(3 * day)
	l.wantShown(l.publish(), 5)
	l.wait(24 * day)
	l.wantShown(l.publish(), 5)
	l.wait(2 * day)
	l.wantShown(l.publish(), 0)
}

// A machine that is off does not check its clock. Reports before a doubt that devices ended count
// as of that moment, so that no device is hidden too early. A device that stays silent afterwards
// is hidden.
func TestAfterAWeekOffSilenceIsCountedAnew(t *testing.T) {
	l := newLab(t)
	l.report(honest(l.now, 0, 5)...)
	l.publish()
	l.wait(28 * day)
	l.now = l.now.Add(7 * day)
	l.doubts(clock.ClockAhead)
	l.report(honest(l.now, 0, 2)...)
	l.wantShown(l.publish(), 5)
	l.wait(20 * day)
	l.report(honest(l.now, 0, 2)...)
	l.wantShown(l.publish(), 5)
	l.wait(11 * day)
	l.wantShown(l.publish(), 2)
}

func TestAFleetThatShrinksNeedsAWord(t *testing.T) {
	l := newLab(t)
	l.report(honest(l.now, 0, 100)...)
	l.publish()
	l.wait(20 * day)
	l.report(honest(l.now, 0, 80)...)
	l.wantShown(l.publish(), 100)
	l.wait(11 * day)
	l.doubts(clock.FleetShrinks)
	l.close()
	l.open()
	l.doubts(clock.FleetShrinks)

	l.report(honest(l.now, 80, 81)...) // 19 are left
	l.wantShown(l.publish(), 81)

	l.wait(20 * day)
	l.doubts(clock.FleetShrinks) // of the 80
	l.wantShown(l.word(), 1)
	if all, err := l.publisher.Watcher().Doubts(l.ctx); err != nil || all[org] != "" {
		t.Errorf("doubts are %v, %v", all, err)
	}
	l.report(honest(l.now, 0, 100)...)
	l.wantShown(l.publish(), 100)
	l.verify()
}
