// Package edge handles the HTTP side of requests, and knows nothing of devices. It identifies the
// caller and how the request came, refuses what no handler should see, limits what a client may
// use, and records the outcome of each request.
//
//	request ─▶ guard ─▶ route ─▶ caller ─▶ permissions ─▶ rates ─▶ parameters ─▶ handler
//	           (guard.go) (route.go) (caller.go)          (rate.go) (params.go)
//
// # Routes
//
// Other packages make the table: a [Route] is an address with an [Operation] for each method,
// which has the permissions it needs, its name in the audit log, and its description
// (describe.go). A handler gets a [Request] and a [Response], and returns an error or nil.
//
// # Errors
//
// [Explain] is the one place that maps errors to statuses: the body is that of contract.md,
// section 7. Errors that it does not know are logged with the request's id and not shown. If a
// reply that has begun fails, its connection is cut: what looks complete must be complete.
//
// # Limits
//
// Rate limits of callers are exact (rate.go). Exports have a limited number of places, of which
// no caller gets all (gate.go). Failed authentications count against an account and its network
// (failures.go). When a request ends, what was asked, by whom, and the outcome go to the audit
// log (journal.go); repeated failures are counted (tally.go). doc/decision/0026,
// doc/decision/0037.
//
// # Origins
//
// The name that a client uses for this server goes into links, issuers and audiences, so
// [Origins] only repeats proven names: the public URL, what trusted proxies tell, names of the
// certificate, or names of this machine. guard.go keeps web pages that a local user visits from
// reaching a server on loopback.
//
// Below it, package openapi has the documents that describe routes, and package intake reads
// bodies that may be large.
package edge
