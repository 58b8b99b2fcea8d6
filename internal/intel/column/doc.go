// Package column writes and reads files of columns: compiled feeds, and catalogs.
//
// A file is a magic line, a format number in 4 bytes, the SHA-256 of the rest, and the rest.
// Numbers are little-endian; a column is its length in 4 bytes and its numbers. A file is written
// once and never changed. Reading allocates nothing beyond the bytes that exist. The owner of a
// file checks that its numbers are valid references ([Within], [Starts]).
package column
