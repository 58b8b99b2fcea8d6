package demo

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/store/organization"
)

const day = 24 * time.Hour

// clock is the clock of a demonstration: that of a day of its past, or the machine's own.
type clock struct {
	mutex sync.Mutex
	past  time.Time // zero: today
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.past.IsZero() {
		return time.Now()
	}
	return c.past
}

// set sets the clock to a time of the past; zero is today.
func (c *clock) set(past time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.past = past
}

// simulated returns the fleet of a demonstration that ends at a time. Its devices and their changes are the same each
// time.
func simulated(devices, days int, now time.Time) fleet.Fleet {
	changing := min(1, max(0.4, 4/float64(devices))) // of a few devices most change, so that there is something to show
	begun := now.Add(-time.Duration(days)*day - time.Minute)
	return fleet.Fleet{Seed: 1, Devices: devices, Begun: begun.UTC(), Interval: day, Changing: changing}
}

// make makes the past and today: on each day devices report, and a snapshot is published. In the end it makes a client
// that reads them.
func (d *demonstration) make(ctx context.Context) error {
	d.say("simulating %d devices on %d days; this machine is real, as it is today", d.fleet.Devices, d.days+1)
	today := d.clock.now()
	for n := range d.days + 1 {
		if n < d.days {
			d.clock.set(today.Add(-time.Duration(d.days-n) * day))
		} else {
			d.clock.set(time.Time{})
		}
		if err := d.live(ctx, n); err != nil {
			return err
		}
		if err := d.publish(ctx); err != nil {
			return err
		}
		if err := d.sayDay(); err != nil {
			return err
		}
	}
	return nil
}

// live does what happens on a day.
func (d *demonstration) live(ctx context.Context, n int) error {
	if err := d.learn(ctx, n); err != nil {
		return err
	}
	if n == d.days { // what this machine is today is not what it was
		d.collectHere(ctx)
	}
	if _, err := d.receive(ctx, d.reports(n)); err != nil {
		return err
	}
	if gone := d.fleet.Devices / 8; n == d.after(3) && d.lively() && n < d.days {
		id := d.fleet.Report(gone, n).Device.ID
		if err := d.folder.Store.Reports.RemoveDevice(ctx, organization.Default, id); err != nil {
			return err
		}
		d.say("  a device was removed")
	}
	if n < d.days {
		return nil
	}
	if err := d.logIn(ctx); err != nil {
		return err
	}
	return d.accept(ctx)
}

// learn imports the sample of intelligence on the first day, but CISA's list only later: then there are days before
// and after.
func (d *demonstration) learn(ctx context.Context, n int) error {
	switch n {
	case 0:
		return d.importSample(ctx, func(kind intel.Kind) bool { return kind != intel.KEV })
	case d.after(2):
		d.say("  CISA's list of exploited vulnerabilities is imported")
		return d.importSample(ctx, func(kind intel.Kind) bool { return kind == intel.KEV })
	}
	return nil
}

// after returns the day at which so many sixths of the past are over; at least the first.
func (d *demonstration) after(sixths int) int { return max(1, d.days*sixths/6) }

// lively tells whether the fleet has so many devices that some may come and go.
func (d *demonstration) lively() bool { return d.fleet.Devices >= 8 }

// reports yields the reports of a day: every device reports. One in ten comes in the course of the past, one is removed
// and one falls silent. Beside them is a device of which no feed knows the software.
func (d *demonstration) reports(n int) func(yield func(*inventory.Report) bool) {
	return func(yield func(*inventory.Report) bool) {
		for i := range d.fleet.Devices {
			if d.present(i, n) && !yield(d.fleet.Report(i, n)) {
				return
			}
		}
		if d.lively() {
			yield(uncovered(d.clock.now()))
		}
	}
}

// present tells whether a device reports on a day.
func (d *demonstration) present(i, n int) bool {
	devices := d.fleet.Devices
	switch {
	case !d.lively():
		return true
	case i == devices/8: // removed
		return n <= d.after(3)
	case i == devices/4: // silent
		return n <= d.after(2)
	case i >= devices-devices/10:
		return n > i%max(1, d.days)
	}
	return true
}

// uncovered is the report of a device with a distribution of which the sample has no advisories.
func uncovered(now time.Time) *inventory.Report {
	r := &inventory.Report{Time: now.Add(-time.Minute).UTC(), Source: "collect", Device: inventory.Device{
		ID:   inventory.DeriveID("demo", "appliance-0001.corp.example.com"),
		Name: "appliance-0001.corp.example.com", OSPlatform: "Linux",
		OSVersion: "3.20.3", OSArchitecture: "x64", Tags: []string{"appliance"}}}
	for _, p := range []string{"busybox@1.36.1-r29", "musl@1.2.5-r0", "openssl@3.3.2-r0", "dropbear@2024.85-r0"} {
		r.Software = append(r.Software, inventory.Software{PURL: "pkg:apk/alpine/" + p + "?distro=alpine-3.20.3"})
	}
	return r
}

// accept adds an exception for a CVE of low severity, as somebody does who takes a risk for a month. Of a past of one
// day there is none: then all that a client counts is what devices have.
func (d *demonstration) accept(ctx context.Context) error {
	if d.first.Number == 0 {
		return nil
	}
	session, err := console.Reach(d.url, new(http.Client))
	if err != nil {
		return err
	}
	session = session.As(control.LoginByToken(d.token))
	cve := ""
	_, err = control.EachListed(ctx, session, control.ListOfVulnerabilities, &control.ListFilter{Severity: "low"}, 1,
		func(row control.Reply[control.VulnerabilityRow]) error { cve = row.Value.CVEID; return nil })
	if err != nil || cve == "" {
		return err
	}
	_, err = control.Do(ctx, session, control.AddException(control.NewException{CVE: cve,
		Reason: "accepted in this demonstration", By: "demo",
		Until: time.Now().AddDate(0, 1, 0).Format(time.DateOnly)}))
	if err == nil {
		d.say("  an exception hides %s", cve)
	}
	return err
}

// sayDay prints the snapshot of a day.
func (d *demonstration) sayDay() error {
	m, err := d.folder.Publisher.Manifest(d.second)
	if err != nil {
		return err
	}
	t, findings := m.Totals(nil), defender.Vulnerabilities.String()
	d.say("published snapshot %d of %s: %d devices, %d findings, %d new, %d fixed", d.second.Number,
		d.second.Generated.UTC().Format(time.DateOnly), t.Devices, t.Rows[findings],
		t.Changes[findings].New, t.Changes[findings].Fixed)
	return nil
}
