// Package column writes and reads files of columns: what is compiled of feeds,
// and catalogs.
//
// A file is a magic line, a format in 4 bytes, the SHA-256 of the rest, and the
// rest: numbers, little-endian, a column being its length in 4 bytes and its
// numbers. It is written whole and never changed. Reading allocates nothing
// before it is known to be there; whether numbers refer to something that is
// there, its owner checks ([Within], [Starts]).
package column
