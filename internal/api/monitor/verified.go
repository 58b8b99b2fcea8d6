package monitor

import (
	"context"

	"github.com/muster-project/muster/internal/damage"
)

// verified reads the result of the last verification.
type verified struct{ verifier *damage.Verifier }

func newVerified(c Config) *verified { return &verified{c.Verifier} }

var (
	verifyProblems = ofSnapshot("verify_problems",
		"Problems of the last verification; those of the database and intelligence have no organization.")
	verifyTime = newGauge("verify_timestamp_seconds", "When the last verification ended.")
)

// collector returns the collector. Before the first verification there are no values.
func (r *verified) collector() collector {
	return collector{name: "verification", server: true, about: []gauge{verifyProblems, verifyTime},
		read: func(_ context.Context, _ *view, out *values) error {
			found := r.verifier.Verified()
			for organization, n := range found.Problems {
				out.set(verifyProblems, float64(n), organization)
			}
			if !found.Time.IsZero() {
				out.set(verifyTime, float64(found.Time.Unix()))
			}
			return nil
		}}
}
