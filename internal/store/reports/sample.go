package reports

import (
	"context"

	"github.com/muster-project/muster/internal/store/database"
)

// sampled counts reports, and has the database sample the tables of reports when they may have outgrown
// what it knows of them: after 64 reports, and whenever there are four times as many.
type sampled struct{ reports, next int }

// firstSample is the number of reports after which tables are sampled first.
const firstSample = 64

// after counts the reports of a group. A sample that fails only costs speed.
func (s *sampled) after(ctx context.Context, db *database.DB, group []*slice) {
	for _, p := range group {
		s.reports += p.to - p.from
	}
	if s.reports < s.next {
		return
	}
	for s.next <= s.reports {
		s.next *= 4
	}
	if err := db.Sample(ctx, "device", "document", "receipt", "collector", "address"); err != nil {
		db.Logger().WarnContext(ctx, "statements may be slow until the database samples its tables", "error", err)
	}
}
