// Package subject normalises the keys by which statements of feeds and software of devices meet: a
// product or package (the subject), a vendor's and a product's words (a title), and the platforms
// of a statement.
//
// A key that is spelled differently is never found. So each spelling is defined once, here, for
// the compiler of feeds (package table) and the resolver of software (package catalog).
package subject
