// Package answers has the calls below /v1 that list findings, software, devices, recommendations and
// configurations of a snapshot, by risk, with filters.
//
// Counts come from package answer, in the scope of the caller; what is known of a CVE beside its rows comes
// from the catalog, which may be newer than the snapshot. The token of a page pins the snapshot,
// and the rows of a list are kept for its next page (doc/decision/0089).
package answers
