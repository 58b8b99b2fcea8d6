package connect

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

// ReplyFlags are the flags of commands that print a reply.
type ReplyFlags struct {
	Flags
	JSON bool `help:"Print JSON."`
}

// Work opens the state, does something with it, and closes it.
func (f *Flags) Work(ctx context.Context, k *kong.Context, t *console.Terminal, n Need,
	do func(*State) error) error {
	s, err := f.Open(ctx, k, t, n)
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// Ask sends a request. Its error begins with what was being done.
func Ask[T any](ctx context.Context, s *State, r control.Request[T], doing string,
	args ...any) (control.Reply[T], error) {
	reply, err := control.Do(ctx, s.Session, r)
	if err != nil {
		err = fmt.Errorf("%s: %w", fmt.Sprintf(doing, args...), s.Explain(err))
	}
	return reply, err
}

// Nobody is the error of a command that needs a login, where there is none.
func (s *State) Nobody() error {
	return &control.Error{Status: http.StatusUnauthorized, Message: "there is no login for " + s.Base.String()}
}

// Explain adds to an error a hint on what to do about it.
func (s *State) Explain(err error) error {
	return console.Explain(adviseNaming(s.who.explain(err)), s.Session)
}

// Show prints a reply: as JSON, as it came, or for people.
func Show[T any](t *console.Terminal, asJSON bool, reply control.Reply[T], people func(T) error) error {
	if asJSON {
		return t.JSON(reply.JSON)
	}
	return people(reply.Value)
}

// List sends a request that lists things and prints the reply.
func List[T any](ctx context.Context, k *kong.Context, t *console.Terminal, f *ReplyFlags, r control.Request[T],
	doing string, people func(T) error) error {
	return f.Work(ctx, k, t, Need{}, func(s *State) error {
		reply, err := Ask(ctx, s, r, "%s", doing)
		if err != nil {
			return err
		}
		return Show(t, f.JSON, reply, people)
	})
}

// Errand does one thing to each of several things that people name.
type Errand struct {
	// Doing and Done describe it: "removing device", "removed".
	Doing, Done string
	// Find returns the id for a name.
	Find func(ctx context.Context, s *control.Session, name string) (id string, err error)
	// Request is the request for one id.
	Request func(id string) control.Request[control.Nothing]
}

// ForEach runs an errand for every name. It stops at the first name that is not found
// or for which the errand fails.
func (s *State) ForEach(ctx context.Context, t *console.Terminal, e Errand, names []string) error {
	for _, name := range names {
		id, err := e.Find(ctx, s.Session, name)
		if err != nil {
			return s.Explain(err)
		}
		if _, err := Ask(ctx, s, e.Request(id), "%s %q", e.Doing, name); err != nil {
			return err
		}
		fmt.Fprintf(t.Out, "%s %s\n", e.Done, plain.Inline(name))
	}
	return nil
}
