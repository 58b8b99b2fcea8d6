// Package database is the file under all rooms of the store. It knows its schema
// and no statement of theirs.
//
// SQLite runs in WAL mode with synchronous=FULL, which [Open] checks: what a call
// has returned survives kill -9 and power loss (law 2). One connection writes;
// several read, each statement one consistent view.
//
// What is on the disk is not believed. A database that is gone, cut off or
// another's is refused before SQLite sees it, every page has a checksum, and
// [DB.Check] reads all of them. All of that is [ErrDamaged].
package database
