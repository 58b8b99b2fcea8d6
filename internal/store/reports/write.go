package reports

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// writer stores the slices of a queue.
type writer struct {
	db         *database.DB
	statements receiveStatements
	queue      *queue
	observe    func(Commit)
	sampled    sampled
	drained    chan struct{} // closed when the last queued report is written
}

// run writes group by group, until the queue is closed.
func (w *writer) run() {
	defer close(w.drained)
	ctx := context.Background() // callers may leave; taken slices are finished
	for group := w.queue.take(); len(group) > 0; group = w.queue.take() {
		w.writeGroup(ctx, group)
		w.queue.done(group)
		w.sampled.after(ctx, w.db, group)
	}
}

// writeGroup commits a group as one transaction. If that fails as a whole (for example because a
// batch is too large for the disk), each slice is tried alone, so that only the cause fails. A database
// that does not answer would answer none of them.
func (w *writer) writeGroup(ctx context.Context, group []*slice) {
	done, err := w.commit(ctx, group)
	switch {
	case err == nil:
		for _, p := range group {
			p.keep()
		}
		w.observe(done)
	case len(group) == 1, errors.Is(err, database.ErrUnavailable):
		for _, p := range group {
			p.fail(err)
			p.keep()
		}
	default:
		for i := range group {
			group[i].err = nil
			w.writeGroup(ctx, group[i:i+1])
		}
	}
}

// commit stores a group in one transaction. It may be stored twice, if the connection to the database is
// lost while it is committed: like every batch it may safely be sent again.
func (w *writer) commit(ctx context.Context, group []*slice) (done Commit, err error) {
	locks := newLocks(w.db, group)
	for {
		err = w.db.WriteAgain(ctx, func(tx *sql.Tx) error {
			done = Commit{}
			if err := locks.take(ctx, tx); err != nil {
				return err
			}
			return w.store(ctx, tx, group, locks, &done)
		})
		if !errors.Is(err, errAlone) {
			return done, err
		}
	}
}

// store stores a group in a transaction.
func (w *writer) store(ctx context.Context, tx *sql.Tx, group []*slice, locks *locks, done *Commit) (err error) {
	st := w.statements.in(ctx, tx)
	if locks.apart() {
		err = st.together(ctx, tx, group, locks, done)
	} else {
		err = st.slices(ctx, tx, group, done)
	}
	if err == nil && slices.ContainsFunc(group, func(p *slice) bool { return p.err == nil && p.isGone() }) {
		err = errGone
	}
	return err
}

// errGone says that nobody waits for the receipts. A sender who is told so after all may send the reports again.
var errGone = fmt.Errorf("the sender of the reports is gone: %w", context.Canceled)

// fail keeps the first cause: when the disk is full, later errors only say that the savepoint is
// gone.
func (p *slice) fail(err error) {
	p.receipts = nil
	if p.err == nil {
		p.err = err
	}
}

// keep adds the result of a slice to the result of its call.
func (p *slice) keep() {
	p.call.receipts = append(p.call.receipts, p.receipts...)
	if p.call.err == nil {
		p.call.err = p.err
	}
}

// slices stores each slice in a savepoint. The returned error is the transaction's; a slice's own
// error is kept with the slice. After a slice failed, the other slices of its call are left out.
func (st receiveStatements) slices(ctx context.Context, tx *sql.Tx, group []*slice, done *Commit) error {
	return eachSlice(group, func(p *slice) error {
		if _, err := tx.ExecContext(ctx, `SAVEPOINT batch`); err != nil {
			return err
		}
		p.receipts, p.err = st.slice(ctx, tx, p, done)
		if database.Ends(p.err) {
			return p.err
		}
		if p.err != nil {
			if _, err := tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT batch`); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `RELEASE SAVEPOINT batch`)
		return err
	})
}

// eachSlice calls store with each slice whose call has not failed. Store sets the receipts, or the error, of the
// slice: then the others of its call are not stored. An error that it returns is the transaction's, and ends it.
func eachSlice(group []*slice, store func(*slice) error) error {
	failed := map[*call]error{}
	for _, p := range group {
		if p.receipts, p.err = nil, failed[p.call]; p.err == nil {
			p.err = p.call.err
		}
		if p.err == nil && p.isGone() {
			p.err, failed[p.call] = errGone, errGone
		}
		if p.err != nil {
			continue
		}
		if err := store(p); err != nil {
			return err
		}
		if p.err != nil {
			p.receipts, failed[p.call] = nil, p.err
		}
	}
	return nil
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// together stores slices whose reports are about different devices, all known. What is stored of these is
// read once, and all rows are written together, so the number of statements does not depend on that of
// reports. A slice that fails writes nothing. The returned error is the transaction's, as of slices.
func (st receiveStatements) together(ctx context.Context, tx *sql.Tx, group []*slice, l *locks, done *Commit) error {
	known := map[string]*kept{}
	for _, org := range l.organizations {
		var err error
		if known[org], err = st.readKept(ctx, tx, org, l.ids[org], l.counts[org]); err != nil {
			return err
		}
	}
	var all writes
	if err := eachSlice(group, func(p *slice) error {
		var own writes
		p.receipts, p.err = st.reports(ctx, tx, p, done, &known[p.org].revisions, known[p.org], &own)
		switch {
		case database.Ends(p.err):
			return p.err
		case p.err == nil:
			all.join(&own)
		}
		return nil
	}); err != nil {
		return err
	}
	return all.flush(ctx, tx)
}

// slice stores the reports of one slice. Its work is in proportion to them: a device that many of
// them are about is read once.
func (st receiveStatements) slice(ctx context.Context, tx *sql.Tx, p *slice, done *Commit) ([]Receipt, error) {
	var next revisions
	var err error
	next.before, next.rules, next.mark, err = organization.TakeRevisions(ctx, st.takeRevisions, p.org, p.to-p.from)
	if err != nil {
		return nil, err
	}
	return st.reports(ctx, tx, p, done, &next, nil, nil)
}

// reports stores the reports of one slice, which take the next revisions. k is what is known of their
// devices beforehand, and w gets what is to be written; both may be nil.
func (st receiveStatements) reports(ctx context.Context, tx *sql.Tx, p *slice, done *Commit, next *revisions, k *kept,
	w *writes) ([]Receipt, error) {
	reports := p.batch[p.from:p.to]
	before := next.next(len(reports))
	grouping, err := st.groupings.At(ctx, tx, p.org, next.rules)
	if err != nil {
		return nil, err
	}
	known := newKnown(p.org, done)
	known.kept = k
	receipts := make([]Receipt, len(reports))
	for i := range reports {
		r := receiving{receiveStatements: st, tx: tx, grouping: grouping, known: known, kept: k, writes: w, org: p.org,
			sender: &p.sender, reading: p.now, now: later(p.now, next.mark), revision: before + int64(i) + 1}
		if receipts[i], err = r.report(ctx, &reports[i]); err != nil {
			return nil, &BatchError{Index: p.from + i, Err: err}
		}
	}
	if err := known.settle(ctx, st); err != nil {
		return nil, err
	}
	done.Slices = append(done.Slices, Slice{p.org, p.caller, len(reports)})
	return receipts, nil
}
