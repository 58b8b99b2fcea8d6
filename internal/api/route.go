package api

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
)

// handler answers a request. An error it returns is written as the reply; if a
// part of the reply was written before, the connection is cut instead.
type handler func(w *response, r *request) error

// request is a request with what every handler needs of it.
type request struct {
	*http.Request
	caller Caller
	query  query
}

// route is one address of the API.
type route struct {
	// name is what metrics and logs call it.
	name string
	// pattern is one of http.ServeMux, without a method. Below /api/ it is in
	// lower case, and paths match in any.
	pattern string
	methods map[string]handler
	// open routes need no credential of the caller.
	open bool
}

// table lists every address.
func (s *Server) table() []route {
	routes := []route{
		{"file", "/" + container + "/{path...}", get(s.sendFile), true},
		{"reports", "/v1/reports", post(s.receiveReports), false},
		{"report", "/v1/reports/{id}", get(s.showReceipt), false},
		{"generations", "/v1/generations", map[string]handler{
			http.MethodGet: s.listGenerations, http.MethodPost: s.makeGeneration}, false},
		{"generation", "/v1/generations/{number}", get(s.showGeneration), false},
		{"devices", "/v1/devices", get(s.listDevices), false},
		{"device", "/v1/devices/{id}", map[string]handler{
			http.MethodGet: s.showDevice, http.MethodDelete: s.removeDevice}, false},
		{"feeds", "/v1/feeds", get(s.listFeeds), false},
		{"feed", "/v1/feeds/{kind}/{name}", map[string]handler{http.MethodPut: s.importFeed}, false},
		{"refresh", "/v1/feeds/refresh", post(s.refreshFeeds), false},
		{"verify", "/v1/verify", post(s.verify), false},
		{"healthz", "/healthz", get(s.healthz), true},
		{"readyz", "/readyz", get(s.readyz), true},
		{"metrics", "/metrics", get(s.showMetrics), true},
	}
	for _, call := range defender.Calls() {
		methods := get(s.page(call))
		if call.Files {
			methods = get(s.exportFiles(call))
		}
		name := strings.ToLower(call.Name)
		routes = append(routes, route{call.Name, "/api/machines/" + name, methods, false},
			route{call.Name, "/api/v1.0/machines/" + name, methods, false})
	}
	return routes
}

func get(h handler) map[string]handler  { return map[string]handler{http.MethodGet: h} }
func post(h handler) map[string]handler { return map[string]handler{http.MethodPost: h} }

// handler returns what answers a method; HEAD is a GET whose body is left out.
// Where the method is not allowed it returns those that are.
func (rt *route) handler(method string) (h handler, allowed string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if h, ok := rt.methods[method]; ok {
		return h, ""
	}
	var all []string
	for m := range rt.methods {
		all = append(all, m)
		if m == http.MethodGet {
			all = append(all, http.MethodHead)
		}
	}
	slices.Sort(all)
	return nil, strings.Join(all, ", ")
}

// newMux makes one mux of all routes; what none of them has is not found.
func (s *Server) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, rt := range s.table() {
		mux.Handle(rt.pattern, s.serve(rt))
	}
	mux.Handle("/", s.serve(route{name: "none"}))
	return mux
}

// foldPath returns the request as the mux is to see it: paths below /api/ in
// lower case (contract.md, section 1).
func foldPath(r *http.Request) *http.Request {
	const prefix = "/api/"
	if len(r.URL.Path) < len(prefix) || !strings.EqualFold(r.URL.Path[:len(prefix)], prefix) {
		return r
	}
	folded, address := *r, *r.URL
	address.Path, address.RawPath = strings.ToLower(address.Path), ""
	folded.URL = &address
	return &folded
}

// isClean tells whether the mux takes a path as it is. It would redirect any
// other, which no client here expects.
func isClean(escaped string) bool {
	return strings.HasPrefix(escaped, "/") && path.Clean(escaped) == escaped
}

// sentPath is the path as the client sent it, in its own case and escapes.
func (r *request) sentPath() string {
	if u, err := url.ParseRequestURI(r.RequestURI); err == nil {
		return u.EscapedPath()
	}
	return r.URL.EscapedPath()
}
