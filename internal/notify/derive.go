package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/notified"
	"github.com/muster-project/muster/internal/store/publication"
)

// rulesAtOnce is for how many rules devices are compared at a time: each rule remembers what it tells of them.
const rulesAtOnce = 10

// pending is the next snapshot of which notices are made.
type pending struct {
	org           string
	from          notified.Progress
	before, after publication.Snapshot // before is the zero Snapshot at the first
	// begins says that nothing was published since rules were set first, and that it is not yet known what CISA
	// listed then.
	begins bool
}

// next returns the next snapshot of which notices are made; nil if there is none.
func (n *Notifier) next(ctx context.Context, org string) (*pending, error) {
	from, err := n.Store.Notified.Progress(ctx, org)
	if errors.Is(err, database.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &pending{org: org, from: from}
	newest, err := n.Store.Publication.Latest(ctx, org)
	if errors.Is(err, database.ErrNotFound) || err == nil && newest.Number <= from.Number {
		if len(from.Known) > 0 {
			return nil, nil
		}
		p.begins, p.after.Number = true, from.Number
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := n.Store.Publication.Snapshots(ctx, org)
	for _, s := range all {
		if s.Number == from.Number {
			p.before = s
		}
		if s.Number > from.Number {
			p.after = s
			return p, err
		}
	}
	return nil, err
}

// Derive makes the notices of all snapshots of an organization that were published.
func (n *Notifier) Derive(ctx context.Context, org string) error {
	for {
		p, err := n.next(ctx, org)
		if err != nil || p == nil {
			return err
		}
		if err = n.Trace("derive"); err == nil {
			err = n.derive(ctx, p)
		}
		if errors.Is(err, notified.ErrOvertaken) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("of snapshot %d: %w", p.after.Number, err)
		}
	}
}

// derive makes the notices of one snapshot and stores them.
func (n *Notifier) derive(ctx context.Context, p *pending) error {
	rules, err := n.rules(ctx, p)
	if err != nil {
		return err
	}
	known, err := n.known(ctx, p.from.Known)
	if err != nil {
		return err
	}
	var made []notified.Made
	why := ""
	if p.from.Number != 0 && !p.begins { // the first snapshot is silent
		if made, why, err = n.make(ctx, p, rules, known); err != nil {
			return err
		}
	}
	if why != "" {
		n.Log.WarnContext(ctx, "changes of a snapshot are not told", "organization", p.org, "snapshot", p.after.Number, "reason", why)
		made = p.silent(rules, why)
	}
	if err := n.Trace("store"); err != nil {
		return err
	}
	return n.Store.Notified.Derived(ctx, p.org, p.from.Number, notified.Progress{Number: p.after.Number,
		Known: known.encode()}, rules, made, n.Clock())
}

// rules returns the rules that tell of the snapshot.
func (n *Notifier) rules(ctx context.Context, p *pending) ([]*notified.Rule, error) {
	all, err := n.Store.Notified.Rules(ctx, p.org)
	var rules []*notified.Rule
	for i := range all {
		if !all[i].Off && all[i].Since < p.after.Number {
			rules = append(rules, &all[i])
		}
	}
	return rules, err
}

// silent makes the notices that say why the changes of a snapshot are not told.
func (p *pending) silent(rules []*notified.Rule, why string) (made []notified.Made) {
	for _, r := range rules {
		key := notice.KeyOf(p.org, r.Name, strconv.FormatInt(p.after.Number, 10), string(notified.Silent))
		made = append(made, notified.Made{Rule: r.Name, State: notified.Silent, Due: p.after.Generated,
			Notice: notice.Notice{Key: key, Event: notice.Unknown, Title: why, Snapshot: p.after.Number,
				Previous: p.before.Number, GeneratedTime: p.after.Generated.UTC()}})
	}
	return made
}

// make makes the notices of the step from one snapshot to the next. why says why nothing can be told, if so.
func (n *Notifier) make(ctx context.Context, p *pending, rules []*notified.Rule,
	known *listing) (made []notified.Made, why string, err error) {
	if len(rules) == 0 {
		return nil, "", nil
	}
	if p.before.Full != publication.Kept {
		return nil, "the snapshot before is no longer kept: notices were not made in time", nil
	}
	before, err := n.Manifest(p.before)
	if err != nil {
		return nil, "", err
	}
	after, err := n.Manifest(p.after)
	if err != nil {
		return nil, "", err
	}
	if after.Previous != before.Number {
		return nil, "the snapshot began anew: what changed since the one before is not known", nil
	}
	s, err := n.step(ctx, p, before, after)
	if err != nil {
		return nil, "", err
	}
	d := &derivation{n, ctx, s, n.Answers.Of(before, nil), n.Answers.Of(after, nil), known}
	made, err = d.all(rules)
	if errors.Is(err, answer.ErrUnavailable) {
		return nil, "an older program made the snapshot before: notices begin with the next one", nil
	}
	return made, "", err
}

// step describes the step.
func (n *Notifier) step(ctx context.Context, p *pending, before, after *snapshot.Manifest) (*notice.Step, error) {
	groups, err := n.Store.Organizations.GroupNames(ctx, p.org)
	if err != nil {
		return nil, err
	}
	return &notice.Step{Organization: p.org, Generated: p.after.Generated, SameCatalog: before.Catalog == after.Catalog,
		Before: notice.Snapshot{Number: before.Number, Begun: before.Begun, Feeds: before.Feeds},
		After:  notice.Snapshot{Number: after.Number, Begun: after.Begun, Feeds: after.Feeds}, Groups: groups}, nil
}

// all makes the notices of all rules, in the order of rules.
func (d *derivation) all(rules []*notified.Rule) (made []notified.Made, err error) {
	ending, err := d.ending(rules)
	if err != nil {
		return nil, err
	}
	now := d.Clock()
	for some := range slices.Chunk(rules, rulesAtOnce) {
		plain := make([]*notice.Rule, len(some))
		for i, r := range some {
			plain[i] = &r.Rule
		}
		comparison := notice.NewComparison(d.step, plain)
		if err := d.devices(plain, comparison); err != nil {
			return nil, err
		}
		told := comparison.Notices()
		for _, r := range some {
			made = append(made, madeOf(r, slices.Concat(told[&r.Rule], ending[r]), now)...)
		}
	}
	return made, nil
}

// madeOf says when the notices of a rule are sent.
func madeOf(r *notified.Rule, all []notice.Notice, now time.Time) (made []notified.Made) {
	state, due := notified.Waiting, r.Due(now, notified.Zone(&r.Rule))
	if r.DryRun {
		state, due = notified.Dry, now
	}
	for _, one := range all {
		made = append(made, notified.Made{Rule: r.Name, Notice: one, State: state, Due: due})
	}
	return made
}
