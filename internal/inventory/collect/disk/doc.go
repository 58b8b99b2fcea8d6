// Package disk is the one way by which a machine's files are read to collect it.
// Nothing on a disk is trusted (decision 36): every access looks before it opens,
// opens without waiting, reads regular files and lists folders only, and is counted;
// nothing is executed, copied, locked or written.
//
// A [Tree] is what one source may see of a machine: files below its root, with
// symbolic links taken as they would be on the machine itself, until the source's
// time is over and its bytes are used up.
package disk
