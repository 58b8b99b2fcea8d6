// Package access keeps clients, their credentials, used assertions, and the keys that sign tokens,
// links and pages. The meaning of permissions is defined by package auth.
package access
