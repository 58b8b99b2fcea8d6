package signin

import (
	"crypto/rand"
	"embed"
	"log/slog"
	"net/http"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// Pages has the templates of this room's pages.
//
//go:embed pages
var Pages embed.FS

// pages are the pages of this room.
type pages struct{ *page.Site }

// Routes are the addresses of this room.
func Routes(s *page.Site) []edge.Route {
	p := &pages{s}
	return []edge.Route{
		edge.At("sign-in", "/sign-in", edge.Methods{
			http.MethodGet:  edge.Open(p.showSignIn),
			http.MethodPost: edge.Open(p.signIn).Told("sign in").Granting()}),
		edge.At("sign-out", "/sign-out", edge.Methods{
			http.MethodPost: edge.Open(p.signOut).Told("sign out")}),
	}
}

// signInPage is what it shows: how to get a link, or a button that uses one.
type signInPage struct {
	Code, To, Origin, Problem string
	Unsafe                    bool
}

// showSignIn is GET /sign-in. It uses no code up, so that a program that looks at links does not: the button does.
func (p *pages) showSignIn(w *edge.Response, r *edge.Request) error {
	query := r.URL.Query()
	code := query.Get("code")
	if !auth.IsSecret(code) {
		code = ""
	}
	origin := p.Server.Origins.Of(r.Request)
	return p.Write(w, http.StatusOK, "sign-in", &page.Frame{Title: "Sign in", Content: signInPage{Code: code,
		To: page.OwnPath(query.Get("to")), Origin: origin, Unsafe: page.CookieOf(origin) == nil}})
}

// signIn is POST /sign-in: it uses the code up, and gives the browser a session with a new secret, whatever cookie
// came.
func (p *pages) signIn(w *edge.Response, r *edge.Request) error {
	origin := p.Server.Origins.Of(r.Request)
	form, err := page.ReadForm(w, r)
	if err != nil {
		return p.Fail(w, r, nil, err)
	}
	cookie := page.CookieOf(origin)
	if cookie == nil {
		return p.Write(w, http.StatusForbidden, "sign-in", &page.Frame{Title: "Sign in", Content: signInPage{Origin: origin, Unsafe: true}})
	}
	secret := rand.Text() + rand.Text() // 256 bits
	err = p.Sessions.Begin(r.Context(), form.Get("code"), secret)
	if auth.IsNobody(err) {
		from := edge.AttemptFrom(p.Server.Origins.ClientAddress(r.Request), "")
		if wait := p.Server.Failures.Count(from, p.Sessions.Clock()); wait > 0 {
			return p.Fail(w, r, nil, edge.TooMany(wait, "too many links that are not valid from this address"))
		}
		return p.Write(w, http.StatusForbidden, "sign-in", &page.Frame{Title: "Sign in", Content: signInPage{Origin: origin,
			To: page.OwnPath(form.Get("to")), Problem: "This link was used before, or is older than a minute."}})
	}
	if err != nil {
		return p.Fail(w, r, nil, err)
	}
	caller, err := p.Sessions.Caller(r.Context(), secret)
	if err != nil {
		return p.Fail(w, r, nil, err)
	}
	w.Identify(caller)
	cookie.Value = secret
	http.SetCookie(w, cookie)
	return page.Redirect(w, page.OwnPath(form.Get("to")))
}

// signOut is POST /sign-out.
func (p *pages) signOut(w *edge.Response, r *edge.Request) error {
	form, err := page.ReadForm(w, r)
	if err != nil {
		return p.Fail(w, r, nil, err)
	}
	secret := p.SecretOf(r)
	caller, err := p.Sessions.Caller(r.Context(), secret)
	if auth.IsNobody(err) {
		return page.Redirect(w, "/sign-in") // it has ended already
	}
	if err == nil && !page.IsOfSession(form, secret) {
		err = edge.Refuse(http.StatusForbidden, "", "this form is not of this session: go back, and load the page again")
	}
	if err == nil {
		w.Identify(caller)
		err = p.Sessions.End(r.Context(), secret)
	}
	if err != nil {
		return p.Fail(w, r, nil, err)
	}
	cookie := page.CookieOf(p.Server.Origins.Of(r.Request))
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	w.Note(slog.Bool("signedOut", true))
	return page.Redirect(w, "/sign-in")
}
