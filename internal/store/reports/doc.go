// Package reports keeps devices and what they report.
//
// Calls of [Store.Receive] that arrive together share one transaction, and so one sync of the disk
// (group commit). Each has a savepoint of its own, so a bad batch fails alone. The queue is
// bounded: [ErrSaturated].
//
// A report waits in a queue that gives every sender its share (queue.go). It is compared with what
// is stored of its device (identify.go, known.go, compare.go), and the differences are written
// (save.go, write.go).
package reports
