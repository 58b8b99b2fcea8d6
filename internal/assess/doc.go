// Package assess turns a device's reports into its rows for export, and finds the changes between
// two sets of rows. It is pure: the same input gives the same bytes, and the time is an argument.
//
// A row is made in its final form (package defender): the same bytes are stored, compared, copied
// and served. The rows of a device and dataset are in the order of their unique keys, as encoded.
// So the diff is a merge of two sorted lists, and equality a comparison of bytes.
//
// Most of a row is the same on every device with the component. An Assessor renders these pieces
// once and caches them for its lifetime, which is one generation: they depend on the generation's
// time through the status of support.
package assess
