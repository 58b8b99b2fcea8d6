// Package nvd reads the National Vulnerability Database's JSON 2.0: pages of its API, its yearly
// feeds, and single records of the same shape, which the community overrides
// (anchore/nvd-data-overrides) supply for CVEs that have no configuration in NVD yet.
//
// A CVE's configurations are alternatives. Each has nodes of CPE matches. A vulnerable match
// becomes a statement, and everything ANDed with it becomes a condition of the statement
// (matching.md, 3.2). A match without any version, or with the version "not applicable", makes no
// statement.
package nvd
