// Package database is the file under all rooms of the store. It owns the schema and contains none
// of their statements.
//
// SQLite runs in WAL mode with synchronous=FULL, which [Open] checks: what a call has stored
// survives kill -9 and power loss (law 2). One connection writes; several read, each statement one
// consistent view.
//
// The package does not trust what is on the disk. It refuses a database that is gone, cut off or
// another's before SQLite opens it. Every page has a checksum, and [DB.Check] reads all of them.
// Each such fault is an [ErrDamaged].
package database
