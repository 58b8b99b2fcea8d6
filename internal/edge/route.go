package edge

import (
	"cmp"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/organization"
)

// Handler answers a request. An error it returns is written as the reply; if a
// part of the reply was written before, the connection is cut instead.
type Handler func(w *Response, r *Request) error

// Operation is what a method does at an address, and who may.
type Operation struct {
	handle Handler
	// Needs are the permissions of which a caller must have one. Without any
	// the operation is open: it asks for no token.
	Needs []auth.Permission
	// home is for callers of the home organization: the operation concerns the
	// server, and with it every organization.
	home bool
	// reads says that the operation changes nothing, whatever its method; grants
	// that it gives access though it asks for no token.
	reads, grants bool
	// event is what the audit log calls the operation; empty for the usual. An open
	// operation that has one is recorded. silent ones are only if they fail.
	event       string
	silent      bool
	Description Description
}

// As is the operation with its description.
func (op Operation) As(d Description) Operation {
	op.Description = d
	return op
}

// Told is the operation with a name of its own in the audit log.
func (op Operation) Told(event string) Operation {
	op.event = event
	return op
}

// Untold is an operation that is recorded only if it fails.
func (op Operation) Untold() Operation {
	op.silent = true
	return op
}

// changes tells whether the operation changes what there is, or who has access:
// it is told in the server's log. Reports are not, since there are so many.
func (op Operation) changes(method string) bool {
	if method == http.MethodGet || method == http.MethodHead || op.reads {
		return false
	}
	return op.grants || slices.Contains(op.Needs, auth.Manage)
}

// Methods are the operations at one address.
type Methods map[string]Operation

// Open is an operation for everyone.
func Open(h Handler) Operation { return Operation{handle: h} }

// Needs is an operation for callers with one of the permissions.
func Needs(h Handler, any ...auth.Permission) Operation { return Operation{handle: h, Needs: any} }

// Reading is an operation that only reads, by another method than GET.
func (op Operation) Reading() Operation {
	op.reads = true
	return op
}

// Granting is an open operation that gives access.
func (op Operation) Granting() Operation {
	op.grants = true
	return op
}

// Manages is an operation for those who manage an organization.
func Manages(h Handler) Operation { return Needs(h, auth.Manage) }

// Administers is an operation for those who manage the server.
func Administers(h Handler) Operation {
	return Operation{handle: h, Needs: []auth.Permission{auth.Manage}, home: true}
}

// Route is one address of the API.
type Route struct {
	// Name is what metrics and logs call it.
	Name string
	// Pattern is one of http.ServeMux, without a method. Below /api/ it is in
	// lower case, and paths match in any.
	Pattern string
	Methods Methods
	// Event is what requests of any method are called; empty for what their
	// operations say.
	Event string
}

// At is what the methods do at an address.
func At(name, pattern string, m Methods) Route {
	return Route{Name: name, Pattern: pattern, Methods: m}
}

// operation returns what answers a method; HEAD is a GET whose body is left
// out. Where the method is not allowed it returns those that are.
func (rt *Route) operation(method string) (op Operation, allowed string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if op, ok := rt.Methods[method]; ok {
		return op, ""
	}
	var all []string
	for m := range rt.Methods {
		all = append(all, m)
		if m == http.MethodGet {
			all = append(all, http.MethodHead)
		}
	}
	slices.Sort(all)
	return Operation{}, strings.Join(all, ", ")
}

// recorded says what the audit log is to know of a request at the address.
func (rt *Route) recorded(a *account, method string) {
	op, _ := rt.operation(method)
	a.event, a.recorded, a.silent = cmp.Or(rt.Event, op.event), op.event != "" && len(op.Needs) == 0, op.silent
	a.changes = op.changes(method)
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

// admits tells whether a caller may do what the operation does: law 5. Managing
// is for those who see all of an organization.
func (op Operation) admits(c *auth.Caller) error {
	for _, p := range op.Needs {
		if c.May(p) && (p != auth.Manage || c.AllGroups) {
			if op.home && c.Organization != organization.Default {
				return Refuse(http.StatusForbidden, defender.CodeForbidden, "this is for those who manage the server: clients of its home organization")
			}
			return nil
		}
	}
	return lacking(op.Needs, c.Delegated)
}

// lacking is the refusal of contract.md, section 7: it names the permissions.
func lacking(needs []auth.Permission, delegated bool) error {
	who, kind := "application", "application"
	var names []string
	for _, p := range needs {
		if delegated && p.Delegated() != "" {
			names = append(names, p.Delegated())
		} else if !delegated && slices.Contains(auth.Permissions(), p) {
			names = append(names, string(p))
		}
	}
	if delegated {
		who, kind = "user", "delegated"
	}
	return Refuse(http.StatusForbidden, defender.CodeForbidden,
		"The %s does not have any of the required %s permissions (%s) to access the resource.", who, kind, strings.Join(names, ", "))
}
