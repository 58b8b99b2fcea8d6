// Package packed encodes numbers, texts and names of files for the binary files of snapshots
// (sheets, indexes, deltas, the table of a manifest).
//
// The code is our own. So equal content has equal bytes with every version of every library, and a
// repair can make a file again and compare its SHA-256.
package packed
