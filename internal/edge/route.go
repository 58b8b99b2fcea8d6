package edge

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/organization"
)

// Handler answers a request. An error that it returns is written as the reply; if part of the
// reply was written before, the connection is cut instead.
type Handler func(w *Response, r *Request) error

// Operation is what a method does at an address, and who may use it.
type Operation struct {
	handle Handler
	// Needs are permissions, of which a caller must have one. Without any the operation is open:
	// it needs no token.
	Needs []auth.Permission
	// OfUsers are the permissions that a user must have one of; nil if they are Needs.
	OfUsers []auth.Permission
	// home: only callers of the home organization may use it, because it concerns the server and
	// so every organization.
	home bool
	// reads: the operation changes nothing, whatever its method. grants: it gives access though
	// it needs no token.
	reads, grants bool
	// event is the operation's name in the audit log; "" for the usual one. An open operation
	// with a name is recorded; if silent, only if it fails.
	event       string
	silent      bool
	Description Description
}

// As returns the operation with a description.
func (op Operation) As(d Description) Operation {
	op.Description = d
	return op
}

// Told returns the operation with a name of its own in the audit log.
func (op Operation) Told(event string) Operation {
	op.event = event
	return op
}

// Untold returns the operation, recorded only if it fails.
func (op Operation) Untold() Operation {
	op.silent = true
	return op
}

// changes tells whether the operation changes data or access, which is written to the server's
// log. Reports do not count, since there are so many.
func (op Operation) changes(method string) bool {
	if method == http.MethodGet || method == http.MethodHead || op.reads {
		return false
	}
	return op.grants || slices.Contains(op.Needs, auth.Manage)
}

// Methods are the operations of one address, by method.
type Methods map[string]Operation

// Open returns an operation for everyone.
func Open(h Handler) Operation { return Operation{handle: h} }

// Needs returns an operation for callers with one of the permissions.
func Needs(h Handler, any ...auth.Permission) Operation { return Operation{handle: h, Needs: any} }

// Reading returns the operation, marked as one that only reads although its method is not GET.
func (op Operation) Reading() Operation {
	op.reads = true
	return op
}

// Granting returns the open operation, marked as one that gives access.
func (op Operation) Granting() Operation {
	op.grants = true
	return op
}

// Manages returns an operation for managers of an organization.
func Manages(h Handler) Operation { return Needs(h, auth.Manage) }

// Administers returns an operation for managers of the server.
func Administers(h Handler) Operation {
	return Operation{handle: h, Needs: []auth.Permission{auth.Manage}, home: true}
}

// Route is one address of the API.
type Route struct {
	// Name is its name in metrics and logs.
	Name string
	// Pattern is a pattern of http.ServeMux, without a method. Below /api/ it is in lower case,
	// and paths match in any case.
	Pattern string
	// Documented is the path in descriptions, if it is not Pattern: below /api/ its own case.
	Documented string
	Methods    Methods
	// Event is the name of requests of any method; "" uses the names of the operations.
	Event string
}

// At returns the route of an address.
func At(name, pattern string, m Methods) Route {
	return Route{Name: name, Pattern: pattern, Methods: m}
}

// operation returns the operation of a method; HEAD is a GET without a body. If the method is not
// allowed it returns those that are.
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

// recorded sets what the audit log records of a request at the address.
func (rt *Route) recorded(a *account, method string) {
	op, _ := rt.operation(method)
	a.event, a.recorded, a.silent = cmp.Or(rt.Event, op.event), op.event != "" && len(op.Needs) == 0, op.silent
	a.changes = op.changes(method)
}

// foldPath returns the request as the mux must see it: paths below /api/ in lower case
// (contract.md, section 1), and a call that OData tools name in full, as $metadata has it, by its
// short name.
func foldPath(r *http.Request) *http.Request {
	const prefix = "/api/"
	if len(r.URL.Path) < len(prefix) || !strings.EqualFold(r.URL.Path[:len(prefix)], prefix) {
		return r
	}
	folded, address := *r, *r.URL
	base, call := path.Split(strings.ToLower(address.EscapedPath())) // a name in it may have a slash
	if function, ok := strings.CutSuffix(call, "()"); ok {
		call = strings.TrimPrefix(function, strings.ToLower(defender.Namespace)+".")
	}
	address.RawPath = base + call
	if address.Path, _ = url.PathUnescape(address.RawPath); address.EscapedPath() != address.RawPath {
		address.RawPath = "" // it was not an escape of the path
	}
	folded.URL = &address
	return &folded
}

// Admits tells whether a caller may use the operation: law 5. Some permissions count only for a
// caller that sees all groups of an organization.
func (op Operation) Admits(c *auth.Caller) error {
	needs := op.Needs
	if c.Delegated && op.OfUsers != nil {
		needs = op.OfUsers
	}
	for _, p := range needs {
		if c.May(p) && (c.AllGroups || !p.NeedsAllGroups()) {
			if op.home && c.Organization != organization.Default {
				return Refuse(http.StatusForbidden, defender.CodeForbidden,
					"only managers of the server may do this: clients of its home organization")
			}
			return nil
		}
	}
	return lacking(needs, c.Delegated)
}

// lacking returns the error of contract.md, section 7, which names the permissions.
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
		"The %s does not have any of the required %s permissions (%s) to access the resource.", who, kind,
		strings.Join(names, ", "))
}
