package reports

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// examiner checks a call before anything of it is stored. A call of one slice needs no check: it
// is stored whole or not at all.
type examiner struct {
	db         *database.DB
	statements receiveStatements
	// turn lets one slice be examined at a time, so that other readers find free connections.
	turn *fair.Gate
}

func prepareExaminer(ctx context.Context, db *database.DB) (examiner, error) {
	e := examiner{db: db, turn: fair.NewGate(1, turnWork)}
	err := database.Statements{
		&e.statements.deviceByID: deviceByID, &e.statements.deviceByName: deviceByName,
		&e.statements.documentHashes: documentHashesOf,
	}.Prepare(ctx, db.Reader())
	return e, err
}

// examine returns the error of the first report that would be refused now. It reads slice by slice
// and takes turns with other calls.
func (e examiner) examine(ctx context.Context, c *call) error {
	examined := examination{call: c, groupings: new(organization.Groupings), known: newKnown(c.org, new(Commit))}
	for _, part := range c.slices() {
		if err := e.examineSlice(ctx, &examined, part); err != nil {
			return err
		}
	}
	return nil
}

// examination is a call being checked, with the results so far.
type examination struct {
	*call
	groupings *organization.Groupings
	known     *knownDevices
}

func (e examiner) examineSlice(ctx context.Context, c *examination, part *slice) error {
	if err := e.turn.Enter(ctx, c.org, c.caller, part.work); err != nil {
		return err
	}
	defer e.turn.Leave(c.org)
	defer c.known.forget()
	return e.db.Read(ctx, func(tx *sql.Tx) error { return e.compareSlice(ctx, tx, c, part) })
}

// compareSlice compares the reports of a slice with what a transaction sees.
func (e examiner) compareSlice(ctx context.Context, tx *sql.Tx, c *examination, part *slice) error {
	rules, err := organization.PresentEdition(ctx, tx, c.org)
	if err != nil {
		return fmt.Errorf("organization %q: %w", c.org, err)
	}
	grouping, err := c.groupings.At(ctx, tx, c.org, rules)
	if err != nil {
		return err
	}
	statements := e.statements.inRead(ctx, tx)
	for i := part.from; i < part.to; i++ {
		r := receiving{receiveStatements: statements, grouping: grouping, known: c.known, tx: tx, org: c.org,
			sender: &c.sender, now: c.now}
		if _, err := r.compare(ctx, &c.batch[i]); err != nil {
			return &BatchError{Index: i, Err: err}
		}
	}
	return nil
}
