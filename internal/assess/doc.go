// Package assess turns what a device reported into the rows that are exported
// of it, and finds what changed between two such sets of rows. It is pure:
// the same input gives the same bytes, and time comes in as an argument.
//
// A row is made in its final form (package defender): a row is its bytes, so
// that what is stored, compared, copied and served is one and the same thing.
// All rows of a device and dataset stand in the order of their unique key, as
// encoded. That makes the diff a merge of two sorted lists, and equality a
// comparison of bytes.
//
// Most of a row is the same on every device that has the component. An Assessor
// renders those pieces once and remembers them while it lives, which is for
// one generation: they depend on the generation's time through the status of
// support.
package assess
