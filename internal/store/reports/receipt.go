package reports

import (
	"context"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// Receipt returns a receipt and the number of the first sealed generation that began after it, 0
// while there is none. A pruned receipt is ErrNotFound.
func (s *Store) Receipt(ctx context.Context, org, id string) (r Receipt, snapshot int64, err error) {
	const query = `
		SELECT r.id, r.device, r.source, r.revision, r.received, r.changed, coalesce((
			SELECT g.number FROM generation g
			WHERE g.organization = r.organization AND g.state = 'sealed' AND g.revision >= r.revision
			ORDER BY g.revision, g.number LIMIT 1), 0)
		FROM receipt r WHERE r.organization = $1 AND r.id = $2`
	var received int64
	err = s.db.Reader().QueryRowContext(ctx, query, org, id).
		Scan(&r.ID, &r.DeviceID, &r.Source, &r.Revision, &received, &r.Changed, &snapshot)
	if err != nil {
		return Receipt{}, 0, fmt.Errorf("reading receipt %q: %w", id, database.Explain(err))
	}
	r.Received = database.FromMillis(received)
	return r, snapshot, nil
}

// pruneStep bounds one transaction of PruneReceipts, so that reports do not wait for long.
const pruneStep = 5000

// PruneReceipts removes an organization's receipts from before a time. They are found by the index
// of times.
func (s *Store) PruneReceipts(ctx context.Context, org string, before time.Time) error {
	const step = `
		DELETE FROM receipt WHERE (organization, id) IN (
			SELECT organization, id FROM receipt WHERE organization || '' = $1 AND received < $2 ORDER BY received LIMIT $3)`
	for {
		rows, err := s.db.ExecAgain(ctx, step, org, database.Millis(before), pruneStep)
		if err != nil {
			return fmt.Errorf("pruning receipts: %w", err)
		}
		if rows < pruneStep {
			return nil
		}
	}
}
