// Package notice decides what an organization's receivers are told after a snapshot, and in which words.
//
// # Rules
//
// A Rule says which events of which findings are told, in which RBAC groups and products. What it tells of findings
// follows from two lists, that of the snapshot before and that of the new one, each with the rule's filter: what came
// into the list, and what was mended. So a rule tells exactly what somebody notices who looks at that list after
// every snapshot (doc/decision/0155).
//
// # Notices
//
// A Comparison takes the devices of both snapshots one after the other, and makes Notices: one for each CVE or
// product, with its devices. A Notice has a key, by which receivers drop doubles, and is the JSON of doc/notices.md
// (schema.json). Package render makes mails, lines of syslog and the forms of chat and ticket services of it.
//
// The package is pure.
package notice
