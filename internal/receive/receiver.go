package receive

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/watch"
)

// Sending says who sends reports.
type Sending struct {
	// Organization is whose devices they are about.
	Organization string
	// Sender is who of it sends them, and what they are believed about. While
	// others wait, each sender gets its share of what can be stored.
	Sender trust.Sender
	// Admit, if set, may refuse the reports. They are normalised, and nothing of
	// them is stored.
	Admit func([]reports.Incoming) error
	// Hold, if set, is for who bounds memory: it is told how many bytes are kept
	// of each report until all are stored, and may end the call. What a report was
	// decoded from is needed no more when the next one is asked for.
	Hold func(bytes int64) error
}

// Config says where reports are stored. Reports, Watcher and Codec are needed.
type Config struct {
	Reports *reports.Store
	// Watcher looks at the clock now and then, as reports come.
	Watcher *watch.Watcher
	Codec   *inventory.Codec
	// Clock is time.Now if nil.
	Clock func() time.Time
}

// Receiver stores reports. It is safe for concurrent use.
type Receiver struct {
	reports *reports.Store
	watcher *watch.Watcher
	codec   *inventory.Codec
	clock   func() time.Time
}

// New returns a Receiver.
func New(c Config) *Receiver {
	return &Receiver{c.Reports, c.Watcher, c.Codec, watch.Readings(c.Clock)}
}

// Receive stores reports durably: it has returned receipts when they survive
// a power loss. Reports are normalised on the way; the first one that is not
// acceptable ends the call with its error, and nothing is stored. What happens
// when storing many ends early is told at reports.Store.Receive.
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
		said := report.Time // Normalize makes it one that can be
		if err := report.Normalize(now); err != nil {
			return nil, err
		}
		documents, err := r.codec.Documents(report)
		if err != nil {
			return nil, fmt.Errorf("storing the report of %q: %w", report.Device.Name, err)
		}
		device := report.Device.Clone() // its strings would keep the whole text
		collector := inventory.Collector{Name: strings.Clone(report.Collector.Name),
			Version: strings.Clone(report.Collector.Version)}
		incoming := reports.Incoming{Device: device, Source: strings.Clone(report.Source), Collector: collector,
			Seen: report.Time, Said: said, Documents: documents, Group: device.RBACGroup}
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
	return r.reports.Receive(ctx, s.Organization, s.Sender, batch, now)
}

// sizeOf is about how many bytes a report takes that waits to be stored.
func sizeOf(r *reports.Incoming) int64 {
	const itself int64 = 512
	size := itself + int64(len(r.Collector.Name)+len(r.Collector.Version))
	for _, doc := range r.Documents {
		size += int64(cap(doc.Data))
	}
	for _, tag := range r.Device.Tags {
		size += int64(len(tag))
	}
	return size
}
