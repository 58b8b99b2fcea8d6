// Package library finds well-known libraries inside the folders of products: code that no installer lists and no
// update of the system replaces. So far that is OpenSSL on Windows, whose files say their version in a resource.
//
// It is evidence of another kind than a list of installed software: a file may lie there unused. So it is looked
// for only if asked, within bounds: depth, names, time. What the bounds left out is said in the result.
package library
