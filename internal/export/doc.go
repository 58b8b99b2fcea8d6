// Package export answers the export calls that clients of Microsoft Defender
// Vulnerability Management know (contract.md, sections 1 to 5).
//
// A pull is what one client reads with a call and its nextLinks. Its first page
// fixes a selection: which snapshots, which datasets. From then on the
// selection travels in the skip token, sealed and bound to organization, call
// and scope, so that a pull shows one state however many snapshots appear, and
// survives restarts of either side. Nothing is kept for it in the server.
//
//	request ─▶ selection ─▶ stretches of parts ─▶ rows of segments ─▶ page form ─▶ client
//	            (pull.go)       (plan.go)         (package snapshot)   (page.go)
//
// Where a page ends follows from the row counts of manifests alone, before a
// file is opened; its rows are then streamed in constant memory. What is found
// damaged before the first byte is an error; after it the connection is cut.
//
// Calls via files return links that the server signs and later checks itself
// (link.go); they need no other credential, and name files of manifests only.
// Links are read by clients of Azure's storage service, too (storage.go).
package export
