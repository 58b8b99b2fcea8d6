package demo

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/organization"
)

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

// reports yields the reports of a day: every device reports. One in ten comes in the course of the past, one is removed
// and one falls silent. Beside them is a device of which no feed knows the software.
func (d *demonstration) reports(n int) func(yield func(*inventory.Report) bool) {
	return func(yield func(*inventory.Report) bool) {
		i := 0
		for r := range d.fleet.All(n) {
			if d.present(i, n) && !yield(r) {
				return
			}
			i++
		}
		if d.lively() {
			yield(uncovered(d.clock.now()))
		}
	}
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
