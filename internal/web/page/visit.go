package page

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/store/access"
)

// Visit is a request of somebody who is signed in.
type Visit struct {
	*edge.Request
	W      *edge.Response
	site   *Site
	API    *control.Session
	secret string
	// told is the coverage that the caller sees, once it was asked for.
	told *control.Coverage
	// changes are what the visit has changed, done is the mark of a form that led here.
	changes changes
	done    string
	// Asked is the snapshot that the address names, 0 if it names none; pin is what is said of it.
	Asked int64
	pin   *Pin
}

// Route returns the route of a page for people who are signed in.
func (p *Site) Route(pattern string, show func(*Visit) error) edge.Route {
	return p.Get("page", pattern, p.Shows(show))
}

// Shows returns the handler of a page for people who are signed in. Others are sent to sign in, and then come back.
func (p *Site) Shows(show func(*Visit) error) edge.Handler {
	return func(w *edge.Response, r *edge.Request) error {
		secret := p.SecretOf(r)
		caller, err := p.Sessions.Caller(r.Context(), secret)
		if auth.IsNobody(err) {
			return Redirect(w, "/sign-in?"+query("to", r.URL.RequestURI()))
		}
		if err != nil {
			return p.Fail(w, r, nil, err)
		}
		done := takeDone(r)
		asked, err := takeAsked(r)
		v := p.visit(w, r, caller, secret)
		v.done, v.Asked = done, asked
		if err == nil {
			err = admitTexts(r.URL.Query())
		}
		if err == nil {
			err = show(v)
		}
		if err != nil {
			return p.Fail(w, r, v, err)
		}
		return nil
	}
}

// visit returns the visit of a request whose caller is known.
func (p *Site) visit(w *edge.Response, r *edge.Request, caller auth.Caller, secret string) *Visit {
	r.Caller = caller
	v := &Visit{Request: r, W: w, site: p, secret: secret}
	v.API = open(p.Server, r.Request, &r.Caller, &v.changes)
	return v
}

// Admitted is the API's refusal if the caller may not use an operation; one without permissions is for all.
func (v *Visit) Admitted(op edge.Operation) error {
	if len(op.Needs) == 0 {
		return nil
	}
	return op.Admits(&v.Caller)
}

// Only returns the page for callers who may use an operation.
func Only(op edge.Operation, show func(*Visit) error) func(*Visit) error {
	return func(v *Visit) error {
		if err := v.Admitted(op); err != nil {
			return err
		}
		return show(v)
	}
}

// maxShown is how long a page may take.
const maxShown = time.Minute

// Within returns a context that ends when a page has taken too long.
func (v *Visit) Within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.Context(), maxShown)
}

// errorPage says what failed.
type errorPage struct {
	Status               int
	Heading, Message, ID string
}

// Fail writes the page of an error with its status. v is nil for who is not signed in. If a reply has begun, it
// returns the error, which cuts it off.
func (p *Site) Fail(w *edge.Response, r *edge.Request, v *Visit, err error) error {
	if w.Begun() {
		return err
	}
	shown := errorPage{Status: http.StatusInternalServerError, Message: "The server's log has the cause under this id.", ID: w.ID}
	seconds := 0
	var told *control.Error
	if errors.As(err, &told) {
		shown.Status, shown.Message, seconds = told.Status, told.Message, int(told.RetryAfter.Seconds())
		if told.Target != "" && told.Status >= 500 {
			shown.ID = told.Target
		}
	} else if f := edge.Explain(err); f.Status < 500 || f.Status == http.StatusServiceUnavailable {
		_, shown.Message = f.Reason()
		shown.Status, seconds = f.Status, f.Retry
	} else {
		p.Server.Blame(w, r, err)
	}
	if seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	shown.Heading = map[int]string{http.StatusNotFound: "This does not exist", http.StatusMethodNotAllowed: "This is no page",
		http.StatusForbidden:  "You may not see this",
		http.StatusBadRequest: "This address is not understood", http.StatusGone: "This snapshot is no longer kept",
		http.StatusConflict: "This cannot be answered now"}[shown.Status]
	if shown.Heading == "" {
		shown.Heading = "This page cannot be shown"
	}
	f := &Frame{Title: shown.Heading, Content: shown}
	if v != nil {
		v.dress(f)
	}
	return p.Write(w, shown.Status, "error", f)
}

// NoPage is the page of an address that does not exist, or that only forms are sent to.
func (p *Site) NoPage(w *edge.Response, r *edge.Request, f *edge.Failure) error {
	secret := p.SecretOf(r)
	var v *Visit
	if caller, err := p.Sessions.Caller(r.Context(), secret); err == nil {
		v = p.visit(w, r, caller, secret)
	}
	return p.Fail(w, r, v, f)
}

// dress sets what the frame says of the caller.
func (v *Visit) dress(f *Frame) {
	f.Token, f.Who, f.Browsers = FormToken(v.secret), v.Caller.Name, v.Admitted(ReadsPages()) == nil
	for _, s := range sections() {
		if v.Admitted(s.needs) == nil {
			s.Here = v.URL.Path == s.Path || s.Path != "/" && strings.HasPrefix(v.URL.Path, s.Path+"/")
			f.Menu = append(f.Menu, s.Entry)
		}
	}
	f.Search = v.URL.Query().Get("q")
	f.Scope, f.Pin = v.scope(), v.pinOf()
	if f.Done == nil && v.done != "" {
		f.Done = v.line(v.done)
	}
}

// pinOf is what is said of the snapshot of a page, if its address names one.
func (v *Visit) pinOf() *Pin {
	if v.pin == nil && v.Asked != 0 {
		return &Pin{Shown: v.Asked, Now: true}
	}
	return v.pin
}

// line returns what came of the form with a mark; nil if this session has sent none.
func (v *Visit) line(mark string) *Line {
	if !isMark(mark) {
		return nil
	}
	ctx, cancel := v.Within()
	defer cancel()
	f, err := v.site.Sessions.Form(ctx, v.secret, mark)
	if err != nil || f.State == "" || f.State == access.FormBegun {
		return nil
	}
	return &Line{f.Told, strings.Fields(f.Audit), f.State == access.FormRefused}
}

// scope says which groups the caller sees.
func (v *Visit) scope() string {
	if v.Caller.AllGroups {
		return "all groups"
	}
	var names []string
	for _, g := range v.groups() {
		names = append(names, g.RBACGroupName)
	}
	if names == nil {
		return Count(int64(len(v.Caller.Groups)), "group", "groups")
	}
	return "your groups: " + strings.Join(names, ", ")
}

// Coverage returns the coverage that the caller sees. A page asks for it once: its content, its frame and its filters
// show parts of it.
func (v *Visit) Coverage(ctx context.Context) (*control.Coverage, error) {
	if v.told != nil {
		return v.told, nil
	}
	known, err := Ask(ctx, v.API, control.ShowCoverage(""))
	if err != nil {
		return nil, err
	}
	v.told = &known
	return v.told, nil
}

// CoverageOf returns the coverage of a snapshot, 0 is the newest.
func (v *Visit) CoverageOf(ctx context.Context, snapshot int64) (*control.Coverage, error) {
	if snapshot == 0 {
		return v.Coverage(ctx)
	}
	known, err := Ask(ctx, v.API, Of(control.ShowCoverage(""), snapshot))
	return &known, err
}

// groups are the groups with devices that the caller sees, by name; none if they cannot be told.
func (v *Visit) groups() []control.GroupCoverage {
	ctx, cancel := v.Within()
	defer cancel()
	known, err := v.Coverage(ctx)
	if err != nil {
		return nil
	}
	return slices.SortedFunc(slices.Values(known.Groups), func(a, b control.GroupCoverage) int {
		return strings.Compare(a.RBACGroupName, b.RBACGroupName)
	})
}

// Page sends a page with its frame.
func (v *Visit) Page(name string, f *Frame) error { return v.Send(http.StatusOK, name, f) }

// Send sends a page with its frame and a status.
func (v *Visit) Send(status int, name string, f *Frame) error {
	v.dress(f)
	f.keeping = func(made []byte) []byte { return keeping(made, v.Asked) }
	return v.site.Write(v.W, status, name, f)
}

// SessionID returns the id of the visit's session, as the API lists it.
func (v *Visit) SessionID() string {
	return (&access.Session{Hash: auth.HashSecret(v.secret)}).ID()
}

// Manages reports whether the caller manages the organization.
func (v *Visit) Manages() bool { return v.Admitted(edge.Manages(nil)) == nil }

// Now is the time.
func (v *Visit) Now() time.Time { return v.site.Sessions.Clock() }

// Origin is the server's address, as its clients use it.
func (v *Visit) Origin() string { return v.site.Server.Origins.Of(v.Request.Request) }

// MayFindings tells whether the caller may see findings.
func (v *Visit) MayFindings() bool { return v.Caller.May(auth.ReadVulnerabilities, auth.Manage) }
