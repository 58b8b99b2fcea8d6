package auth

import "net/url"

// TokenRequest is a token call: contract.md, section 6.
type TokenRequest struct {
	// Tenant is the tenant in the path. V1: it is the path of the older call.
	Tenant string
	V1     bool
	// Form is the body. The caller limits its size.
	Form url.Values
	// BasicUser and BasicPassword are what HTTP Basic carried, if HasBasic.
	BasicUser, BasicPassword string
	HasBasic                 bool
	// Origin is scheme and host of the server, as the client used them.
	Origin string
	// Unbound: Origin comes from the client alone, so the audience of an assertion cannot be
	// checked with it.
	Unbound bool
}
