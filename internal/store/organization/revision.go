package organization

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// ReserveRevisions is the statement of TakeRevisions.
const ReserveRevisions = `UPDATE organization SET revision = revision + $1 WHERE id = $2 RETURNING revision, clock, ` +
	editionColumns

// TakeRevisions reserves the organization's next n revisions. It returns the revision before the
// first of them, the edition of the group rules, and the newest clock reading that was believed.
// On PostgreSQL it also locks the organization until the transaction ends, so that revisions
// become visible in order.
func TakeRevisions(ctx context.Context, take *sql.Stmt, org string,
	n int) (before int64, rules Edition, mark time.Time, err error) {
	var last, clock int64
	err = take.QueryRowContext(ctx, n, org).Scan(&last, &clock, &rules.revision, &rules.groups)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, rules, mark, fmt.Errorf("organization %q: %w", org, database.ErrNotFound)
	}
	return last - int64(n), rules, database.FromMillis(clock), err
}

// Lock returns the newest revision. On PostgreSQL it also waits for reports that have taken a
// revision and are not committed yet.
func Lock(ctx context.Context, tx *sql.Tx, org string) (revision int64, err error) {
	const lock = `UPDATE organization SET revision = revision WHERE id = $1 RETURNING revision`
	err = tx.QueryRowContext(ctx, lock, org).Scan(&revision)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("organization %q: %w", org, database.ErrNotFound)
	}
	return revision, err
}

// Edition identifies the rules and groups of an organization: the revision of its rules, 0 if
// there were never any, and the number of the newest group. Groups are made with and without
// rules, and none is deleted.
type Edition struct{ revision, groups int64 }

// editionColumns are the columns of an Edition.
const editionColumns = `rules_revision, (SELECT coalesce(max(g.id), 0) FROM rbac_group g WHERE g.organization = organization.id)`

// PresentEdition reads the current edition of an organization. An unknown organization is
// ErrNotFound.
func PresentEdition(ctx context.Context, tx *sql.Tx, org string) (now Edition, err error) {
	err = tx.QueryRowContext(ctx, `SELECT `+editionColumns+` FROM organization WHERE id = $1`,
		org).Scan(&now.revision, &now.groups)
	return now, database.Explain(err)
}
