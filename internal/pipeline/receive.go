package pipeline

import (
	"context"
	"fmt"
	"iter"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
)

// Receive stores reports durably, all of them or none: it has returned when
// they survive a power loss. Reports are normalised on the way; the first one
// that is not acceptable ends the call with its error. Sender says what they are
// believed about.
func (p *Pipeline) Receive(ctx context.Context, organization string, sender trust.Sender, reports iter.Seq2[*inventory.Report, error]) ([]store.Receipt, error) {
	now := p.clock()
	var batch []store.Incoming
	for report, err := range reports {
		if err != nil {
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
	return p.store.Receive(ctx, organization, sender, batch, now)
}
