// Package table compiles one feed. A [Builder] takes the feed's records and makes a [Table]: an
// immutable file, with the same bytes for the same records in any order, that depends on nothing
// else. So a feed is read once, when it changes, and never because another one changed.
//
// A table has the feed's content in the form from which catalogs are merged: facts about CVEs, by
// CVE; statements on versions, by subject; statements whose product is only known by words, by
// title; counts of titles beside CPE pairs; life cycles and updates, by product; and its extent, by which it is
// compared with what its publisher lists. A feed of one kind fills some of these and leaves the others
// empty. What several feeds decide together, such as which pair a
// title means or which score a CVE has, is decided in package catalog.
package table
