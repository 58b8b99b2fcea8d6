package reports

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// kept is what an organization has of the devices of a transaction's reports, and the revisions that these
// take. It is read once, after the devices were locked.
type kept struct {
	devices   map[string]Device
	documents map[string][]keptDocument
	revisions
}

// keptDocument is a stored document without its data.
type keptDocument struct {
	documentKey
	hash   database.Hash
	writer trust.Writer
}

// revisions are reserved for reports.
type revisions struct {
	before int64 // the first one is the next
	rules  organization.Edition
	mark   time.Time // the newest clock reading that was believed
}

// next takes n revisions and returns the one before them.
func (r *revisions) next(n int) int64 {
	before := r.before
	r.before += int64(n)
	return before
}

// readKept reads what is kept of devices that are locked, and reserves n revisions.
func (st receiveStatements) readKept(ctx context.Context, tx *sql.Tx, org string, ids []string, n int) (*kept, error) {
	k := &kept{devices: make(map[string]Device, len(ids)), documents: make(map[string][]keptDocument, len(ids))}
	list, args := inIDs(org, ids)
	rows, err := tx.QueryContext(ctx, `SELECT `+deviceColumns+` FROM device WHERE organization = $1 AND id`+list, args...)
	all, err := database.Collect(rows, err, scanDevice)
	if err != nil {
		return nil, fmt.Errorf("reading %d devices: %w", len(ids), err)
	}
	for _, d := range all {
		k.devices[d.ID] = d
	}
	rows, err = tx.QueryContext(ctx, `
		SELECT device, source, section, hash, writer FROM document WHERE organization = $1 AND device`+list, args...)
	if _, err = database.Collect(rows, err, func(rows *sql.Rows) (none struct{}, err error) {
		var device string
		var d keptDocument
		err = rows.Scan(&device, &d.source, &d.section, &d.hash, &d.writer)
		k.documents[device] = append(k.documents[device], d)
		return none, err
	}); err != nil {
		return nil, fmt.Errorf("reading the documents of %d devices: %w", len(ids), err)
	}
	k.before, k.rules, k.mark, err = organization.TakeRevisions(ctx, st.takeRevisions, org, n)
	return k, err
}

// inIDs returns the SQL condition that a column has one of some ids, and the parameters of a query whose first
// one is the organization. There are few texts, so that they stay prepared: ids are repeated up to a
// power of two.
func inIDs(org string, ids []string) (condition string, args []any) {
	n := 1
	for n < len(ids) {
		n *= 2
	}
	args = append(make([]any, 0, n+1), org)
	for i := range n {
		args = append(args, ids[min(i, len(ids)-1)])
	}
	return ` IN (` + places(2, n) + `)`, args
}
