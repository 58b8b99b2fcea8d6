// Package auth tells who asks. It issues tokens to clients that prove
// themselves, checks tokens, its own and those of issuers it was told to trust,
// and makes of each a Caller: one organization, permissions, and the RBAC
// groups that may be seen.
//
// # The Authority
//
//	secret, or assertion ──▶ Token ──▶ token ──▶ Check ──▶ Caller
//	                           ▲                   ▲
//	                     client's row        client's row, again
//
// Token is the token call of contract.md, section 6, by the numbers of Entra ID
// (issue.go, assertion.go, refusal.go). A client proves itself by a secret, of
// which the store has a hash, or by an assertion that it signed with the key of
// a registered certificate, or that a trusted issuer signed for it. Check reads
// the token of a request (check.go). What a client may do is what its token says
// and its row still has at that moment; so nothing is cached, and nothing has to
// be revoked.
//
// # Keys
//
// The Keyring has the server's keys (keyring.go, key.go): of each purpose one
// that signs and those before it, which still check for as long as anything made
// with them may live. They are kept in the store, sealed with the key of the data
// folder. Tokens are signed by RSA, because their public keys are published; links
// and skip tokens, which nobody but the server reads, by 256 random bits.
//
// # What is not believed
//
// A token is what anybody could have written until its signature was checked
// (compact.go): the key is chosen by its id or issuer, and the algorithm is the
// key's, never the one that the token names. Keys inside a token, and addresses
// of keys, are refused. Other issuers are asked for their keys once a minute at
// most, whatever tokens arrive (remote.go, fetch.go). Five minutes are allowed
// for clocks that differ.
package auth
