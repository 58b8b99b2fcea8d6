package edge

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
)

// Handle makes the server answer by routes, in place of earlier ones; other addresses are not
// found. Addresses that begin with a wildcard have a mux of their own behind the others, so that
// no other address is taken for one of them.
func (s *Server) Handle(routes []Route) {
	mux, last := http.NewServeMux(), http.NewServeMux()
	for _, rt := range routes {
		if strings.HasPrefix(rt.Pattern, "/{") {
			last.Handle(rt.Pattern, s.serve(rt))
		} else {
			mux.Handle(rt.Pattern, s.serve(rt))
		}
	}
	last.Handle("/", s.serve(Route{Name: "none"}))
	mux.Handle("/", last)
	s.mux = mux
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	markAsked(r)
	out := newResponse(w, uuid.NewString())
	protect(out.Header(), r)
	begun := time.Now()
	defer s.conclude(out, r, begun)
	out.awaitBody(r)
	if err := s.guard.admit(r); err != nil {
		s.fail(out, r, err)
		return
	}
	s.mux.ServeHTTP(out, foldPath(r))
}

// conclude turns a panic into a reply, counts the request, and cuts the connection of a reply that
// could not be completed.
func (s *Server) conclude(w *Response, r *http.Request, begun time.Time) {
	switch problem := recover(); problem {
	case nil:
	case http.ErrAbortHandler:
		w.torn = true
	default:
		s.fail(w, r, fmt.Errorf("panic: %v\n%s", problem, debug.Stack()))
	}
	s.traffic.observe(w, r.Method, time.Since(begun))
	s.journal.account(w, r, s.Origins.ClientAddress(r))
	w.leaveBody(r)
	if w.torn {
		panic(http.ErrAbortHandler)
	}
}

// serve returns a route's http.Handler: it identifies the caller, calls the handler of the method,
// and writes the error that it returns.
func (s *Server) serve(rt Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := w.(*Response) // only ServeHTTP calls the mux
		out.route = rt.Name
		rt.recorded(&out.account, r.Method)
		if err := s.answer(rt, out, r); err != nil {
			s.fail(out, r, err)
		}
	})
}

// answer calls the handler of the method.
func (s *Server) answer(rt Route, w *Response, r *http.Request) error {
	if rt.Methods == nil {
		return noAddress(r.URL.Path)
	}
	op, allowed := rt.operation(r.Method)
	if op.handle == nil {
		w.Header().Set("Allow", allowed)
		return Refuse(http.StatusMethodNotAllowed, "", "%s accepts %s, not %q", rt.Name, allowed, Clip(r.Method))
	}
	in := &Request{Request: r}
	err := s.authorize(op, in)
	w.account.caller = in.Caller
	if err == nil {
		err = s.restrain(rt.Name, op, in)
	}
	if err == nil {
		err = skipBody(w, in)
	}
	if err != nil {
		return err
	}
	if in.Query, err = parseQuery(r.URL.RawQuery, op.Description.Query); err == nil {
		err = op.Description.check(in.Query)
	}
	if name := in.Query.twice; err == nil && name != "" && strings.HasPrefix(r.URL.Path, "/v1/") {
		err = Invalid("%s is given twice, with different values: give it once", name)
	}
	if err != nil {
		return err
	}
	return op.handle(w, in)
}

// authorize identifies the caller, and checks the permissions. Nothing else of a request is read
// before.
func (s *Server) authorize(op Operation, r *Request) (err error) {
	if len(op.Needs) == 0 {
		return nil
	}
	if r.Caller, err = s.Callers.Of(r.Request); err != nil {
		return err
	}
	return op.Admits(&r.Caller)
}

// restrain refuses what a caller may do in general, but not now.
func (s *Server) restrain(call string, op Operation, r *Request) error {
	if op.changes(r.Method) && slices.Contains(op.Needs, auth.Manage) {
		if err := s.journal.audit.ready(); err != nil {
			return err
		}
	}
	return s.limits.admit(&r.Caller, call, s.clock())
}

// fail writes an error as the reply. If a reply has begun that is not possible any more, and the
// reply is torn.
func (s *Server) fail(w *Response, r *http.Request, err error) {
	f := s.slowDown(r, Explain(err))
	w.account.quiet = w.account.quiet || f.Quiet
	if r.Context().Err() != nil && errors.Is(err, r.Context().Err()) {
		defer func() { w.status = statusClientLeft }()
	} else if w.account.cause = f.cause; f.cause != nil && !w.mayRepeat(f.Status) {
		s.journal.tellCause(w, r)
	}
	if w.begun {
		w.torn = true
		return
	}
	if s.NoPage != nil && (f.unknown || f.Status == http.StatusMethodNotAllowed) && wantsPage(r) {
		if s.NoPage(w, &Request{Request: r}, f) == nil {
			return
		}
		if w.begun {
			w.torn = true
			return
		}
	}
	f.write(w)
}

// wantsPage tells whether a browser asks for a page: what is below the roots of the API is for programs.
func wantsPage(r *http.Request) bool {
	for _, root := range []string{"/api/", "/v1/"} {
		if strings.HasPrefix(strings.ToLower(r.URL.Path), root) {
			return false
		}
	}
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		strings.Contains(strings.ToLower(r.Header.Get("Accept")), "text/html")
}

// Blame writes the server's own error behind a reply that a handler writes itself to the log.
func (s *Server) Blame(w *Response, r *Request, cause error) {
	w.account.cause = cause
	s.journal.tellCause(w, r.Request)
}

// slowDown counts refusals for lack of a valid token, and requests for addresses that do not exist,
// and makes those wait who have too many. Valid requests with valid tokens are never refused here.
func (s *Server) slowDown(r *http.Request, f *Failure) *Failure {
	address := s.Origins.ClientAddress(r)
	switch {
	case f.Status == http.StatusUnauthorized:
		if wait := s.Failures.Count(AttemptFrom(address, ""), s.clock()); wait > 0 {
			return TooMany(wait, "too many requests without a valid token from this address")
		}
	case f.unknown && !s.Callers.Local():
		who := ""
		if caller, err := s.Callers.Of(r); err == nil {
			who = caller.Key()
		}
		if wait := s.unknown.Take(AttemptFrom(address, who), s.clock()); wait > 0 {
			refused := TooMany(wait, "%s: too many requests for addresses that do not exist", f.message)
			refused.Quiet = true
			return refused
		}
	}
	return f
}
