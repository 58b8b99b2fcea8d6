// Package edge is where requests come in: HTTP, and nothing of devices. It tells
// who sends a request and how it came, refuses what is no business of any
// handler, bounds what a client may take, and tells what became of each request.
//
//	request ─▶ guard ─▶ route ─▶ caller ─▶ permissions ─▶ rates ─▶ parameters ─▶ handler
//	           (guard.go) (route.go) (caller.go)          (rate.go) (params.go)
//
// # Routes
//
// Others make the table: a [Route] is an address with an [Operation] for each
// method, which says which permissions it needs, what the audit log calls it, and
// what it takes and gives (describe.go). A handler gets a [Request] and a
// [Response], and returns an error or nil.
//
// # Errors
//
// [Explain] is the one place that maps errors to statuses: the body is that of
// contract.md, section 7. What it does not know is logged with the request's id
// and told to nobody. A reply that has begun and fails is torn: its connection is
// cut, because what looks whole must be whole.
//
// # Limits
//
// How often a caller may use a call is exact (rate.go). Replies are made in places
// of which nobody has all (gate.go); failures to prove who one is count against an
// account and its network (failures.go). What was asked, by whom, and what became
// of it is written to the audit log where a request ends (journal.go): what fails
// again and again is counted (tally.go). doc/decision/0026, doc/decision/0037.
//
// # Origins
//
// What a client calls this server stands in links, issuers and audiences, so
// [Origins] repeats only what is proven: the public URL, what trusted proxies tell,
// names of the certificate, or those of this machine. guard.go keeps web pages that
// a local user visits from reaching a server on loopback.
//
// Below it, openapi has the documents that describe routes, and intake takes in
// bodies that may be large.
package edge
