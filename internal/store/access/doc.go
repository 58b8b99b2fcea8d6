// Package access keeps clients, the credentials that prove them, the assertions
// they used, and the keys that tokens, links and pages are signed with. What a
// permission means is known to package auth.
package access
