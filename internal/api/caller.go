package api

import "net/http"

// Caller is who asks, and what they may see.
type Caller struct {
	Organization string
	// Groups tells whether the caller may see an RBAC group; nil is all of
	// them.
	Groups func(group int64) bool
	// Scope names what Groups lets through: a skip token of one scope is
	// worthless in another.
	Scope string
}

// caller tells who sends a request. It is the one place for access control.
func (s *Server) caller(*http.Request) (Caller, error) {
	return Caller{Organization: s.Organization}, nil
}

// sees tells whether the caller may see the devices of a group.
func (c Caller) sees(group int64) bool { return c.Groups == nil || c.Groups(group) }
