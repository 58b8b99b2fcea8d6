package pipeline

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// Verification says what Verify has looked at.
type Verification struct {
	Snapshots int   `json:"snapshots"`
	Files     int   `json:"files"`
	Bytes     int64 `json:"bytes"`
	// Deltas counts the pairs of neighbours for which law 1 was checked.
	Deltas int `json:"deltas"`
	// Problems is empty where all is well.
	Problems []string `json:"problems"`
}

// Verify proves what is kept of an organization's snapshots: every manifest,
// every file with its hash and rows, and that each full snapshot is the one
// before with the delta applied (law 1). A problem does not end it; an error
// does.
func (p *Pipeline) Verify(ctx context.Context, organization string, progress func(Verification)) (Verification, error) {
	snapshots, err := p.store.Snapshots(ctx, organization)
	if err != nil {
		return Verification{}, err
	}
	v := Verification{Problems: []string{}}
	verifier := p.files.NewVerifier(func(f snapshot.File) {
		v.Files++
		v.Bytes += f.Bytes
		if progress != nil {
			progress(v)
		}
	}, v.note)
	var before *snapshot.Manifest
	for i := range snapshots {
		s := &snapshots[i]
		v.Snapshots++
		after, err := p.files.ReadManifest(s.Manifest.Path, s.Manifest.SHA256)
		if err != nil {
			v.note(fmt.Errorf("snapshot %d: %w", s.Number, err))
			before = nil
			continue
		}
		if before != nil && after.Previous != before.Number {
			if after.Previous != 0 { // else history begins again there (Rebuild)
				v.note(fmt.Errorf("snapshot %d was made from %d, but %d comes before it", after.Number, after.Previous, before.Number))
			}
			before = nil
		}
		verifier.Files(ctx, after, s.Full == store.Kept, s.Delta == store.Kept)
		if i > 0 && before != nil && snapshots[i-1].Full == store.Kept && s.Full == store.Kept && s.Delta == store.Kept {
			verifier.Delta(ctx, before, after)
			v.Deltas++
		}
		before = after
	}
	return v, ctx.Err()
}

func (v *Verification) note(problem error) { v.Problems = append(v.Problems, problem.Error()) }
