// Package nvd reads the National Vulnerability Database's JSON 2.0: pages of its
// API, its yearly feeds, and single records of the same shape, as the community
// overrides (anchore/nvd-data-overrides) supply where NVD has no configuration
// yet.
//
// A CVE's configurations are alternatives. Each has nodes of CPE matches; a
// match that is vulnerable becomes a statement, what it is ANDed with becomes a
// condition of it (matching.md, 3.2). A match without any version, or with the
// version "not applicable", makes no statement.
package nvd
