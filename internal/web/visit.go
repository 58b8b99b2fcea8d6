package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
)

// Pages are the pages of a server.
type Pages struct {
	server   *edge.Server
	sessions *auth.Sessions
	*renderer
}

// visit is a request of somebody who is signed in.
type visit struct {
	*edge.Request
	w      *edge.Response
	pages  *Pages
	api    *control.Session
	secret string
	// told is the coverage that the caller sees, once it was asked for.
	told *control.Coverage
}

// shows returns the handler of a page for people who are signed in. Others are sent to sign in, and then come back.
func (p *Pages) shows(show func(*visit) error) edge.Handler {
	return func(w *edge.Response, r *edge.Request) error {
		secret := p.secretOf(r)
		caller, err := p.sessions.Caller(r.Context(), secret)
		if auth.IsNobody(err) {
			return redirect(w, "/sign-in?"+query("to", r.URL.RequestURI()))
		}
		if err != nil {
			return p.fail(w, r, nil, err)
		}
		r.Caller = caller
		v := &visit{Request: r, w: w, pages: p, secret: secret}
		v.api = open(p.server, r.Request, &r.Caller)
		if err := show(v); err != nil {
			return p.fail(w, r, v, err)
		}
		return nil
	}
}

// maxShown is how long a page may take.
const maxShown = time.Minute

// within returns a context that ends when a page has taken too long.
func (v *visit) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.Context(), maxShown)
}

// errorPage says what failed.
type errorPage struct {
	Status               int
	Heading, Message, ID string
}

// fail writes the page of an error with its status. v is nil for who is not signed in. If a reply has begun, it
// returns the error, which cuts it off.
func (p *Pages) fail(w *edge.Response, r *edge.Request, v *visit, err error) error {
	if w.Begun() {
		return err
	}
	shown := errorPage{Status: http.StatusInternalServerError, Message: "The server's log has the cause under this id.", ID: w.ID}
	var told *control.Error
	if errors.As(err, &told) {
		shown.Status, shown.Message = told.Status, told.Message
		if told.Target != "" && told.Status >= 500 {
			shown.ID = told.Target
		}
	} else if f := edge.Explain(err); f.Status < 500 || f.Status == http.StatusServiceUnavailable {
		_, shown.Message = f.Reason()
		shown.Status = f.Status
	} else {
		p.server.Blame(w, r, err)
	}
	shown.Heading = map[int]string{http.StatusNotFound: "There is no such page", http.StatusForbidden: "You may not see this",
		http.StatusBadRequest: "This address is not understood", http.StatusGone: "This snapshot is no longer kept",
		http.StatusConflict: "This cannot be answered now"}[shown.Status]
	if shown.Heading == "" {
		shown.Heading = "This page cannot be shown"
	}
	f := &frame{Title: shown.Heading, Content: shown}
	if v != nil {
		v.dress(f)
	}
	return p.write(w, shown.Status, "error", f)
}

// dress sets what the frame says of the caller.
func (v *visit) dress(f *frame) {
	f.Token, f.Who = formToken(v.secret), v.Caller.Name
	for _, s := range sections() {
		if v.Caller.May(s.needs...) {
			s.Here = v.URL.Path == s.Path || s.Path != "/" && strings.HasPrefix(v.URL.Path, s.Path+"/")
			f.Menu = append(f.Menu, s.entry)
		}
	}
	f.Search = v.URL.Query().Get("q")
	f.Scope = v.scope()
}

// scope says which groups the caller sees.
func (v *visit) scope() string {
	if v.Caller.AllGroups {
		return "all groups"
	}
	var names []string
	for _, g := range v.groups() {
		names = append(names, g.RBACGroupName)
	}
	if names == nil {
		return count(int64(len(v.Caller.Groups)), "group", "groups")
	}
	return "your groups: " + strings.Join(names, ", ")
}

// coverage returns the coverage that the caller sees. A page asks for it once: its content, its frame and its filters
// show parts of it.
func (v *visit) coverage(ctx context.Context) (*control.Coverage, error) {
	if v.told != nil {
		return v.told, nil
	}
	known, err := ask(ctx, v.api, control.ShowCoverage(""))
	if err != nil {
		return nil, err
	}
	v.told = &known
	return v.told, nil
}

// groups are the groups with devices that the caller sees, by name; none if they cannot be told.
func (v *visit) groups() []control.GroupCoverage {
	ctx, cancel := v.within()
	defer cancel()
	known, err := v.coverage(ctx)
	if err != nil {
		return nil
	}
	return slices.SortedFunc(slices.Values(known.Groups), func(a, b control.GroupCoverage) int {
		return strings.Compare(a.RBACGroupName, b.RBACGroupName)
	})
}

// page sends a page with its frame.
func (v *visit) page(name string, f *frame) error {
	v.dress(f)
	return v.pages.write(v.w, http.StatusOK, name, f)
}

// secretOf returns the secret of a browser's session; "" if it has none. Of several cookies of the name none counts:
// over TLS there cannot be two.
func (p *Pages) secretOf(r *edge.Request) string {
	cookie := cookieOf(p.server.Origins.Of(r.Request))
	if cookie == nil {
		return ""
	}
	if found := r.CookiesNamed(cookie.Name); len(found) == 1 && len(found[0].Value) < 200 {
		return found[0].Value
	}
	return ""
}

// redirect sends a browser on, to an address of this server.
func redirect(w *edge.Response, to string) error {
	w.Header().Set("Location", to)
	return w.Send(http.StatusSeeOther, htmlType, nil)
}

// mayFindings tells whether the caller may see findings.
func (v *visit) mayFindings() bool { return v.Caller.May(auth.ReadVulnerabilities, auth.Manage) }
