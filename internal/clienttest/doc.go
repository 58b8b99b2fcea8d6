// Package clienttest runs real clients against the program: Azure's storage SDKs, MSAL, an OData
// consumer, and the plain flows of curl, Python and PowerShell scripts. It has tests only.
//
// Each test uses a client as its documentation says, on `muster serve` in a process of its own,
// over TLS with a certificate of a private authority. The tests change only host names and settings
// that those clients offer for a service that is not Microsoft's.
//
// JavaScript clients run in Node: scripts in testdata/node print their results as JSON. Package
// testneed says where their packages come from.
package clienttest
