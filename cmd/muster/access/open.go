package access

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
)

// Open is `muster open`.
type Open struct {
	Print      bool `help:"Print the link, and open no browser."`
	SignOut    bool `help:"Sign your browsers out, and open none."`
	SignOutAll bool `name:"sign-out-all" help:"Sign the browsers of everybody in the organization out, and open none. For managers."`
	connect.ServerFlags
}

// Help is the long part of the command's help.
func (Open) Help() string {
	return `Opens the dashboard of a server in your browser, and signs it in as who you are to the server: muster login, or the variables. The browser sees what you may see by the API. The link is valid once, for a minute, and has the only secret that is ever in an address. The session ends after an hour without a request, after twelve hours, when it is signed out, or with its client; a permission that the client loses is lost at once.

Examples:

    muster login muster-data/administrator.json && muster open
    muster open --print --server https://muster.example.com
    muster open --sign-out

Exit statuses: 0 opened, 1 failed, 2 wrong usage, 5 not allowed, 6 server not reached.`
}

// Run opens the dashboard.
func (c *Open) Run(ctx context.Context, t *console.Terminal) error {
	s, err := reach(&c.ServerFlags)
	if err != nil {
		return err
	}
	if c.SignOut || c.SignOutAll {
		ended, err := connect.Ask(ctx, s, supervise.EndSessions(supervise.SessionFilter{All: c.SignOutAll}), "signing out")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.Out, "signed out: %d\n", ended.Value.Ended)
		return err
	}
	made, err := connect.Ask(ctx, s, control.MakeSignIn(), "making a link to sign in")
	if err != nil {
		return err
	}
	if !c.Print {
		if err = browse(ctx, runtime.GOOS, made.Value.URL); err == nil {
			_, err = fmt.Fprintf(t.Out, "opened %s in your browser\n", s.Base)
			return err
		}
		t.Warn("no browser could be opened (%v)", err)
	}
	_, err = fmt.Fprintf(t.Out, "%s\n", made.Value.URL)
	t.Warn("whoever opens this link first signs in; it is valid until %s", console.Instant(made.Value.ExpiresTime))
	return err
}

// browse opens an address in the browser of an operating system. Others on the machine may see command lines, so the
// link could be used by somebody else first: then the browser says so, and the link is dead.
func browse(ctx context.Context, goos, address string) error {
	words := []string{"xdg-open", address}
	switch goos {
	case "darwin":
		words[0] = "open"
	case "windows":
		words = []string{"rundll32", "url.dll,FileProtocolHandler", address}
	}
	return exec.CommandContext(ctx, words[0], words[1:]...).Run()
}
