// Package catalog answers which CVEs affect a component, and when its support ends, from the records
// of all feeds.
//
// [Merge] makes a catalog from the tables of feeds: one immutable, checksummed file, with the same
// bytes for the same records in any order. [Open] loads it, and [Catalog.Verdict] answers for one
// [Component], not for a device: fleets repeat themselves, so verdicts are cached by component and
// platform class.
//
// # Resolving
//
// A component is resolved to a product by exact keys. The first that answers decides (matching.md,
// 1.4):
//
//  1. the operator's overrides, then, for the operating system itself, a table by build and
//     product type (package windows);
//  2. hard identifiers: a distribution package by its distribution's own feed and nothing else
//     (distribution.go), a language package by package URL (ecosystem.go), a reported CPE, a
//     bundle id;
//  3. titles curated in alias.txt, then its patterns (package alias);
//  4. titles that CVE records write beside a CPE, by majority, and the normalised vendor and name
//     when exactly that pair is known (subject/title.go); then both under the maker's other names, which records
//     tell (package maker).
//
// There is no fuzzy search and no guessing of vendors: without an exact key a component has no
// product code and no finding.
//
// # Matching
//
// Statements of feeds are weighed and compiled into rules (package rule). All rules on one product, a
// CPE pair or package or several of them, make a layout, which has an ordered list of every version in
// its rules. It is made from the statements that apply to a component: those for other software,
// ecosystems or editions are left out first (qualifier.go). A rule is an interval of positions in that
// list, and matching compares integers: one binary search finds the place of the installed version.
package catalog
