package signin

import (
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// showSignIn is GET /sign-in. It uses no code up, so that a program that looks at links does not: the button does. Who
// has signed in meanwhile, in another tab, is led on: a page that waits here is loaded again.
func (p *pages) showSignIn(w *edge.Response, r *edge.Request) error {
	query := r.URL.Query()
	code := query.Get("code")
	if !auth.IsSecret(code) {
		code = ""
		if _, err := p.Sessions.Caller(r.Context(), p.SecretOf(r)); err == nil {
			return page.Redirect(w, page.OwnPath(query.Get("to")))
		}
	}
	return p.write(w, r, http.StatusOK, signInPage{Code: code, To: page.OwnPath(query.Get("to")), Out: query.Has("out")})
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
		return p.write(w, r, http.StatusForbidden, signInPage{})
	}
	secret := rand.Text() + rand.Text() // 256 bits
	err = p.Sessions.Begin(r.Context(), form.Get("code"), secret)
	if auth.IsNobody(err) {
		if err := p.count(r); err != nil {
			return p.Fail(w, r, nil, err)
		}
		return p.write(w, r, http.StatusForbidden, signInPage{To: page.OwnPath(form.Get("to")),
			Problem: "This link was used before, or is older than a minute."})
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
	return page.Redirect(w, "/sign-in?out=true")
}
