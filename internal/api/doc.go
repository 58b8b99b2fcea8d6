// Package api puts the API of muster together: the table of routes, their
// description, and what lies under /v1/: reports in, generations, devices and
// feeds. HTTP itself is package edge; the export calls are package export; who may
// do what is package access.
//
// # Handlers
//
// A handler belongs to a type that holds what it uses: the store, a clock, the
// memory for decoding. table.go makes them and lists every address. Each operation
// says there which permissions it needs; the caller's organization and groups bound
// all that is looked up.
//
// # Self-description
//
// Every operation has a description beside its handler: the parameters, by whose
// declarations the handler reads them; the Go types that it decodes and encodes;
// the statuses that it gives. /openapi.json is made of these (openapi.go) and of the
// shapes of package defender, whose other face is $metadata. In the tests every
// reply is held to the description of its operation (conform_test.go), and the
// whole to the version that it bears (version_test.go): doc/decision/0023.
package api
