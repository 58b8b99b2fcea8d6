// Package database is the database under all rooms of the store: an SQLite file, or a database of a
// PostgreSQL server. It owns the schema and contains none of their statements. What differs between the
// two lies in the files sqlite*.go and postgres*.go.
//
// On PostgreSQL, transactions are READ COMMITTED and lock what they decide by (doc/decision/0090). [DB.Write]
// repeats what was in the way of others or lost its connection. Leases are judged by the server's clock.
//
// SQLite runs in WAL mode with synchronous=FULL, which [Open] checks: what a call has stored
// survives kill -9 and power loss (law 2). One connection writes; several read, each statement one
// consistent view.
//
// The package does not trust what is on the disk. Of SQLite it refuses a database that is gone, cut off or
// another's before SQLite opens it. Every page has a checksum, and [DB.Check] reads all of them.
// Each such fault is an [ErrDamaged].
package database
