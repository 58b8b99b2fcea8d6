// Package export answers the export calls of Microsoft Defender Vulnerability Management
// (contract.md, sections 1 to 5).
//
// A pull is what one client reads with a call and its nextLinks. Its first page fixes a
// selection: which snapshots, which datasets. From then on the selection is in the skip token,
// sealed and bound to organization, call and scope. So a full pull shows one state, however many
// snapshots appear, and survives restarts of either side. The server keeps nothing for it. Only a
// delta goes on into newer snapshots when those of its first page are read (grow.go).
//
//	request ─▶ selection ─▶ stretches of parts ─▶ rows of segments ─▶ page form ─▶ client
//	            (pull.go)       (plan.go)         (package snapshot)   (page.go)
//
// The end of a page follows from the row counts of manifests only, before a file is opened; its
// rows are then streamed in constant memory. Damage that is found before the first byte is an
// error; after it the connection is cut.
//
// With $filter the end of a page is known only when it is written: rows are read one after the
// other, and matched by their fields (filter.go, reading.go; doc/decision/0073).
//
// Calls via files return links that the server signs and later checks itself (link.go). They need
// no other credential, and only name files of manifests. Clients of Azure's storage service read
// links, too (storage.go).
package export
