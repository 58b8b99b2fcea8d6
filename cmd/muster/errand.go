package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// errand does one thing to each of several things that people name.
type errand struct {
	// doing and done are what is said of it: "removing device", "removed".
	doing, done string
	// find returns the id of what is named.
	find func(ctx context.Context, name string) (id string, err error)
	// method is that of the request, DELETE if empty; path and suffix are its
	// address, around the id.
	method, path, suffix string
}

// forEach runs an errand for all that is named, and stops at the first that is
// not there, or for which it fails.
func (s *state) forEach(ctx context.Context, t *terminal, e errand, names []string) error {
	for _, name := range names {
		id, err := e.find(ctx, name)
		if err != nil {
			return err
		}
		address := call{method: cmp.Or(e.method, http.MethodDelete), path: e.path + url.PathEscape(id) + e.suffix}
		if err := s.do(ctx, address, nil); err != nil {
			return fmt.Errorf("%s %q: %w", e.doing, name, err)
		}
		fmt.Fprintf(t.out, "%s %s\n", e.done, inline(name))
	}
	return nil
}

// only returns the one id that was found by a name. Several are refused, and none
// is the error where there is none.
func only(found []string, kind, name string, none error) (string, error) {
	switch len(found) {
	case 0:
		return "", none
	case 1:
		return found[0], nil
	}
	return "", hinted(fmt.Errorf("%w: %d %s are called %q", errInput, len(found), kind, name), "name one by its id: %s", strings.Join(found, ", "))
}
