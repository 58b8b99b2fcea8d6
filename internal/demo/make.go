package demo

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// simulated returns the fleet of a demonstration at a time. Its devices and their changes are
// the same each time.
func simulated(devices int, now time.Time) fleet.Fleet {
	const ago = 2 * time.Hour
	changing := max(0.2, 4/float64(devices)) // of a few devices most change, so that there is something to show
	return fleet.Fleet{Seed: 1, Devices: devices, Begun: now.Add(-ago).UTC(), Interval: ago / 2, Changing: changing}
}

// make receives reports, imports intelligence, publishes two snapshots, and makes a client
// that reads them.
func (d *demonstration) make(ctx context.Context) (err error) {
	if err := d.importSample(ctx); err != nil {
		return err
	}
	d.collectHere(ctx)
	if _, err := d.receive(ctx, "simulated devices", d.fleet.All(0)); err != nil {
		return err
	}
	if d.first, err = d.publish(ctx); err != nil {
		return err
	}
	if _, err := d.receive(ctx, "changed devices", d.fleet.Changed(1)); err != nil {
		return err
	}
	if d.second, err = d.publish(ctx); err != nil {
		return err
	}
	return d.logIn(ctx)
}

func (d *demonstration) importSample(ctx context.Context) error {
	var imports []library.Import
	for _, f := range sample.Feeds() {
		imports = append(imports, library.Import{Kind: f.Kind, Name: f.Name, Files: library.FilesOf(f.Files)})
	}
	done, number, err := d.folder.Library.Import(ctx, imports...)
	var current *catalog.Catalog
	if err == nil {
		_, err = d.folder.Library.Wait(ctx, number)
	}
	if err == nil {
		current, err = d.folder.Library.Current(ctx)
	}
	if err != nil {
		return fmt.Errorf("importing the sample of intelligence: %w", err)
	}
	summary := current.Summary()
	d.say("imported %d feeds: %d CVEs, %d products, %d packages", len(done), summary.CVEs,
		summary.Products, summary.Packages)
	return nil
}

// collectHere receives a report of this machine, and skips it if it cannot be collected.
func (d *demonstration) collectHere(ctx context.Context) {
	report, warnings, err := collect.Collect(ctx, collect.Config{Version: d.version, Now: time.Now().UTC()})
	var taken []reports.Receipt
	if err == nil {
		taken, err = d.receive(ctx, "device, this machine", func(yield func(*inventory.Report) bool) { yield(report) })
	}
	if err != nil {
		d.terminal.Warn("this machine is skipped: %v", err)
		return
	}
	d.here = taken[0].DeviceID
	d.say("  %s: %s %s, %d pieces of software, %d families of settings, %d warnings",
		plain.Inline(report.Device.Name), plain.Inline(report.Device.OSPlatform), plain.Inline(report.Device.OSVersion),
		len(report.Software), len(report.Facts), len(warnings))
}

// receive stores reports, as many at a time as a client would send.
func (d *demonstration) receive(ctx context.Context, what string,
	all iter.Seq[*inventory.Report]) ([]reports.Receipt, error) {
	taken, err := d.folder.Receiver.Receive(ctx,
		receive.Sending{Organization: organization.Default, Sender: trust.Sender{Role: trust.Manager}},
		func(yield func(*inventory.Report, error) bool) {
			for r := range all {
				if !yield(r, nil) {
					return
				}
			}
		})
	if err != nil {
		return nil, fmt.Errorf("receiving reports: %w", err)
	}
	d.say("received reports of %d %s", len(taken), what)
	return taken, nil
}

func (d *demonstration) publish(ctx context.Context) (publication.Snapshot, error) {
	made, err := d.folder.Publisher.Publish(ctx, organization.Default).Wait(ctx)
	if err != nil {
		return publication.Snapshot{}, fmt.Errorf("publishing: %w", err)
	}
	d.say("published snapshot %d", made.Number)
	return made, nil
}
