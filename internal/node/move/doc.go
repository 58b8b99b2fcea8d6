// Package move takes a data folder to the places that several nodes share: its rows to a PostgreSQL
// database, its files to object storage or a shared folder (doc/decision/0092).
//
// The order makes it safe to interrupt a move at any moment and to begin it again. The database is first
// marked as one that is being filled, which every program refuses. Then files are copied. Then the folder
// is marked as moved. Last, one transaction fills the database and removes its mark. So until that
// transaction nothing can be served at the new place, and after it nothing from the folder.
package move
