package demo

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// importSample imports those feeds of the sample that are chosen.
func (d *demonstration) importSample(ctx context.Context, chosen func(intel.Kind) bool) error {
	var imports []library.Import
	for _, f := range sample.Feeds() {
		if chosen(f.Kind) {
			imports = append(imports, library.Import{Kind: f.Kind, Name: f.Name, Files: library.FilesOf(f.Files)})
		}
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
	d.say("  imported %d feeds: %d CVEs, %d products, %d packages", len(done), summary.CVEs,
		summary.Products, summary.Packages)
	return nil
}

// collectHere receives a report of this machine, and skips it if it cannot be collected.
func (d *demonstration) collectHere(ctx context.Context) {
	report, warnings, err := collect.Collect(ctx, collect.Config{Version: d.version, Now: time.Now().UTC()})
	var taken []reports.Receipt
	if err == nil {
		taken, err = d.receive(ctx, func(yield func(*inventory.Report) bool) { yield(report) })
	}
	if err != nil {
		d.terminal.Warn("this machine is skipped: %v", err)
		return
	}
	d.here = taken[0].DeviceID
	d.say("  this machine, %s: %s %s, %d pieces of software, %d families of settings, %d warnings",
		plain.Inline(report.Device.Name), plain.Inline(report.Device.OSPlatform), plain.Inline(report.Device.OSVersion),
		len(report.Software), len(report.Facts), len(warnings))
}

// receive stores reports, as many at a time as a client would send.
func (d *demonstration) receive(ctx context.Context, all iter.Seq[*inventory.Report]) ([]reports.Receipt, error) {
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
	return taken, nil
}

// publish publishes a snapshot, which is one of the two newest.
func (d *demonstration) publish(ctx context.Context) error {
	made, err := d.folder.Publisher.Publish(ctx, organization.Default).Wait(ctx)
	if err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	d.first, d.second = d.second, made
	return nil
}
