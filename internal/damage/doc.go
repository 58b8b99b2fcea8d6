// Package damage names what is wrong with what is kept, and brings it back.
//
// A Verifier reads everything: the database, every document, the files of feeds,
// catalogs and snapshots, each with its hash, and law 1 between neighbours. It
// changes nothing.
//
// A Repairer works on one organization, which it holds as those do who make its
// generations: each damaged file is brought back by the first way that leads to it,
// a copy with its hash, law 1, or, where it may be given up, a new beginning.
//
// Tests of both lie with those of package generation, whose lab they need.
package damage
