package monitor

import (
	"context"

	"github.com/muster-project/muster/internal/store/notified"
)

var (
	noticesKept = ofSnapshot("notices",
		"Notices of the last 30 days by rule and what became of them: waiting, sent, failed, dry, silent.", "rule", "state")
	noticesFailing = ofSnapshot("notice_failures", "Tries to send notices of a rule, in a row, that failed.", "rule")
)

// told reads what became of notices. Only who sees all groups of an organization has them: they are its manager's.
type told struct{ store *notified.Store }

func (s *told) collector() collector {
	return collector{name: "notices", about: []gauge{noticesKept, noticesFailing},
		read: func(ctx context.Context, v *view, out *values) error {
			if !v.whole {
				return nil
			}
			return v.each(ctx, func(ctx context.Context, id string) error {
				rules, err := s.store.Rules(ctx, id)
				if err != nil || len(rules) == 0 {
					return err
				}
				counts, err := s.store.Counts(ctx, id)
				for i := range rules {
					out.set(noticesFailing, float64(rules[i].Failures), id, rules[i].Name)
				}
				for _, c := range counts {
					out.set(noticesKept, float64(c.Number), id, c.Rule, string(c.State))
				}
				return err
			})
		}}
}
