// Package assets answers the neighbouring calls of the exports: machines, vulnerabilities, software,
// recommendations and scores, each as a list or as one object (contract.md, sections 9 to 15).
//
// # What a reply is made of
//
// Counts and lists come from the newest snapshot, through package answer, within the caller's groups;
// names of groups, addresses and versions of agents from the store; what is known of CVEs themselves
// from the catalog. One file makes the objects of each kind: machines.go, findings.go,
// vulnerabilities.go, products.go, recommendations.go, scores.go.
//
//	request ─▶ options ─▶ snapshot ─▶ list ─▶ page ─▶ client
//	          (options.go) (pull.go)          (page.go)  (reply.go)
//
// # Pages
//
// A pull is one snapshot (law 4). A nextLink carries $skip and a sealed token that names the snapshot
// (token.go); whoever counts $skip by himself goes on in the snapshot that his $skip=0 began with, which
// is remembered for a while (pins.go). Both also say where the page before ended, so that a page of a
// filtered list does not look at all the rows before it (doc/decision/0078).
package assets
