// Package generation makes snapshots (Publish) and retires old ones (Retire).
//
// # Requests and leases
//
// A request for a generation is stored (publish.go). At most one request waits for an organization,
// and later callers join it. The next generation to begin answers it, in the transaction in which
// it begins. So a request survives a restart, and a generation that began before it never answers
// it. The owner of a [Hold] on an organization (hold.go) makes generations, retires or repairs.
// Goroutines of this process take turns; processes take leases, which package store checks in every
// transaction that changes attempts, snapshots or retention. An owner that was paused for too long
// has lost its lease, and its changes are refused. Organizations are worked on side by side.
//
// # A generation
//
// Publish makes snapshot n+1 as the merge of snapshot n with the devices that are stale. It pins
// the inputs (generate.go), plans ranges, offers them to a crew (conduct.go), writes the manifest when
// all are complete, and moves the pointer (seal.go). Any process may make the ranges (make.go,
// making.go, package merge): who completes one is decided by the attempt's row in the store.
// A crash at any line leaves either a running generation, which the next start finishes
// by the same rules (Resume), or files of a dead attempt, which Sweep removes (sweep.go). Sweep
// removes nothing else.
//
// # Doubt
//
// The clock is compared with its earlier readings before each generation, every hour, and now and
// then when reports arrive (package watch). While the clock is in doubt, or a generation would drop
// too many devices at once, no generation begins and nothing is retired. A watch.DoubtError says
// why.
//
// # Retire
//
// Full snapshots and deltas are removed by age, oldest first. A file that the next snapshot names
// stays (retire.go). A snapshot is marked before its first file is removed.
package generation
