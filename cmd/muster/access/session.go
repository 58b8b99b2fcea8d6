package access

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
)

// Session is `muster session`.
type Session struct {
	List sessionListCmd `cmd:"" help:"List browsers that are signed in."`
	End  sessionEndCmd  `cmd:"" help:"Sign browsers out, at once."`
}

// sessionListCmd is `muster session list`.
type sessionListCmd struct {
	All    bool   `xor:"whose" help:"Those of everybody in the organization. For managers."`
	Caller string `xor:"whose" placeholder:"ID" help:"Those of the client or person with this id, as the audit log has it. For managers."`
	JSON   bool   `help:"Print JSON."`
	connect.ServerFlags
}

// Help is the long part of the command's help.
func (sessionListCmd) Help() string {
	return `Lists the browsers that are signed in as you, the one that was used last first. A person who signed in at a provider has the subject there, which the file of sign-in can deny. A browser whose permissions were all taken away is listed until its session ends, and sees nothing.

Examples:

    muster session list --server https://muster.example.com
    muster session list --all
    muster session list --all --json

Exit statuses: 0 listed, 1 failed, 2 wrong usage, 5 not allowed, 6 server not reached.`
}

// Run lists sessions.
func (c *sessionListCmd) Run(ctx context.Context, t *console.Terminal) error {
	s, err := reach(&c.ServerFlags)
	if err != nil {
		return err
	}
	whose := supervise.SessionFilter{All: c.All, Caller: c.Caller}
	reply, err := connect.Ask(ctx, s, supervise.ListSessions(whose), "listing sessions")
	if err != nil {
		return err
	}
	return connect.Show(t, c.JSON, reply, func(all supervise.SessionList) error {
		var rows [][]string
		for _, one := range all.Sessions {
			rows = append(rows, []string{one.ID, one.Name, one.Subject, strings.Join(one.Permissions, ", "),
				console.Instant(one.BegunTime), console.Instant(one.UsedTime), console.Instant(one.ExpiresTime), one.CallerID})
		}
		return t.Table([]string{"session", "who", "subject", "permissions", "since", "used", "until", "caller"}, rows)
	})
}

// reach reaches a server: sessions are a running server's, which alone knows the roles of people.
func reach(f *connect.ServerFlags) (*connect.State, error) {
	if err := f.Choose(); err != nil {
		return nil, err
	}
	return f.Reach()
}

// sessionEndCmd is `muster session end`.
type sessionEndCmd struct {
	Sessions []string `arg:"" optional:"" name:"session" help:"Ids of sessions."`
	All      bool     `help:"All of everybody in the organization. For managers."`
	Caller   string   `placeholder:"ID" help:"All of the client or person with this id. For managers."`
	connect.ServerFlags
}

// Help is the long part of the command's help.
func (sessionEndCmd) Help() string {
	return `The next request of such a browser is sent to sign in. Whoever may sign in can do so again: a person at the provider is kept out by "denied" in the file of sign-in, a client by removing it. muster open --sign-out ends your own sessions.

Examples:

    muster session end 5b1f0c2e9a774c1d8e6f0a3b2c4d5e6f
    muster session end --caller 4b0a7e0c-6a37-5d1e-9c59-2f1d8a1b7c33
    muster session end --all

Exit statuses: 0 ended, 1 failed, 2 wrong usage, 5 no such session, or not allowed, 6 server not reached.`
}

// Validate wants to know which sessions are meant: exactly one way.
func (c *sessionEndCmd) Validate() error {
	ways := 0
	for _, named := range []bool{len(c.Sessions) > 0, c.All, c.Caller != ""} {
		if named {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("want either ids of sessions, --caller or --all")
	}
	return nil
}

// Run ends sessions, and stops at the first one that is not found.
func (c *sessionEndCmd) Run(ctx context.Context, t *console.Terminal) error {
	s, err := reach(&c.ServerFlags)
	if err != nil {
		return err
	}
	if len(c.Sessions) > 0 {
		return s.ForEach(ctx, t, connect.Errand{Doing: "ending session", Done: "ended", Find: findSession,
			Request: supervise.EndSession}, c.Sessions)
	}
	ended, err := connect.Ask(ctx, s, supervise.EndSessions(supervise.SessionFilter{All: c.All, Caller: c.Caller}),
		"ending sessions")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "ended: %d\n", ended.Value.Ended)
	return err
}

// findSession takes an id as it is: sessions have no names.
func findSession(_ context.Context, _ *control.Session, id string) (string, error) { return id, nil }
