package notify

import (
	"context"
	"slices"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store/notified"
)

// derivation makes the notices of a step.
type derivation struct {
	*Notifier
	ctx           context.Context //nolint:containedctx // one step
	step          *notice.Step
	before, after *answer.View
	known         *listing
}

// ending makes the notices of exceptions that end soon.
func (d *derivation) ending(rules []*notified.Rule) (map[*notified.Rule][]notice.Notice, error) {
	all := map[*notified.Rule][]notice.Notice{}
	if !slices.ContainsFunc(rules, func(r *notified.Rule) bool { return r.Has(notice.Exception) }) {
		return all, nil
	}
	exceptions, err := d.Store.Exceptions.All(d.ctx, d.step.Organization)
	if err != nil {
		return nil, err
	}
	for i := range exceptions {
		e := &exceptions[i]
		for _, r := range rules {
			told, ok := d.step.Ends(&r.Rule, &e.Exception, e.Created)
			if !ok {
				continue
			}
			in, err := d.concerns(&r.Rule, e.Scope.Group, e.Scope.Device)
			if err != nil {
				return nil, err
			}
			if in {
				all[r] = append(all[r], told)
			}
		}
	}
	return all, nil
}

// concerns tells whether the scope of an exception is one of the rule's groups.
func (d *derivation) concerns(r *notice.Rule, group *int64, device string) (bool, error) {
	switch {
	case len(r.Groups) == 0:
		return true, nil
	case group != nil:
		return r.Sees(*group), nil
	case device != "":
		_, ok, err := d.after.Only(r.Groups...).Device(d.ctx, device)
		return ok, err
	}
	return true, nil // it holds for all devices
}
