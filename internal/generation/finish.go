package generation

import (
	"context"
	"errors"

	"github.com/muster-project/muster/internal/store/publication"
)

// finishLeft finishes a generation that nobody makes any more.
func (h *Hold) finishLeft(ctx context.Context) error {
	newest, err := h.store.Publication.Generations(ctx, h.organization, 1)
	if err != nil || len(newest) == 0 || newest[0].State != publication.Running {
		return err
	}
	s, _, err := h.generate(ctx, publication.Request{})
	if err != nil && (ended(ctx) != nil || errors.Is(err, publication.ErrLost)) {
		return err
	}
	if err != nil {
		// It was given up, and the next generation takes its place: a folder
		// must not stay closed because one generation cannot be finished.
		h.log.WarnContext(ctx, "generation of the last run was given up", "error", err)
	}
	h.publications.end(newest[0].Request, s, err)
	return nil
}
