// Package node is what runs a server, or works on a data folder in its place: the
// folder with its lock, database, key and files (Open), the address and the
// certificates that it listens with (Listen), what it does by itself and when
// (Schedule), and its end (Running). It takes settings as values: flags, their
// help and what is printed are the program's.
//
// A data folder belongs to one process at a time, which the file lock names. Whoever
// has opened it may serve it to others (Start) or to itself over a pipe (Here); it
// is the same API either way.
package node
