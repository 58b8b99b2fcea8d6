// Package store keeps what muster must not lose: which devices there are and
// what they reported, how far each generation came, and which snapshots
// readers may see. Everything that is exported lies in immutable files
// elsewhere; the store holds identities, reports, attempts and pointers.
//
// A [Store] is one concrete type over database/sql with one SQL text, kept
// within what SQLite and PostgreSQL both understand: $n parameters that appear
// in order, ON CONFLICT, RETURNING, window functions, keyset paging. Times are
// BIGINT Unix milliseconds made in Go, JSON is TEXT. Every promise in this
// package's comments is a test run through storetest.Each on every database.
//
// How it works:
//
//   - SQLite runs in WAL mode with synchronous=FULL, which [Open] checks: what
//     a call has returned survives kill -9 and power loss (law 2). One
//     connection writes; several read, each statement one consistent view.
//   - What is on the disk is not believed: a database that is gone, cut off or
//     another's is refused before SQLite sees it, every page has a checksum,
//     and [Store.Check] reads all of them. All of that is [ErrDamaged].
//   - [Store.Receive] calls that arrive together share one transaction, and so
//     one sync of the disk (group commit). Each is a savepoint of its own, so
//     a bad batch fails alone. What waits is bounded: [ErrSaturated].
//   - Every report takes the organization's next revision. A generation pins
//     the revision at which it begins, and so contains exactly the reports
//     acknowledged before.
//   - A generation is begun, resumed, sealed or failed in one short transaction.
//     Its devices are placed in slices, between which reports are stored
//     (placing.go), and its ranges are planned while nobody waits (planning.go).
//     Its ranges are completed by inserting a row whose key is the range: of
//     two attempts the first wins, and a late one loses whatever it believes.
//   - The pointer to the published snapshot is the newest row of a table that
//     is written in the sealing transaction only.
//
// Times are readings of one clock, the server's, which may be wrong: doubt.go
// judges it, clock.go keeps what it is judged by. No receipt is noted with a
// time before the newest that was believed, and one later than now says nothing.
//
// The organization is part of every key. Intelligence (feeds and catalogs)
// alone is shared by all of them.
package store
