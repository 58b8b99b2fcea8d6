// Package people signs people in to the dashboard at a provider of OpenID Connect: the authorization code flow
// with PKCE (OpenID Connect Core, section 3.1; RFC 7636; RFC 9700). doc/decision/0158.
//
//	browser ──▶ Begin ──▶ provider ──▶ browser ──▶ Finish ──▶ Person ──▶ a session with its claims
//	             │ cookie: sealed seed    ▲ code, state          │ code, verifier ──▶ ID token
//	             └────────────────────────┘                      └ nonce, issuer, audience, times, signature
//
// # What binds an answer to its question
//
// Begin draws a seed, from which state, nonce and code verifier follow. A cookie has it sealed, with the origin,
// the settings and the address to go on to. So nothing is stored for who only asks, several tabs sign in at a time, and
// an answer counts in the browser that asked, once, for ten minutes, on any node.
//
// # Who may do what
//
// A session keeps the values of the claims that the roles of the settings read. Door.Caller applies the roles
// to them at each request (role.go), so changed settings hold at once. A person may do what all of the RBAC groups
// that they see allow: never more than their roles give.
//
// # What is not trusted
//
// The server calls the hosts that the settings name, and no other, whatever a discovery document says; without
// redirects, with limits of size, time and number. Nothing of an answer is shown but the error codes of RFC 6749 and
// OpenID Connect, and no code, token or secret is in an error.
package people
