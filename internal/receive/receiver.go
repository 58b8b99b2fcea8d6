package receive

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/watch"
)

// Sending says who sends reports.
type Sending struct {
	// Organization owns the devices.
	Organization string
	// Sender says who sends the reports, and so what they are believed about. While others wait,
	// each sender gets its share of what can be stored.
	Sender trust.Sender
	// Admit, if set, may refuse the normalised reports. Then none is stored.
	Admit func([]reports.Incoming) error
	// Hold, if set, bounds memory. It is called with the bytes that are kept of each report until
	// all are stored, and may end the call with an error. The input of a report is no longer needed
	// when the next one is read.
	Hold func(bytes int64) error
	// Left, if set, reports whether the sender no longer waits: then what is not stored is not stored any more.
	Left func() bool
}

// Config says where reports are stored. Reports, Watcher and Codec are required.
type Config struct {
	Reports *reports.Store
	// Watcher checks the clock now and then when reports arrive.
	Watcher *watch.Watcher
	Codec   *stored.Codec
	// Clock is time.Now if nil.
	Clock func() time.Time
}

// Receiver stores reports. It is safe for concurrent use.
type Receiver struct {
	reports *reports.Store
	watcher *watch.Watcher
	codec   *stored.Codec
	clock   func() time.Time
}

// New returns a Receiver.
func New(c Config) *Receiver {
	return &Receiver{c.Reports, c.Watcher, c.Codec, watch.Readings(c.Clock)}
}

// Receive stores reports durably: when it returns receipts, the reports survive a power loss. It
// normalises the reports first. The first one that is not acceptable ends the call with its error,
// and none is stored. reports.Store.Receive says what happens if storing many ends early.
func (r *Receiver) Receive(ctx context.Context, s Sending,
	sent iter.Seq2[*inventory.Report, error]) ([]reports.Receipt, error) {
	now := r.clock()
	r.watcher.AtReceipt(ctx, s.Organization, now)
	var batch []reports.Incoming
	for report, err := range sent {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		said := report.Time // Normalize replaces impossible times
		if err := report.Normalize(now); err != nil {
			return nil, err
		}
		documents, err := r.codec.Documents(report)
		if err != nil {
			return nil, fmt.Errorf("storing the report of device %q: %w", report.Device.Name, err)
		}
		device := report.Device.Clone() // its strings would keep the whole text
		collector := inventory.Collector{Name: strings.Clone(report.Collector.Name),
			Version: strings.Clone(report.Collector.Version)}
		incoming := reports.Incoming{Device: device, Source: strings.Clone(report.Source), Collector: collector,
			Addresses: clone(report.Addresses),
			Seen:      report.Time, Said: said, Documents: documents, Group: device.RBACGroup}
		if s.Hold != nil {
			if err := s.Hold(sizeOf(&incoming)); err != nil {
				return nil, err
			}
		}
		batch = append(batch, incoming)
	}
	if s.Admit != nil {
		if err := s.Admit(batch); err != nil {
			return nil, err
		}
	}
	return r.reports.ReceiveFrom(ctx, s.Left, s.Organization, s.Sender, batch, now)
}

// clone copies addresses without the text from which they were read.
func clone(all []inventory.Address) []inventory.Address {
	all = slices.Clone(all)
	for i, a := range all {
		all[i] = inventory.Address{IP: strings.Clone(a.IP), MAC: strings.Clone(a.MAC)}
	}
	return all
}

// sizeOf estimates the bytes of memory of a report that waits to be stored.
func sizeOf(r *reports.Incoming) int64 {
	const itself int64 = 512
	size := itself + int64(len(r.Collector.Name)+len(r.Collector.Version))
	for _, doc := range r.Documents {
		size += int64(cap(doc.Data))
	}
	for _, a := range r.Addresses {
		size += int64(len(a.IP) + len(a.MAC))
	}
	for _, tag := range r.Device.Tags {
		size += int64(len(tag))
	}
	return size
}
