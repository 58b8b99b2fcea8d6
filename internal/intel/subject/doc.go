// Package subject spells what statements of feeds and software of devices have
// in common, so that the two meet by equal keys: a product or package (the
// subject), a vendor's and a product's words (a title), and the platforms that
// a statement holds on.
//
// What is spelled in another way is never found. So each spelling is here once,
// for those who compile feeds (package table) and those who resolve software
// (package catalog).
package subject
