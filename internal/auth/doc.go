// Package auth tells who asks. It issues tokens to client applications, checks
// tokens (its own and those of outside issuers), and makes of each a Caller:
// one organization, permissions, and the RBAC groups that may be seen.
package auth
