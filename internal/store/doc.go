// Package store keeps what muster must not lose: which devices there are and what they reported,
// the progress of each generation, and which snapshots readers may see. Everything that is
// exported lies in immutable files elsewhere; the store holds identities, reports, attempts and
// pointers.
//
// A [Store] is one database with a room for each kind of thing in it. A room is a package: it has
// a type Store, whose methods are the statements of its tables, and uses only rooms listed above
// it:
//
//	database      the file: opening, damage, transactions, errors, the schema
//	chore         what one of several nodes does for all at an interval
//	clock         whether the server's clock is believed
//	intelligence  feeds, builds of the catalog, catalogs
//	organization  organizations, their groups and rules
//	access        clients, their credentials, keys
//	reports       devices, and what they report
//	enrollment    secrets that devices trade for credentials
//	exception     exceptions: findings that are hidden or marked
//	counted       counts of snapshots, for longer than those
//	notified      rules of notices, and notices that are owed
//	publication   generations, attempts, snapshots
//
// Tables refer to each other, so there is one schema (database/schema), and a statement may read
// columns of another room.
//
// Each statement has one text for SQLite and PostgreSQL: $n parameters that appear in order, ON
// CONFLICT, RETURNING, window functions, keyset paging. Times are BIGINT Unix milliseconds made in
// Go, JSON is TEXT. On PostgreSQL several transactions write at once: what decides by several rows
// locks an organization first (organization.Lock, database.Alone). Every promise in these packages'
// comments is a test run through storetest.Each on every database.
//
// The organization is part of every key. Only intelligence is shared by all organizations.
package store
