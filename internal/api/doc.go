// Package api assembles the API of muster: the table of routes, their description, and the calls
// under /v1/ for reports, generations, devices and feeds. HTTP itself is package edge; the export
// calls are package export; access is package access.
//
// # Handlers
//
// A handler is a method of a type that holds what it uses: the store, a clock, the memory for
// decoding. table.go makes these types and lists every address, with the permissions of each
// operation. All lookups are limited to the caller's organization and groups.
//
// # Self-description
//
// Every operation has a description beside its handler: the parameters, by whose declarations the
// handler reads them; the Go types that it decodes and encodes; its statuses. /openapi.json is
// made of these (openapi.go) and of the shapes of package defender, which $metadata also shows.
// The tests check every reply against the description of its operation (conform_test.go), and the
// whole against its version (version_test.go): doc/decision/0023.
package api
