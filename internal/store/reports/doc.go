// Package reports keeps devices and what they report.
//
// [Store.Receive] calls that arrive together share one transaction, and so one
// sync of the disk (group commit). Each is a savepoint of its own, so a bad batch
// fails alone. What waits is bounded: [ErrSaturated].
//
// On its way a report passes the queue, which gives every sender its share
// (queue.go), is compared with what is known of its device (identify.go, known.go,
// compare.go), and is written where it differs (save.go, write.go).
package reports
