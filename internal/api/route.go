package api

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
)

// handler answers a request. An error it returns is written as the reply; if a
// part of the reply was written before, the connection is cut instead.
type handler func(w *response, r *request) error

// request is a request with what every handler needs of it.
type request struct {
	*http.Request
	caller auth.Caller
	query  query
}

// operation is what a method does at an address, and who may.
type operation struct {
	handle handler
	// needs are the permissions of which a caller must have one. Without any
	// the operation is open: it asks for no token.
	needs []auth.Permission
	// home is for callers of the home organization: the operation concerns the
	// server, and with it every organization.
	home bool
	// reads says that the operation changes nothing, whatever its method; grants
	// that it gives access though it asks for no token.
	reads, grants bool
	description   description
}

// changes tells whether the operation changes what there is, or who has access:
// it is told in the server's log. Reports are not, since there are so many.
func (op operation) changes(method string) bool {
	if method == http.MethodGet || method == http.MethodHead || op.reads {
		return false
	}
	return op.grants || slices.Contains(op.needs, auth.Manage)
}

// methods are the operations at one address.
type methods map[string]operation

// open is an operation for everyone.
func open(h handler) operation { return operation{handle: h} }

// needs is an operation for callers with one of the permissions.
func needs(h handler, any ...auth.Permission) operation { return operation{handle: h, needs: any} }

// reading is an operation that only reads, by another method than GET.
func (op operation) reading() operation {
	op.reads = true
	return op
}

// granting is an open operation that gives access.
func (op operation) granting() operation {
	op.grants = true
	return op
}

// manages is an operation for those who manage an organization.
func manages(h handler) operation { return needs(h, auth.Manage) }

// administers is an operation for those who manage the server.
func administers(h handler) operation {
	return operation{handle: h, needs: []auth.Permission{auth.Manage}, home: true}
}

// route is one address of the API.
type route struct {
	// name is what metrics and logs call it.
	name string
	// pattern is one of http.ServeMux, without a method. Below /api/ it is in
	// lower case, and paths match in any.
	pattern string
	methods methods
}

// table lists every address.
func (s *Server) table() []route {
	return slices.Concat(s.exportRoutes(), s.reportRoutes(), s.controlRoutes(), s.accessRoutes(), s.openRoutes(), s.tenantRoutes())
}

// exportRoutes are the calls of contract.md, section 1, and their links.
func (s *Server) exportRoutes() []route {
	routes := []route{{"file", "/" + container + "/{path...}", methods{http.MethodGet: open(s.sendFile).as(sendsFile)}}}
	for _, call := range defender.Calls() {
		answer := s.page(call)
		if call.Files {
			answer = s.exportFiles(call)
		}
		at := methods{http.MethodGet: needs(answer, auth.Permission(call.ApplicationPermission)).as(s.exports(call))}
		name := strings.ToLower(call.Name)
		routes = append(routes, route{call.Name, "/api/machines/" + name, at}, route{call.Name, "/api/v1.0/machines/" + name, at})
	}
	return routes
}

// reportRoutes take reports in.
func (s *Server) reportRoutes() []route {
	return []route{
		{"reports", "/v1/reports", methods{http.MethodPost: needs(s.receiveReports, auth.WriteReports, auth.WriteOwnReports).as(receivesReports)}},
		{"report", "/v1/reports/{id}", methods{http.MethodGet: needs(s.showReceipt, auth.WriteReports, auth.WriteOwnReports, auth.Manage).as(showsReceipt)}},
	}
}

// controlRoutes are for people and programs that run the server.
func (s *Server) controlRoutes() []route {
	return []route{
		{"generations", "/v1/generations", methods{
			http.MethodGet:  needs(s.listGenerations, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).as(listsGenerations),
			http.MethodPost: manages(s.makeGeneration).as(makesGeneration)}},
		{"generation", "/v1/generations/{number}", methods{
			http.MethodGet: needs(s.showGeneration, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).as(showsGeneration)}},
		{"devices", "/v1/devices", methods{
			http.MethodGet: needs(s.listDevices, auth.ReadVulnerabilities, auth.ReadSoftware, auth.Manage).as(listsDevices)}},
		{"device", "/v1/devices/{id}", methods{
			http.MethodGet:    needs(s.showDevice, auth.ReadSoftware, auth.Manage).as(showsDevice),
			http.MethodDelete: manages(s.removeDevice).as(removesDevice)}},
		{"devicecredential", "/v1/devices/{id}/credential", methods{http.MethodDelete: manages(s.removeCredential).as(removesCredential)}},
		{"admission", "/v1/devices/{id}/admission", methods{http.MethodPut: manages(s.admitDevice).as(admitsDevice)}},
		{"claims", "/v1/devices/{id}/claims", methods{http.MethodPut: manages(s.acceptClaims).as(acceptsClaims)}},
		{"enrollments", "/v1/enrollments", methods{
			http.MethodGet:  manages(s.listEnrollments).as(listsEnrollments),
			http.MethodPost: manages(s.createEnrollment).as(createsEnrollment)}},
		{"enrollment", "/v1/enrollments/{id}", methods{http.MethodDelete: manages(s.removeEnrollment).as(removesEnrollment)}},
		{"feeds", "/v1/feeds", methods{http.MethodGet: manages(s.listFeeds).as(listsFeeds)}},
		{"feed", "/v1/feeds/{kind}/{name}", methods{http.MethodPut: administers(s.importFeed).as(importsFeed)}},
		{"refresh", "/v1/feeds/refresh", methods{http.MethodPost: administers(s.refreshFeeds).as(refreshesFeeds)}},
		{"verify", "/v1/verify", methods{http.MethodPost: manages(s.verify).as(verifies).reading()}},
		{"repair", "/v1/repair", methods{http.MethodPost: manages(s.repair).as(repairs)}},
		{"metrics", "/metrics", methods{http.MethodGet: administers(s.showMetrics).as(showsMetrics)}},
	}
}

// accessRoutes say who may do what, and with which devices.
func (s *Server) accessRoutes() []route {
	return []route{
		{"clients", "/v1/clients", methods{
			http.MethodGet:  manages(s.listClients).as(listsClients),
			http.MethodPost: manages(s.addClient).as(addsClient)}},
		{"client", "/v1/clients/{id}", methods{
			http.MethodGet:    manages(s.showClient).as(showsClient),
			http.MethodPatch:  manages(s.changeClient).as(changesClient),
			http.MethodDelete: manages(s.removeClient).as(removesClient)}},
		{"rotation", "/v1/clients/{id}/rotate", methods{http.MethodPost: manages(s.rotateSecret).as(rotatesSecret)}},
		{"certificates", "/v1/clients/{id}/certificates", methods{http.MethodPost: manages(s.addCertificate).as(addsCertificate)}},
		{"credential", "/v1/clients/{id}/credentials/{credential}", methods{http.MethodDelete: manages(s.revokeCredential).as(revokesCredential)}},
		{"groups", "/v1/groups", methods{
			http.MethodGet: manages(s.listGroups).as(listsGroups),
			http.MethodPut: manages(s.setGroups).as(setsGroups)}},
		{"organizations", "/v1/organizations", methods{
			http.MethodGet:  administers(s.listOrganizations).as(listsOrganizations),
			http.MethodPost: administers(s.addOrganization).as(addsOrganization)}},
		{"key", "/v1/keys/{purpose}/rotate", methods{http.MethodPost: administers(s.rotateKey).as(rotatesKey)}},
	}
}

// openRoutes ask for no token.
func (s *Server) openRoutes() []route {
	return []route{
		{"enroll", "/v1/enroll", methods{http.MethodPost: open(s.enroll).as(enrolls).granting()}},
		{"healthz", "/healthz", methods{http.MethodGet: open(s.healthz).as(answersHealth)}},
		{"readyz", "/readyz", methods{http.MethodGet: open(s.readyz).as(answersReadiness)}},
		{"metadata", "/api/$metadata", methods{http.MethodGet: open(s.showMetadata).as(showsMetadata)}},
		{"metadata", "/api/v1.0/$metadata", methods{http.MethodGet: open(s.showMetadata).as(showsMetadata)}},
		{"openapi", "/openapi.json", methods{http.MethodGet: open(s.showOpenAPI).as(showsOpenAPI)}},
	}
}

// operation returns what answers a method; HEAD is a GET whose body is left
// out. Where the method is not allowed it returns those that are.
func (rt *route) operation(method string) (op operation, allowed string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if op, ok := rt.methods[method]; ok {
		return op, ""
	}
	var all []string
	for m := range rt.methods {
		all = append(all, m)
		if m == http.MethodGet {
			all = append(all, http.MethodHead)
		}
	}
	slices.Sort(all)
	return operation{}, strings.Join(all, ", ")
}

// newMux makes one mux of all routes; what none of them has is not found.
// Addresses of tenants, which begin with anything, have a mux of their own
// behind it, so that no other is taken for one.
func (s *Server) newMux() *http.ServeMux {
	mux, tenants := http.NewServeMux(), http.NewServeMux()
	for _, rt := range s.table() {
		if strings.HasPrefix(rt.pattern, tenantPattern) {
			tenants.Handle(rt.pattern, s.serve(rt))
		} else {
			mux.Handle(rt.pattern, s.serve(rt))
		}
	}
	none := s.serve(route{name: "none"})
	tenants.Handle("/", none)
	mux.Handle("/", tenants)
	mux.Handle("/"+container, none) // else the mux redirects to the route below it
	return mux
}

// foldPath returns the request as the mux is to see it: paths below /api/ in
// lower case (contract.md, section 1), and a call that OData tooling names in
// full, as $metadata has it, by its name alone.
func foldPath(r *http.Request) *http.Request {
	const prefix = "/api/"
	if len(r.URL.Path) < len(prefix) || !strings.EqualFold(r.URL.Path[:len(prefix)], prefix) {
		return r
	}
	folded, address := *r, *r.URL
	base, call := path.Split(strings.ToLower(address.Path))
	if function, ok := strings.CutSuffix(call, "()"); ok {
		call = strings.TrimPrefix(function, strings.ToLower(defender.Namespace)+".")
	}
	address.Path, address.RawPath = base+call, ""
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
