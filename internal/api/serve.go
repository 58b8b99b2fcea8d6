package api

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	markAsked(r)
	out := newResponse(w, uuid.NewString())
	protect(out.Header(), r)
	begun := time.Now()
	defer s.conclude(out, r, begun)
	out.awaitBody(r)
	if err := s.admit(r); err != nil {
		s.fail(out, r, err)
		return
	}
	s.mux.ServeHTTP(out, foldPath(r))
}

// conclude turns a panic into a reply, counts, and cuts the connection of a
// reply that could not be completed.
func (s *Server) conclude(w *response, r *http.Request, begun time.Time) {
	switch problem := recover(); problem {
	case nil:
	case http.ErrAbortHandler:
		w.torn = true
	default:
		s.fail(w, r, fmt.Errorf("panic: %v\n%s", problem, debug.Stack()))
	}
	s.metrics.observe(w, r.Method, time.Since(begun))
	s.account(w, r)
	w.leaveBody(r)
	if w.torn {
		panic(http.ErrAbortHandler)
	}
}

// serve makes a route's http.Handler: it tells who asks, calls the handler of
// the method, and writes the error that it returns.
func (s *Server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := w.(*response) // ServeHTTP alone calls the mux
		out.route = rt.name
		if err := s.answer(rt, out, r); err != nil {
			s.fail(out, r, err)
		}
	})
}

// answer calls the handler of the method.
func (s *Server) answer(rt route, w *response, r *http.Request) error {
	if rt.methods == nil {
		return notFound("there is nothing at %q", clip(r.URL.Path))
	}
	op, allowed := rt.operation(r.Method)
	if op.handle == nil {
		w.Header().Set("Allow", allowed)
		return refuse(http.StatusMethodNotAllowed, "", "%s takes %s, not %q", rt.name, allowed, clip(r.Method))
	}
	w.account.changes = op.changes(r.Method)
	in := &request{Request: r}
	err := s.authorize(op, in)
	w.account.caller = in.caller
	if err == nil {
		err = s.restrain(rt.name, op, in)
	}
	if err == nil {
		err = skipBody(w, in)
	}
	if err != nil {
		return err
	}
	if in.query, err = parseQuery(r.URL.RawQuery, op.description.query); err != nil {
		return err
	}
	return op.handle(w, in)
}

// authorize tells who asks, and whether they may. Nothing else of a request is
// read before.
func (s *Server) authorize(op operation, r *request) (err error) {
	if len(op.needs) == 0 {
		return nil
	}
	if r.caller, err = s.caller(r.Request); err != nil {
		return err
	}
	return op.admits(&r.caller)
}

// restrain refuses what a caller may do, but not now.
func (s *Server) restrain(call string, op operation, r *request) error {
	if err := s.audit.changesWait(op, r.Method); err != nil {
		return err
	}
	return s.limits.admit(&r.caller, call, s.Clock())
}

// fail writes an error as the reply. Where a reply has begun that is not
// possible any more, and the reply is torn.
func (s *Server) fail(w *response, r *http.Request, err error) {
	f := s.slowDown(r, explain(err))
	w.account.quiet = w.account.quiet || f.quiet
	if r.Context().Err() != nil && errors.Is(err, r.Context().Err()) {
		defer func() { w.status = statusClientLeft }()
	} else if w.account.cause = f.cause; f.cause != nil && !w.mayRepeat(f.status) {
		s.tellCause(w, r)
	}
	if w.begun {
		w.torn = true
		return
	}
	f.write(w)
}
