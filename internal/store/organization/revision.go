package organization

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// ReserveRevisions is the statement of TakeRevisions, which runs beside the transaction
// (database.DB.Beside).
const ReserveRevisions = `UPDATE organization SET revision = revision + $1 WHERE id = $2 RETURNING revision, clock, ` +
	editionColumns

// TakeRevisions reserves the organization's next n revisions. It returns the revision before the
// first of them, the edition of the group rules, and the newest clock reading that was believed.
//
// The caller has locked the organization, by Share or by Lock. If other transactions write at the same
// time, revisions become visible in any order, and those of a transaction that fails are not used. But
// whoever locks the organization by Lock sees everything with a revision up to the newest, and all
// later reports have higher ones.
func TakeRevisions(ctx context.Context, take *sql.Stmt, org string,
	n int) (before int64, rules Edition, mark time.Time, err error) {
	var last, clock int64
	err = take.QueryRowContext(ctx, n, org).Scan(&last, &clock, &rules.revision, &rules.groups)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, rules, mark, unknown(org)
	}
	return last - int64(n), rules, database.FromMillis(clock), err
}

func unknown(org string) error { return fmt.Errorf("organization %q: %w", org, database.ErrNotFound) }

// Share keeps Lock out until the transaction ends. Of those who share an organization each changes only
// devices whose rows it has locked, and makes none.
func Share(ctx context.Context, tx *sql.Tx, org string) error { return database.Shared(ctx, tx, org) }

// Lock waits for all who share or lock the organization, keeps others out until the transaction ends,
// and returns the newest revision. Whatever decides by several rows of an organization, or changes the
// organization's own row along with others, locks it first: then nothing changes meanwhile.
func Lock(ctx context.Context, tx *sql.Tx, org string) (revision int64, err error) {
	if err := database.Alone(ctx, tx, org); err != nil {
		return 0, err
	}
	// A statement after the one that waited: on PostgreSQL only this one sees what the others stored.
	err = tx.QueryRowContext(ctx, `SELECT revision FROM organization WHERE id = $1`, org).Scan(&revision)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, unknown(org)
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
