// Package catalog answers which CVEs affect a release, and when its support
// ends, from the tables of all feeds (package table).
//
// [Merge] makes a catalog: an immutable, checksummed file, the same bytes for the
// same tables in any order. It names the tables, and holds what several feeds
// decide together: scores, what titles mean, who says something about which
// subject. [Open] loads it with its tables, and [Catalog.Verdict] answers for one
// [Release]. Devices are not asked about: fleets repeat themselves, so verdicts
// are remembered by release and platform class.
//
// # Resolving
//
// A release is resolved to a product by exact keys, the first that answers
// (matching.md, 1.4):
//
//  1. the operator's overrides, then, for the operating system itself, a table
//     by build and product type (windows.go);
//  2. hard identifiers: a distribution package by its distribution's own feed
//     and nothing else (distribution.go), a language package by package URL
//     (ecosystem.go), a reported CPE, a bundle id;
//  3. titles curated in alias.txt, then its patterns (alias.go);
//  4. titles that CVE records write beside a CPE, by majority, and the
//     normalised vendor and name when exactly that pair is known (subject/title.go).
//
// Nothing is searched for, and no vendor is guessed: without an exact key a
// release has no product code and no finding.
//
// # Matching
//
// All statements on one CPE pair or package belong to a subject. They are compiled
// into rules (rule.go) when somebody asks for the subject first (layout.go). A
// subject holds every version its rules name, in order. A rule is then an
// interval of positions in that order, and matching compares integers: the
// installed version is placed once by binary search.
// Where sources contradict each other, the more trusted one wins
// (matching.md, 3.1).
package catalog
