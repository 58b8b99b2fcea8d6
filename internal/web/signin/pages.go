package signin

import (
	"embed"
	"net/url"
	"time"

	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// Pages has the templates of this room's pages.
//
//go:embed pages
var Pages embed.FS

// pages are the pages of this room.
type pages struct {
	*page.Site
	people *people.Door
}

// signInPage is what it shows: where to sign in and how to get a link, or a button that uses one.
type signInPage struct {
	Code, To, Origin, Problem string
	Unsafe                    bool
	// Provider is the name of the provider at which people sign in, and Begin the address that leads there; "" for
	// none. Out: the browser was signed out just now.
	Provider, Begin string
	Out             bool
}

// write sends the page to sign in.
func (p *pages) write(w *edge.Response, r *edge.Request, status int, shown signInPage) error {
	shown.Origin = p.Server.Origins.Of(r.Request)
	shown.Unsafe = page.CookieOf(shown.Origin) == nil
	if provider := p.people.Provider(); provider != nil && !shown.Unsafe {
		shown.Provider, shown.Begin = provider.Settings.Name, "/sign-in/provider?"+url.Values{"to": {shown.To}}.Encode()
	}
	return p.Write(w, status, "sign-in", &page.Frame{Title: "Sign in", Content: shown})
}

// attempt is one to sign in, by anybody from a network.
func (p *pages) attempt(r *edge.Request) edge.Attempt {
	return edge.AttemptFrom(p.Server.Origins.ClientAddress(r.Request), "")
}

// count counts a failed attempt to sign in. The error tells an address that has too many to wait.
func (p *pages) count(r *edge.Request) error {
	if wait := p.Server.Failures.Count(p.attempt(r), p.Sessions.Clock()); wait > 0 {
		return tooManyFailed(wait)
	}
	return nil
}

func tooManyFailed(wait time.Duration) error {
	return edge.TooMany(wait, "too many failed attempts to sign in from this address")
}
