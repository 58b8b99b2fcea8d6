// Package damage finds and repairs damage in stored data.
//
// A Verifier reads everything: the database, every document, and the files of feeds, catalogs and
// snapshots. It checks each against its hash, and law 1 between neighbouring snapshots. It changes
// nothing.
//
// A Repairer works on one organization and holds its lease, like the makers of its generations. It
// repairs each damaged file in the first way that works: from a copy with the right hash, by law
// 1, or, if the file may be given up, by a new beginning.
//
// The tests of both are in package generation, whose lab they need.
package damage
