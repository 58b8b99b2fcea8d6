// Package clienttest holds the program to what real clients make of it: Azure's
// storage SDKs, MSAL, an OData consumer, and the plain flows of curl, Python and
// PowerShell scripts. It has tests only.
//
// Each test uses a client as its makers document it, on `muster serve` as a
// process of its own, over TLS with a certificate of a private authority. What
// is changed are host names, and what those clients let a user configure for a
// service that is not Microsoft's.
//
// JavaScript clients run in Node: scripts in testdata/node print what they saw
// as JSON. Package testneed says where their packages come from.
package clienttest
