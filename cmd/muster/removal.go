package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// removal takes things away that people name.
type removal struct {
	// doing and done are what is said of it: "removing device", "removed".
	doing, done string
	// find returns the id of what is named.
	find func(ctx context.Context, name string) (id string, err error)
	// path and suffix are the address, around the id.
	path, suffix string
}

// removeEach takes away all that is named, and stops at the first that is not
// there.
func (s *state) removeEach(ctx context.Context, t *terminal, r removal, names []string) error {
	for _, name := range names {
		id, err := r.find(ctx, name)
		if err != nil {
			return err
		}
		if err := s.do(ctx, call{method: http.MethodDelete, path: r.path + url.PathEscape(id) + r.suffix}, nil); err != nil {
			return fmt.Errorf("%s %q: %w", r.doing, name, err)
		}
		fmt.Fprintf(t.out, "%s %s\n", r.done, plain(name))
	}
	return nil
}
