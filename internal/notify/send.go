package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/notified"
)

const (
	// receiversAtOnce is how many receivers are sent to at once.
	receiversAtOnce = 8
	// turnTime is how long a receiver's turn lasts in a round: a slow one does not keep others waiting.
	turnTime = 10 * time.Second
	// perTurn is how many notices are sent in a turn; perDigest is how many one digest has.
	perTurn   = 200
	perDigest = 200
	// longestAsked bounds for how long a receiver may ask to be left alone (Retry-After).
	longestAsked = time.Hour
	// GiveUpAfter is for how long a notice that is due is tried.
	GiveUpAfter = 3 * 24 * time.Hour
	// maxWhy bounds what is kept of an error, in bytes.
	maxWhy = 500
)

// Send sends what is due, to several receivers at once: those first that did not fail before, so that nobody waits for
// one that hangs.
func (n *Notifier) Send(ctx context.Context) error {
	owing, err := n.owing(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(owing, func(a, b notified.Owing) int { return cmp.Compare(a.Failures, b.Failures) })
	var mu sync.Mutex
	var all []error
	var turns sync.WaitGroup
	places := make(chan struct{}, receiversAtOnce)
	for i := range owing {
		places <- struct{}{}
		turns.Go(func() {
			defer func() { <-places }()
			if err := n.turn(ctx, &owing[i]); err != nil {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, err)
			}
		})
	}
	turns.Wait()
	return errors.Join(all...)
}

// owing lists the rules by which something is to be sent now. What became due before quiet hours, and was not sent
// then, waits for their end.
func (n *Notifier) owing(ctx context.Context) ([]notified.Owing, error) {
	now := n.Clock()
	all, err := n.Store.Notified.Owing(ctx, now)
	return slices.DeleteFunc(all, func(o notified.Owing) bool { return quiet(&o.Rule.Rule, now) }), err
}

// quiet tells whether a time is in the quiet hours of a rule.
func quiet(r *notice.Rule, now time.Time) bool { return r.Awake(now, notified.Zone(r)).After(now) }

// turn sends what is due by a rule until a delivery fails, the rule is changed or the turn is over.
func (n *Notifier) turn(ctx context.Context, o *notified.Owing) error {
	name := o.Organization
	if of, err := n.Store.Organizations.ByID(ctx, o.Organization); err == nil {
		name = of.Name
	}
	due, err := n.Store.Notified.Due(ctx, o.Organization, o.Name, n.Clock(), perTurn)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	for len(due) > 0 && limited.Err() == nil && !quiet(&o.Rule.Rule, n.Clock()) {
		some := due[:1]
		if o.Digest != "" {
			some = due[:min(len(due), perDigest)]
		}
		due = due[len(some):]
		switch is, err := n.Store.Notified.Rule(ctx, o.Organization, o.Name); {
		case errors.Is(err, database.ErrNotFound) || err == nil && !is.Same(&o.Rule):
			return nil // what was read may not be told any more, or somebody else is to be told
		case err != nil:
			return err
		}
		sent, err := n.deliver(ctx, o, notice.Organization{ID: o.Organization, Name: name}, some)
		if err != nil || !sent {
			return err
		}
	}
	return nil
}

// deliver sends some notices and records what came of it. sent is false if the receiver did not take them.
func (n *Notifier) deliver(ctx context.Context, o *notified.Owing, org notice.Organization,
	some []notified.Notice) (sent bool, err error) {
	plainly := make([]notice.Notice, len(some))
	for i := range some {
		plainly[i] = some[i].Notice
	}
	if err := n.Trace("send"); err != nil {
		return false, err
	}
	to, failed := n.destination(o.Organization, &o.Rule)
	if failed == nil {
		failed = n.Config.Send(ctx, to, notice.NewDelivery(org, o.Name, notice.Linked(n.Base, plainly)))
	}
	if ctx.Err() != nil {
		return false, ctx.Err() // the node stops: it is sent again
	}
	if err := n.Trace("record"); err != nil {
		return false, err
	}
	now := n.Clock()
	if failed == nil {
		o.Failures = 0
		return true, n.Store.Notified.SetSent(ctx, o.Organization, o.Name, some, now)
	}
	n.Log.WarnContext(ctx, "a notice could not be sent", "organization", o.Organization, "rule", o.Name,
		"receiver", o.Destination.Place(), "failures", o.Failures+1, "error", failed)
	return false, n.Store.Notified.SetFailed(ctx, o.Organization, o.Name, some, Why(failed), now,
		now.Add(wait(failed, o.Failures)), now.Add(-GiveUpAfter))
}

// wait is how long a receiver that failed is left alone: as long as it asked for, within bounds.
func wait(failed error, failures int64) time.Duration {
	var later *notice.LaterError
	if errors.As(failed, &later) {
		return max(backOff(failures), min(later.After, longestAsked))
	}
	return backOff(failures)
}

// Why is an error as it is stored and shown.
func Why(err error) string {
	text := plain.Inline(err.Error())
	if len(text) > maxWhy {
		text = text[:maxWhy] + "…"
	}
	return text
}

// Secret names the destination of a rule where secrets are sealed.
func Secret(rule string) string { return "notice rule " + rule }

// destination reads the destination of a rule with its secrets.
func (n *Notifier) destination(org string, r *notified.Rule) (*notice.Destination, error) {
	text, err := n.Open(org, r.Name, r.Sealed)
	if err != nil {
		return nil, fmt.Errorf("reading the secrets of rule %q: set the rule with its destination again: %w", r.Name, err)
	}
	to := &notice.Destination{}
	if err := json.Unmarshal(text, to); err != nil {
		return nil, errors.New("reading a destination: it is not what was stored") // without the text, which has secrets
	}
	return to, nil
}

// Test sends a test by a rule at once.
func (n *Notifier) Test(ctx context.Context, org notice.Organization, r *notified.Rule) error {
	to, err := n.destination(org.ID, r)
	if err != nil {
		return err
	}
	test := notice.NewTest(org.ID, r.Name, n.Clock())
	return n.Config.Send(ctx, to, notice.NewDelivery(org, r.Name, notice.Linked(n.Base, []notice.Notice{test})))
}
