// Package disk is the only way in which a machine's files are read for collecting. It does not
// trust the disk (decision 36): every access checks the kind of a file before opening it, opens
// without blocking, only reads regular files and lists folders, and is counted. Nothing is
// executed, copied, locked or written.
//
// A [Tree] is one source's view of a machine: files below its root, with symbolic links resolved
// as on the machine itself, until the source's time is over or its bytes are used up.
package disk
