// Package api is muster over HTTP: the export calls that clients of Microsoft
// Defender Vulnerability Management know (contract.md), and beside them, under
// /v1/, reports in, generations, devices and feeds.
//
// # Exports
//
// A pull is what one client reads with a call and its nextLinks. Its first page
// fixes a selection: which snapshots, which datasets. From then on the
// selection travels in the skip token, sealed and bound to organization, call
// and scope, so that a pull shows one state however many snapshots appear, and
// survives restarts of either side. Nothing is kept for it in the server.
//
//	request ─▶ selection ─▶ stretches of parts ─▶ rows of segments ─▶ page form ─▶ client
//	            (pull.go)       (plan.go)         (package snapshot)   (page.go)
//
// Where a page ends follows from the row counts of manifests alone, before a
// file is opened; its rows are then streamed in constant memory. What is found
// damaged before the first byte is an error; after it the connection is cut,
// because a page that looks whole must be whole.
//
// Calls via files return links that the server signs and later checks itself
// (link.go); they need no other credential, and name files of manifests only.
//
// # Self-description
//
// Every operation has a description beside its handler (describe.go): the
// parameters, by whose declarations the handler reads them; the Go types that it
// decodes and encodes; the statuses that it gives. /openapi.json is made of
// these and of the shapes of package defender, whose other face is $metadata.
// In the tests every reply is held to the description of its operation
// (conform_test.go), and the whole to the version that it bears
// (version_test.go): doc/decision/0023.
//
// # Errors
//
// Handlers return errors. One place (error.go) turns them into the body of
// contract.md, section 7; what it does not know is logged with the request's
// id and told to nobody.
//
// # Limits
//
// How often a caller may use a call is exact (ratelimit.go). Replies are made in
// places of which nobody has all (gate.go); failures to prove who one is count
// against an account and its network (failures.go). What was asked, by whom, and
// what became of it is written to the audit log where a request ends
// (audit.go): doc/decision/0026.
//
// # Safety
//
// Every operation says which permissions it needs (route.go); who asks is told
// in one function (caller.go), for each request, before anything else of it is
// read. Organization and groups of the caller bound all that follows. Clients,
// groups, organizations and keys are managed by clients.go and its neighbours;
// a secret is in one reply and nowhere else. guard.go keeps web pages that a
// local user visits from reaching a server on loopback.
package api
