// Package table compiles one feed. A [Builder] takes the feed's records and
// makes a [Table] of them: an immutable file, the same bytes for the same
// records in any order, which depends on nothing but these records. So a feed is
// read once, when it changes, and never because another one did.
//
// A table has what the feed says in the form that catalogs are merged from: facts
// on CVEs, by CVE; statements on versions, by subject; statements whose product
// is known by its words alone, by title; how often a title stands beside which
// CPE pair; life cycles, by product. A feed of one kind fills some of these and
// leaves the others empty. What several feeds decide together, such as which pair
// a title means or which score a CVE has, is not decided here
// (package catalog).
package table
