package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// replyFlags are the flags of commands that print a reply.
type replyFlags struct {
	stateFlags
	JSON bool `help:"Print JSON."`
}

// work opens the state, does something with it, and closes it.
func (f *stateFlags) work(ctx context.Context, k *kong.Context, t *console.Terminal, n need,
	do func(*state) error) error {
	s, err := f.open(ctx, k, t, n)
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.close())
}

// askFor sends a request. Its error begins with what was being done.
func askFor[T any](ctx context.Context, s *state, r control.Request[T], doing string,
	args ...any) (control.Reply[T], error) {
	reply, err := control.Do(ctx, s.Session, r)
	if err != nil {
		err = fmt.Errorf("%s: %w", fmt.Sprintf(doing, args...), s.explain(err))
	}
	return reply, err
}

// explain adds to an error a hint on what to do about it.
func (s *state) explain(err error) error {
	var reply *control.Error
	if errors.As(err, &reply) && reply.Status == http.StatusUnauthorized && s.Login == nil {
		return plain.Hinted(err, "set %s, or %s, %s and %s; muster client add makes a client",
			tokenVariable, tenantVariable, clientVariable, secretVariable)
	}
	return console.Explain(adviseNaming(err), s.Session)
}

// show prints a reply: as JSON, as it came, or for people.
func show[T any](t *console.Terminal, asJSON bool, reply control.Reply[T], people func(T) error) error {
	if asJSON {
		return t.JSON(reply.JSON)
	}
	return people(reply.Value)
}

// list sends a request that lists things and prints the reply.
func list[T any](ctx context.Context, k *kong.Context, t *console.Terminal, f *replyFlags, r control.Request[T],
	doing string, people func(T) error) error {
	return f.work(ctx, k, t, need{}, func(s *state) error {
		reply, err := askFor(ctx, s, r, "%s", doing)
		if err != nil {
			return err
		}
		return show(t, f.JSON, reply, people)
	})
}

// errand does one thing to each of several things that people name.
type errand struct {
	// doing and done describe it: "removing device", "removed".
	doing, done string
	// find returns the id for a name.
	find func(ctx context.Context, s *control.Session, name string) (id string, err error)
	// request is the request for one id.
	request func(id string) control.Request[control.Nothing]
}

// forEach runs an errand for every name. It stops at the first name that is not found
// or for which the errand fails.
func (s *state) forEach(ctx context.Context, t *console.Terminal, e errand, names []string) error {
	for _, name := range names {
		id, err := e.find(ctx, s.Session, name)
		if err != nil {
			return s.explain(err)
		}
		if _, err := askFor(ctx, s, e.request(id), "%s %q", e.doing, name); err != nil {
			return err
		}
		fmt.Fprintf(t.Out, "%s %s\n", e.done, plain.Inline(name))
	}
	return nil
}
