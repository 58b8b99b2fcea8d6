package generation

import (
	"context"

	"github.com/muster-project/muster/internal/store/publication"
)

// finishLeft finishes a running generation that no process makes any more.
func (h *Hold) finishLeft(ctx context.Context) error {
	newest, err := h.store.Publication.Generations(ctx, h.organization, 1)
	if err != nil || len(newest) == 0 || newest[0].State != publication.Running {
		return err
	}
	s, _, err := h.generate(ctx, publication.Request{})
	if err != nil && (ended(ctx) != nil || left(err)) {
		return err
	}
	if err != nil {
		// The generation failed, and the next one takes its place: one generation that cannot be
		// finished must not stop all later ones.
		h.log.WarnContext(ctx, "giving up an unfinished generation", "error", err)
	}
	h.publications.end(newest[0].Request, s, err)
	return nil
}
