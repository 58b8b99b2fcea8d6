// Package trend has the counts of a snapshot that add up: over RBAC groups, so that a caller is told the sum of the
// groups it sees, and over time, so that what was new and fixed in a month is the sum of its snapshots. The database
// keeps them longer than snapshots (decision 154).
//
// A count that is not known is marked as such, and so is every sum that it is in: nothing that is unknown counts as 0.
package trend
