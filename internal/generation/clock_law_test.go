package generation_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/testneed"
	"github.com/muster-project/muster/internal/watch"
)

// clockLife is a fleet that reports honestly to a server whose clock jumps. It knows the true time,
// which the server does not.
type clockLife struct {
	*lab
	honest   time.Time
	offset   time.Duration // the error of the server's clock
	reported map[int]time.Time
	receipts map[string]time.Time // by id
	versions map[int]int          // of the newest report
	last     publication.Snapshot
	jumps    int
}

const clockFleet = 6

// TestClockJumps checks law 2 and law 4 while the server's clock jumps. No acknowledged report is
// lost. No device is hidden or forgotten that was silent for less than the limits by the true time,
// except for the two days that a clock may be wrong without a doubt. Published times increase. When
// the clock is right and devices report, everything recovers without help.
// clock is right and devices report, everything comes back by itself.
func TestClockJumps(t *testing.T) {
	jumps := 4
	if testneed.Soak() {
		jumps = 50
	}
	rapid.Check(t, func(t *rapid.T) {
		l := &clockLife{lab: newLab(t), honest: noon, reported: map[int]time.Time{},
			receipts: map[string]time.Time{}, versions: map[int]int{}}
		l.TB = t
		for i := range clockFleet {
			l.device(i)
		}
		l.generation(true)
		for l.jumps < jumps {
			l.TB = t
			for range rapid.IntRange(1, 6).Draw(t, "steps") {
				l.step(t)
			}
			l.jump(t)
		}
		l.comesBack()
	})
}

func (l *clockLife) step(t *rapid.T) {
	switch rapid.SampledFrom([]string{"report", "report", "publish", "publish", "pass", "retire", "restart"}).Draw(t,
		"step") {
	case "report":
		l.device(rapid.IntRange(0, clockFleet-1).Draw(t, "device"))
	case "publish":
		l.generation(false)
	case "pass":
		l.pass(rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Hour, 3 * day, 20 * day}).Draw(t, "time"))
	case "retire":
		if err := l.publisher.Retire(l.ctx, org); err != nil {
			t.Fatal(err)
		}
	case "restart":
		l.close()
		l.open()
	}
	l.check()
}

// jump sets the clock wrong, or right.
func (l *clockLife) jump(t *rapid.T) {
	hours := rapid.OneOf(rapid.Just(0), rapid.IntRange(-365*24, 365*24),
		rapid.SampledFrom([]int{-40 * 24, 31 * 24, 60 * 24, 181 * 24})).Draw(t, "hours")
	l.offset = time.Duration(hours) * time.Hour
	l.now = l.honest.Add(l.offset)
	l.jumps++
}

// pass lets time pass while the server runs.
func (l *clockLife) pass(d time.Duration) {
	l.wait(d)
	l.honest = l.honest.Add(d)
}

// device sends the report of a device whose clock is right.
func (l *clockLife) device(i int) {
	l.Helper()
	l.versions[i]++
	r := host(i, fmt.Sprintf("%d.0", l.versions[i]))
	r.Time = l.honest
	receipts, err := l.receiver.Receive(l.ctx,
		receive.Sending{Organization: org, Sender: trust.Sender{Role: trust.Manager}}, each([]*inventory.Report{r}))
	if err != nil {
		l.Fatal(err)
	}
	l.reported[i], l.receipts[receipts[0].ID] = l.honest, l.honest
}

// generation publishes. In doubt it may be refused, unless must is set.
func (l *clockLife) generation(must bool) {
	l.Helper()
	s, err := l.publisher.Publish(context.Background(), org).Wait(l.ctx)
	switch {
	case errors.Is(err, watch.ErrDoubt) && !must:
		return
	case err != nil:
		l.Fatal(err)
	case l.last.Number > 0 && (!s.Begun.After(l.last.Begun) || !s.Generated.After(l.last.Generated)):
		l.Fatalf("snapshot %d (%v, %v) is not later than %d (%v, %v)", s.Number, s.Begun, s.Generated, l.last.Number,
			l.last.Begun, l.last.Generated)
	}
	l.settle()
	l.last = s
}

// check compares the store with what was acknowledged.
func (l *clockLife) check() {
	l.Helper()
	const slack = 2 * day
	for i, at := range l.reported {
		silent := l.honest.Sub(at)
		d, documents, err := l.store.Reports.Load(l.ctx, org, host(i, "").Device.ID)
		switch {
		case errors.Is(err, database.ErrNotFound) && silent >= l.settings.ForgetAfter-slack:
			delete(l.reported, i)
		case err != nil:
			l.Fatalf("device %d, silent for %v, is lost: %v", i, silent, err)
		case d.Group == rbac.HiddenGroup && silent < l.settings.HideAfter-slack && !l.returned(d):
			l.Fatalf("device %d is hidden, but was silent for %v only", i, silent)
		case len(documents) == 0:
			l.Fatalf("device %d lost its report", i)
		}
	}
	for id, at := range l.receipts {
		_, _, err := l.store.Reports.Receipt(l.ctx, org, id)
		switch kept := l.honest.Sub(at) < l.settings.KeepReceipts-slack; {
		case errors.Is(err, database.ErrNotFound) && !kept:
			delete(l.receipts, id)
		case err != nil:
			l.Fatalf("the receipt of %v ago is lost: %v", l.honest.Sub(at), err)
		}
	}
}

// returned reports whether a device was hidden rightly and has reported since the newest
// generation.
func (l *clockLife) returned(d reports.Device) bool {
	l.Helper()
	newest, err := l.store.Publication.Generation(l.ctx, org, l.last.Number)
	if err != nil {
		l.Fatal(err)
	}
	return d.Revision > newest.Revision
}

// comesBack sets the clock right and lets the devices report.
func (l *clockLife) comesBack() {
	l.Helper()
	l.offset, l.now = 0, l.honest
	if err := l.publisher.Watcher().Watch(l.ctx, org); err != nil && !errors.Is(err, watch.ErrDoubt) {
		l.Fatal(err)
	}
	l.pass(time.Hour)
	for i := range clockFleet {
		l.device(i)
	}
	l.generation(true)
	l.check()
	l.wantShown(l.last, clockFleet)
	if all, err := l.publisher.Watcher().Doubts(l.ctx); err != nil || all[org] != "" {
		l.Fatalf("doubts are %v, %v; want none", all, err)
	}
	l.verify()
}
