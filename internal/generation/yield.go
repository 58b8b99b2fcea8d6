package generation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/store/publication"
)

// yieldTime is how long a process leaves a generation that it cannot make to others before it fails it.
const yieldTime = time.Minute

// yield returns crew.ErrUnable if this process cannot make a running generation and leaves it to
// another one, of the program's version that began it. If there is none for yieldTime, it returns why
// the generation fails.
func yield(ctx context.Context, h *Hold, g publication.Generation, why error) error {
	key := generationKey{h.organization, g.Number}
	if h.alone {
		return why
	}
	able, err := othersAble(ctx, h, g)
	if err != nil {
		return errors.Join(why, err)
	}
	if able && errors.Is(why, merge.ErrOutdated) {
		h.versions.somebody(key)
	} else if now := h.clock(); now.Sub(h.versions.nobody(key, now)) >= yieldTime {
		h.versions.somebody(key)
		return why
	}
	h.log.WarnContext(ctx, "leaving a generation to another node", "organization", h.organization,
		"generation", g.Number, "error", why)
	return fmt.Errorf("generation %d: %w: %w", g.Number, crew.ErrUnable, why)
}

// othersAble reports whether another live process has the rules of a generation.
func othersAble(ctx context.Context, h *Hold, g publication.Generation) (bool, error) {
	pinned, err := merge.ReadPin(g)
	if err != nil {
		return false, err
	}
	all, err := h.store.Workers.All(ctx)
	return slices.ContainsFunc(all, func(w publication.WorkerRow) bool {
		return w.Live && w.ID != h.member.ID() && merge.ReadAble(w.Able).Fits(&pinned)
	}), err
}
