package answers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	lists "github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/store/publication"
)

// explain asks why the findings are fixed that changed after a time: exports do not say it.
func explain(ctx context.Context, s *control.Session, since time.Time, asked *control.ListFilter,
	all map[changeKey]*change) error {
	fixed := map[changeKey]*change{}
	for k, one := range all {
		if k.status == string(defender.Fixed) {
			one.Reasons = &fixedFor{Unknown: one.Findings}
			fixed[k] = one
		}
	}
	if len(fixed) == 0 {
		return nil
	}
	from, err := snapshotAt(ctx, s, since)
	if err != nil || from == 0 {
		return err
	}
	request := lists.Between(from, "", "fixed", asked)
	for {
		reply, err := control.Do(ctx, s, request)
		if refused := new(control.Error); errors.As(err, &refused) && refused.Status == http.StatusGone {
			return nil // it retired a moment ago
		}
		if err != nil {
			return err
		}
		for _, row := range reply.Value.Rows {
			reason, _ := why.Parse(row.Reason)
			one := fixed[changeKey{row.Status, row.CVEID, row.Vendor, row.Name}]
			if one != nil && reason != why.Unknown && one.Reasons.Unknown > 0 {
				*one.Reasons.Of(reason)++
				one.Reasons.Unknown--
			}
		}
		if reply.Value.Next == "" {
			return nil
		}
		request.Query.Set("after", reply.Value.Next)
	}
}

// snapshotAt is the number of the newest snapshot of a time, or else of the oldest; 0 if there is none.
func snapshotAt(ctx context.Context, s *control.Session, at time.Time) (number int64, err error) {
	known, err := control.Do(ctx, s, control.ListGenerations())
	if err != nil {
		return 0, err
	}
	oldest := int64(0)
	for _, g := range known.Value.Generations { // the newest first
		if g.State != string(publication.Sealed) || g.GeneratedTime == nil {
			continue
		}
		if !g.GeneratedTime.After(at) {
			return g.Number, nil
		}
		oldest = g.Number
	}
	return oldest, nil
}
