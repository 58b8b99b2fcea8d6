// Package answer computes every count and every list that people and programs are shown of a snapshot:
// for calls, command lines, metrics and pages.
//
// # Scope first
//
// A View is one snapshot in one scope: the RBAC groups that a caller may see (design.md, law 5). Whatever
// is asked of it concerns those groups alone. Hidden devices are in no scope.
//
// # What an answer costs
//
// Counts read the summary of the snapshot: one head of projections (package projection) a group, and one
// of all groups, merged when the snapshot was published. So who sees all groups reads one head, who sees
// one group another, and only who sees several groups and not all merges heads. A missing summary is
// made again, in memory, from the heads of the ranges. A head of several ranges says which of them have a
// CVE or a product, so a list of what few ranges have reads those. Lists skip the others by their heads and
// read the projections of those that hold the page, so a page at row 25,000,000 costs what a page costs. Full
// rows, with first-seen times and paths, are read from the parts by their places. Heads, projections, and
// what a filter with a key matches in them, are cached. Of a projection only the sections are read that are asked for:
// lists of devices read the devices, and sets of them (Set) the lists of one section, of which a bit a device is kept.
//
// A range that an older program made has no projection until the next generation. A view that contains
// one has no answers: every question is ErrUnavailable, because a part is not the whole.
package answer
