// Package version says which of two versions is older.
//
// Which order holds is a [Scheme]: every package ecosystem has its own rules, and
// they differ where it matters (epochs, tildes, pre-releases), so a
// distribution's package is compared by that distribution's rules or not at
// all. Those come from osv-scalibr's semantic package (matching.md, section 2.1).
//
// What belongs to no ecosystem (bounds of CPE ranges, "custom" versions of CVE
// records, Windows file versions) is compared by the [Generic] scheme, which is
// ours: [Key] turns a version into bytes whose order is the order of versions.
// A key is made once and compared as memory (matching.md, section 2.2).
//
// Two versions that cannot be compared are an error, [ErrIncomparable]: never
// equal, never older, and so never a reason to call software affected.
package version
