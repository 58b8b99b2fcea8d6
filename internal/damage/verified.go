package damage

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/muster-project/muster/internal/snapshot/proof"
)

// Verified returns the last result. A single Verify counts for the parts that it checked.
func (p *Verifier) Verified() Health {
	p.verified.mu.Lock()
	defer p.verified.mu.Unlock()
	h := Health{Time: p.verified.found.Time, Problems: map[string]int{}}
	for organization, n := range p.verified.found.Problems {
		h.Problems[organization] = n
	}
	return h
}

// Learn takes over what another process found, if it is newer.
func (p *Verifier) Learn(found Health) {
	p.verified.mu.Lock()
	defer p.verified.mu.Unlock()
	if found.Time.After(p.verified.found.Time) {
		p.verified.found = Health{Time: found.Time, Problems: maps.Clone(found.Problems)}
	}
}

// VerifyAll checks the stored data of all organizations, at the speed that pace allows. It logs
// problems and changes nothing.
func (p *Verifier) VerifyAll(ctx context.Context, pace proof.Pace) (Health, error) {
	all, err := p.store.Organizations.All(ctx)
	if err != nil {
		return Health{}, err
	}
	ids := []string{everybody}
	for _, o := range all {
		ids = append(ids, o.ID)
	}
	var failed error
	for _, id := range ids {
		v := p.verification(pace)
		verify := v.shared
		if id != everybody {
			verify = func(ctx context.Context) error { return v.organization(ctx, id) }
		}
		err := verify(ctx)
		if ctx.Err() != nil {
			return Health{}, ctx.Err()
		}
		if err != nil { // continue with the others
			failed = errors.Join(failed, fmt.Errorf("verifying organization %q: %w", id, err))
			v.note(err)
		}
		for _, problem := range v.Problems {
			p.log.ErrorContext(ctx, "damage was found", "organization", id, "problem", problem)
		}
		for _, name := range v.Unknown {
			p.log.WarnContext(ctx, "found a file that nothing names", "organization", id, "file", name)
		}
		p.verified.set(id, len(v.Problems)+v.More)
	}
	p.verified.mu.Lock()
	p.verified.found.Time = p.clock()
	p.verified.mu.Unlock()
	return p.Verified(), failed
}
