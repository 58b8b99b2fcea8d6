package auth

import "net/url"

// TokenRequest is a call for a token: contract.md, section 6.
type TokenRequest struct {
	// Tenant is the one in the path, V1 that the path is of the older call.
	Tenant string
	V1     bool
	// Form is the body. Its size is for the caller to bound.
	Form url.Values
	// BasicUser and BasicPassword are what HTTP Basic carried, if HasBasic.
	BasicUser, BasicPassword string
	HasBasic                 bool
	// Origin is scheme and host of the server as the client knows them.
	Origin string
	// Unbound tells that the client alone said Origin: what an assertion is for
	// cannot be told by it.
	Unbound bool
}
