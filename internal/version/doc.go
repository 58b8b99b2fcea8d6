// Package version decides which of two versions is older.
//
// The order depends on a [Scheme]: every package ecosystem has its own rules, and they differ
// where it matters (epochs, tildes, pre-releases), so a distribution's package is compared only by
// that distribution's rules. These come from osv-scalibr's semantic package (matching.md, section
// 2.1).
//
// Versions of no ecosystem (bounds of CPE ranges, "custom" versions of CVE records, Windows file
// versions) are compared by muster's own [Generic] scheme: [Key] turns a version into bytes with
// the same order. A key is made once and compared as bytes (matching.md, section 2.2).
//
// Two versions that cannot be compared are an error, [ErrIncomparable]: they are never equal and
// never older, and so never a reason to report software as affected.
package version
