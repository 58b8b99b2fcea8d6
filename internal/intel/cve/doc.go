// Package cve unites what all feeds say about CVEs themselves, whatever they affect: dates, scores,
// exploitation, words.
//
// [Unite] lists the CVEs of all tables and merges the facts about them, by the order of trust (matching.md,
// 3.4); [Lay] makes [Columns] of those that count, which are part of a catalog's file. A [List] answers
// questions about them, by id and by number. Words stay in the tables of feeds and are joined when they
// are asked for.
//
// Dates, vectors and words are for people and clients that ask for a CVE. They are in no row and no
// fingerprint, so that what changes daily makes no device stale.
package cve
