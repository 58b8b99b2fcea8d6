// Package generation makes snapshots (Publish) and retires old ones (Retire).
//
// # Requests and leases
//
// A generation that is asked for is stored (publish.go). One waits for an
// organization, later callers join it, and the next one to begin answers it in the
// transaction in which it begins; so it survives a restart, and is never answered
// by one that began before. Whoever makes a generation, retires or repairs holds
// the organization (hold.go): goroutines of this process take turns, processes take
// leases, which package store checks in every transaction that changes attempts,
// snapshots or what is kept. An owner that was paused finds that its work is no
// longer its own. Organizations are worked on side by side.
//
// # A generation
//
// Publish makes snapshot n+1 as the merge of snapshot n with the devices that
// are stale. It pins what it is made from (generate.go, pin.go), plans ranges
// (plan.go), makes each of them on some core (make.go, ranges.go, merge.go), writes
// the manifest when all are durable, and moves the pointer (seal.go). A crash at any line leaves
// either no trace but a running generation, which the next start finishes by
// the same rules (Resume), or files that only a dead attempt knows of, which
// Sweep removes (sweep.go). It removes nothing else.
//
// # Doubt
//
// Before each generation, every hour and now and then as reports come the clock
// is held to what it read before (package watch). While it is in
// doubt, or a generation would drop too many devices at once, none begins and
// nothing is retired: a watch.DoubtError tells why.
//
// # Retire
//
// Full snapshots and deltas go by age, oldest first, and never a file that the
// next snapshot names, too (retire.go). What is going is marked before its first
// file goes.
package generation
