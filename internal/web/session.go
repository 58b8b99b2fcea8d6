package web

import (
	"crypto/rand"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
)

// maxForm is the largest form, in bytes.
const maxForm = 64 << 10

// signInPage is what it shows: how to get a link, or a button that uses one.
type signInPage struct {
	Code, To, Origin, Problem string
	Unsafe                    bool
}

// showSignIn is GET /sign-in. It uses no code up, so that a program that looks at links does not: the button does.
func (p *Pages) showSignIn(w *edge.Response, r *edge.Request) error {
	query := r.URL.Query()
	code := query.Get("code")
	if !auth.IsSecret(code) {
		code = ""
	}
	origin := p.server.Origins.Of(r.Request)
	return p.write(w, http.StatusOK, "sign-in", &frame{Title: "Sign in", Content: signInPage{Code: code,
		To: ownPath(query.Get("to")), Origin: origin, Unsafe: cookieOf(origin) == nil}})
}

// signIn is POST /sign-in: it uses the code up, and gives the browser a session with a new secret, whatever cookie
// came.
func (p *Pages) signIn(w *edge.Response, r *edge.Request) error {
	origin := p.server.Origins.Of(r.Request)
	form, err := readForm(w, r)
	if err != nil {
		return p.fail(w, r, nil, err)
	}
	cookie := cookieOf(origin)
	if cookie == nil {
		return p.write(w, http.StatusForbidden, "sign-in", &frame{Title: "Sign in", Content: signInPage{Origin: origin, Unsafe: true}})
	}
	secret := rand.Text() + rand.Text() // 256 bits
	err = p.sessions.Begin(r.Context(), form.Get("code"), secret)
	if auth.IsNobody(err) {
		from := edge.AttemptFrom(p.server.Origins.ClientAddress(r.Request), "")
		if wait := p.server.Failures.Count(from, p.sessions.Clock()); wait > 0 {
			return p.fail(w, r, nil, edge.TooMany(wait, "too many links that are not valid from this address"))
		}
		return p.write(w, http.StatusForbidden, "sign-in", &frame{Title: "Sign in", Content: signInPage{Origin: origin,
			To: ownPath(form.Get("to")), Problem: "This link was used before, or is older than a minute."}})
	}
	if err != nil {
		return p.fail(w, r, nil, err)
	}
	caller, err := p.sessions.Caller(r.Context(), secret)
	if err != nil {
		return p.fail(w, r, nil, err)
	}
	w.Identify(caller)
	cookie.Value = secret
	http.SetCookie(w, cookie)
	return redirect(w, ownPath(form.Get("to")))
}

// signOut is POST /sign-out.
func (p *Pages) signOut(w *edge.Response, r *edge.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return p.fail(w, r, nil, err)
	}
	secret := p.secretOf(r)
	caller, err := p.sessions.Caller(r.Context(), secret)
	if auth.IsNobody(err) {
		return redirect(w, "/sign-in") // it has ended already
	}
	if err == nil && subtle.ConstantTimeCompare([]byte(form.Get("token")), []byte(formToken(secret))) != 1 {
		err = edge.Refuse(http.StatusForbidden, "", "this form is not of this session: go back, and load the page again")
	}
	if err == nil {
		w.Identify(caller)
		err = p.sessions.End(r.Context(), secret)
	}
	if err != nil {
		return p.fail(w, r, nil, err)
	}
	cookie := cookieOf(p.server.Origins.Of(r.Request))
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	w.Note(slog.Bool("signedOut", true))
	return redirect(w, "/sign-in")
}

// readForm reads a form.
func readForm(w *edge.Response, r *edge.Request) (url.Values, error) {
	body, err := edge.ReadBody(w, r, maxForm)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, edge.Invalid("the form cannot be read")
	}
	return form, nil
}
