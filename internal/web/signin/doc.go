// Package signin signs browsers in and out: by a link that is used once (doc/decision/0151), or at a provider of OpenID
// Connect (doc/decision/0158).
package signin
