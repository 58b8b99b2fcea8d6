package signin

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// maxFlows is how many sign-ins of one browser may be under way; beginning one more gives the others up.
const maxFlows = 8

// flowCookie returns the cookie of a sign-in with a tag, and the prefix of the names of all of them.
func flowCookie(origin, tag string) (cookie *http.Cookie, prefix string) {
	if cookie = page.CookieOf(origin); cookie == nil {
		return nil, ""
	}
	prefix = cookie.Name + "-"
	cookie.Name, cookie.MaxAge = prefix+tag, int(people.FlowLife.Seconds())
	return cookie, prefix
}

// begin is GET /sign-in/provider: it sends the browser to the provider. Other sites cannot begin a sign-in.
func (p *pages) begin(w *edge.Response, r *edge.Request) error {
	origin, to := p.Server.Origins.Of(r.Request), page.OwnPath(r.URL.Query().Get("to"))
	provider := p.people.Provider()
	site := r.Header.Get("Sec-Fetch-Site")
	if cookie := page.CookieOf(origin); provider == nil || cookie == nil || site == "cross-site" || site == "same-site" {
		return p.write(w, r, http.StatusOK, signInPage{To: to})
	}
	begun, err := provider.Begin(r.Context(), p.network(r), origin, to)
	if err != nil {
		return p.failed(w, r, to, err)
	}
	cookie, prefix := flowCookie(origin, begun.Tag)
	forget(w, r, cookie, prefix)
	cookie.Value = begun.Cookie
	http.SetCookie(w, cookie)
	return page.Redirect(w, begun.Address)
}

// network is where a request comes from.
func (p *pages) network(r *edge.Request) netip.Prefix {
	return edge.NetworkOf(p.Server.Origins.ClientAddress(r.Request))
}

// forget removes the cookies of the sign-ins that a browser has under way, if they are too many.
func forget(w *edge.Response, r *edge.Request, like *http.Cookie, prefix string) {
	under := slices.DeleteFunc(r.Cookies(), func(c *http.Cookie) bool { return !strings.HasPrefix(c.Name, prefix) })
	if len(under) < maxFlows {
		return
	}
	for _, c := range under {
		gone := *like
		gone.Name, gone.MaxAge = c.Name, -1
		http.SetCookie(w, &gone)
	}
}

// finish is GET /sign-in/callback, to which the provider sends the browser back. The cookie of the sign-in is gone
// after it, whatever comes of it, unless its network has failed too often: no more of its codes go to the provider
// then, which may shut this server out for them, and the same answer is good for a later try.
func (p *pages) finish(w *edge.Response, r *edge.Request) error {
	origin, answer := p.Server.Origins.Of(r.Request), r.URL.Query()
	provider := p.people.Provider()
	cookie, _ := flowCookie(origin, people.TagOf(answer))
	if provider == nil || cookie == nil {
		return p.write(w, r, http.StatusForbidden, signInPage{})
	}
	if wait := p.Server.Failures.Wait(p.attempt(r), p.Sessions.Clock()); wait > 0 {
		return p.Fail(w, r, nil, tooManyFailed(wait))
	}
	var kept string
	if found := r.CookiesNamed(cookie.Name); len(found) == 1 {
		kept = found[0].Value
		cookie.MaxAge = -1
		http.SetCookie(w, cookie)
	}
	who, to, err := provider.Finish(r.Context(), p.network(r), origin, kept, answer)
	if err != nil {
		return p.failed(w, r, to, err)
	}
	granted := provider.Grant(who)
	w.Note(slog.String("issuer", who.Issuer), slog.String("subject", edge.Clip(who.Subject)))
	if len(granted.Caller.Permissions) == 0 {
		w.Note(slog.String("person", who.ID()), slog.String("personName", edge.Clip(who.Name)))
		return p.Write(w, http.StatusForbidden, "no-role", &page.Frame{Title: "You have no access",
			Content: newNoRole(provider, who, granted)})
	}
	if len(granted.Lost) > 0 {
		w.Note(slog.Any("lost", granted.Lost))
	}
	if err := p.admit(w, r, provider, who); err != nil {
		return p.Fail(w, r, nil, err)
	}
	w.Identify(granted.Caller)
	return page.Redirect(w, page.OwnPath(to))
}

// admit gives the browser a session with a new secret, and ends the one that it had.
func (p *pages) admit(w *edge.Response, r *edge.Request, provider *people.Provider, who *people.Person) error {
	session, err := provider.Session(who)
	if err != nil {
		return err
	}
	secret := rand.Text() + rand.Text() // 256 bits
	if err := p.Sessions.BeginOf(r.Context(), session, secret); err != nil {
		return err
	}
	if before := p.SecretOf(r); before != "" {
		if err := p.Sessions.End(r.Context(), before); err != nil {
			return err
		}
	}
	cookie := page.CookieOf(p.Server.Origins.Of(r.Request))
	cookie.Value = secret
	http.SetCookie(w, cookie)
	return nil
}

// failed sends the page to sign in with what failed. What a provider did wrong is in the log, under the request's id.
func (p *pages) failed(w *edge.Response, r *edge.Request, to string, err error) error {
	shown, status := signInPage{To: page.OwnPath(to)}, http.StatusForbidden
	var denied *people.DeniedError
	switch {
	case errors.Is(err, people.ErrUnreachable):
		p.Server.Blame(w, r, err)
		w.Header().Set("Retry-After", "60")
		status, shown.Problem = http.StatusServiceUnavailable, "The provider cannot be reached now. Try again in a minute, or sign in by a link. "+
			"The server's log has the cause under "+w.ID+"."
		return p.write(w, r, status, shown)
	case errors.As(err, &denied):
		shown.Problem = "The provider did not sign you in"
		if denied.Code != "" {
			shown.Problem += " (" + denied.Code + ")"
		}
		shown.Problem += "."
	case errors.Is(err, people.ErrStale):
		status, shown.Problem = http.StatusBadRequest, "This browser began no such sign-in in the last ten minutes, or completed it before. Begin again."
	case errors.Is(err, people.ErrRejected):
		p.Server.Blame(w, r, err)
		status, shown.Problem = http.StatusBadGateway, "What the provider answered was not accepted. The server's log has the cause under "+w.ID+"."
	default:
		return p.Fail(w, r, nil, err)
	}
	if err := p.count(r); err != nil {
		return p.Fail(w, r, nil, err)
	}
	return p.write(w, r, status, shown)
}

// noRole is the page of somebody to whom no role gives anything.
type noRole struct {
	Name, Provider, Help string
	// Seen are the values of claims that the provider sent, Missing the claims that it did not send.
	Seen    []seenClaim
	Missing string
	TooMany bool
	// Disagree: the person has roles, of which none gives a permission in all groups of the others.
	Disagree []auth.Permission
	Denied   bool
}

// seenClaim is a claim with its values; More is how many are not shown.
type seenClaim struct {
	Claim  string
	Values []string
	More   int
}

// maxSeen is how many values of a claim are shown.
const maxSeen = 50

func newNoRole(p *people.Provider, who *people.Person, g people.Granted) noRole {
	shown := noRole{Name: who.Name, Provider: p.Settings.Name, Help: p.Settings.Help, TooMany: who.TooMany,
		Missing: strings.Join(who.Missing, ", "), Denied: slices.Contains(p.Settings.Denied, who.Subject)}
	if g.Roles > 0 {
		shown.Disagree = g.Lost
	}
	for claim, values := range who.Claims {
		if n := min(len(values), maxSeen); n > 0 {
			shown.Seen = append(shown.Seen, seenClaim{claim, values[:n], len(values) - n})
		}
	}
	slices.SortFunc(shown.Seen, func(a, b seenClaim) int { return strings.Compare(a.Claim, b.Claim) })
	return shown
}
