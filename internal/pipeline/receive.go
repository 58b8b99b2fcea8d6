package pipeline

import (
	"context"
	"fmt"
	"iter"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
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
	Admit func([]store.Incoming) error
}

// Receive stores reports durably: it has returned receipts when they survive
// a power loss. Reports are normalised on the way; the first one that is not
// acceptable ends the call with its error, and nothing is stored. What happens
// when storing many ends early is told at store.Receive.
func (p *Pipeline) Receive(ctx context.Context, s Sending, reports iter.Seq2[*inventory.Report, error]) ([]store.Receipt, error) {
	now := p.clock()
	var batch []store.Incoming
	for report, err := range reports {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := report.Normalize(now); err != nil {
			return nil, err
		}
		documents, err := p.codec.Documents(report)
		if err != nil {
			return nil, fmt.Errorf("storing the report of %q: %w", report.Device.Name, err)
		}
		batch = append(batch, store.Incoming{Device: report.Device, Source: report.Source, Seen: report.Time, Documents: documents,
			Group: report.Device.RBACGroup})
	}
	if s.Admit != nil {
		if err := s.Admit(batch); err != nil {
			return nil, err
		}
	}
	return p.store.Receive(ctx, s.Organization, s.Sender, batch, now)
}
