// Package auth identifies callers. It issues tokens to clients that authenticate, checks
// tokens, its own and those of trusted issuers, and returns for each a Caller: one
// organization, permissions, and the RBAC groups that it may see.
//
// # The Authority
//
//	secret, or assertion ──▶ Token ──▶ token ──▶ Check ──▶ Caller
//	                           ▲                   ▲
//	                     client's row        client's row, again
//
// Token is the token call of contract.md, section 6, with the error numbers of Entra ID
// (issue.go, assertion.go, refusal.go). A client authenticates by a secret, of which the store
// has a hash, or by an assertion that is signed with the key of a registered certificate or by
// a trusted issuer. Check reads the token of a request (check.go). A client has the permissions
// that are in its token and, at that moment, in its row; so nothing is cached, and nothing has
// to be revoked.
//
// Sessions are the browsers that are signed in. Package people below it signs people in at a provider.
//
// # Keys
//
// The Keyring has the server's keys (keyring.go, key.go). For each purpose one key signs; older
// keys still check signatures for as long as anything that they signed is valid. Keys are in
// the store, sealed with the key of the data folder. Tokens are signed with RSA, because their
// public keys are published; links and skip tokens, which only the server reads, with 256
// random bits.
//
// # What is not trusted
//
// The content of a token is untrusted until its signature was checked: package jwt below it reads
// tokens, and asks other issuers for their keys, once a minute at most, whatever tokens arrive.
// Clocks may differ by five minutes.
package auth
