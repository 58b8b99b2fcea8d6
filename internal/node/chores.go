package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/store/chore"
	"github.com/muster-project/muster/internal/store/database"
)

// Chores: what one node does for all.
const (
	choreFeeds  = "feeds"
	choreVerify = "verify"
	choreSweep  = "sweep"
	// choreNotices is making and sending notices.
	choreNotices = "notices"
)

const (
	// renewTurn is the interval of renewing a turn at a chore.
	renewTurn = chore.LeaseTime / 4
	// endTurn is the longest time that ending one may take.
	endTurn = 5 * time.Second
	// sweepEvery is the interval of removing uploads to object storage that never ended; sweepAge is how old
	// they are, so that none of them still runs.
	sweepEvery = 6 * time.Hour
	sweepAge   = 24 * time.Hour
	// keptPulls is how long the place of a pull is kept that nobody goes on with.
	keptPulls = time.Hour
	// noticesEvery is the interval of looking for notices that are to be made or sent.
	noticesEvery = 5 * time.Second
	// aheadEvery is the interval of looking for a snapshot that nobody has asked for yet; maxAhead is of how many
	// organizations snapshots are read ahead, because the memory of answers is one for all.
	aheadEvery = time.Second
	maxAhead   = 16
)

// inTurn returns a task that does a chore if it is due and no other node does it. One that is
// interrupted is as due as it was, so another node does it, or this one after its next start.
func (n *Node) inTurn(name string, every time.Duration,
	do func(context.Context) (result string, err error)) func(context.Context) error {
	return func(ctx context.Context) error {
		turn, err := n.Store.Chores.Take(ctx, name, every)
		if turn == nil || err != nil {
			return err
		}
		held, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		go func() {
			if lost := database.Keep(held, renewTurn, turn.Renew, chore.ErrLost, func(err error) {
				n.log.WarnContext(ctx, "renewing a turn failed", "error", err)
			}); lost != nil {
				stop(lost)
			}
		}()
		result, err := do(held)
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTurn)
		defer cancel()
		if held.Err() != nil {
			return errors.Join(context.Cause(held), turn.GiveBack(ending))
		}
		return errors.Join(err, turn.Done(ending, result))
	}
}

// plainly makes a chore of a task without a result.
func plainly(do func(context.Context) error) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) { return "", do(ctx) }
}

// verify returns a task that verifies everything, at a number of bytes a second, and returns what other
// nodes learn of it. The publisher logs what is wrong.
func (n *Node) verify(rate int64) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		found, err := n.Verifier.VerifyAll(ctx, paced(rate))
		if err != nil {
			return "", err
		}
		n.log.InfoContext(ctx, "everything was verified", "problems", found.Sum())
		text, err := json.Marshal(found)
		if err != nil {
			return "", fmt.Errorf("encoding what was verified: %w", err)
		}
		return string(text), nil
	}
}

// learnVerified reads what the last verification found, whichever node made it.
func (n *Node) learnVerified(ctx context.Context) error {
	last, err := n.Store.Chores.Last(ctx, choreVerify)
	if err != nil || last.Result == "" {
		return err
	}
	var found damage.Health
	if err := json.Unmarshal([]byte(last.Result), &found); err != nil {
		return fmt.Errorf("reading what was verified: %w", err)
	}
	n.Verifier.Learn(found)
	return nil
}

// forgetPulls removes the places of pulls that are over.
func (n *Node) forgetPulls(ctx context.Context) error {
	return n.Store.Pulls.Forget(ctx, time.Now().Add(-keptPulls))
}

// sweep removes what is left in object storage of uploads that never ended.
func (n *Node) sweep(ctx context.Context) error {
	removed, err := n.bucket.Sweep(ctx, time.Now().Add(-sweepAge))
	if removed > 0 {
		n.log.InfoContext(ctx, "unfinished uploads were removed", "uploads", removed)
	}
	return err
}

// notices makes and sends notices if any are owed. That is asked first without a write, since it is asked all the
// time.
func (n *Node) notices(ctx context.Context) error {
	owes, err := n.notifier.Owes(ctx)
	if err != nil || !owes {
		return err
	}
	if n.shared {
		return n.inTurn(choreNotices, 0, plainly(n.notifier.Round))(ctx)
	}
	return n.notifier.Round(ctx)
}

// pruneNotices removes notices that ended long ago, unless the clock is in doubt: nothing is removed then.
func (n *Node) pruneNotices(ctx context.Context) error {
	all, err := n.Store.Organizations.All(ctx)
	for _, o := range all {
		if doubt := n.Publisher.Watcher().Doubt(ctx, o.ID); doubt != nil {
			return nil
		}
	}
	return errors.Join(err, n.notifier.Prune(ctx))
}

// paced returns a function that waits for as long as reading takes at the rate.
func paced(rate int64) func(ctx context.Context, bytes int64) error {
	return func(ctx context.Context, bytes int64) error {
		timer := time.NewTimer(time.Duration(float64(bytes) / float64(rate) * float64(time.Second)))
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ReadAhead reads what most answers about a new snapshot, or by a new catalog, need, and makes the first lists, so that
// who asks first does not wait for it: after a start, too. It tries once for each: what could not be read is read for
// who asks, who is told why not.
func ReadAhead(ctx context.Context, n *Node) error {
	n.ahead.mutex.Lock()
	defer n.ahead.mutex.Unlock()
	all, err := n.Store.Organizations.All(ctx)
	if err != nil || len(all) > maxAhead {
		return err
	}
	var failed []error
	for _, o := range all {
		if err := n.ahead.of(ctx, n, o.ID); err != nil && !errors.Is(err, answer.ErrUnavailable) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// of reads ahead for an organization.
func (a *ahead) of(ctx context.Context, n *Node, organization string) error {
	newest, err := n.Store.Publication.Latest(ctx, organization)
	if errors.Is(err, database.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	known, err := n.Library.Current(ctx)
	if err != nil {
		return err
	}
	mark := fmt.Sprint(newest.Mark(), known.ID())
	if a.read[organization] == mark {
		return nil
	}
	a.read[organization] = mark
	m, err := n.Publisher.Manifest(newest)
	if err == nil {
		err = answer.FleetOf(n.answers.Of(m, nil)).Prepare(ctx)
	}
	if err == nil {
		err = a.lists.Make(ctx, organization)
	}
	return err
}
