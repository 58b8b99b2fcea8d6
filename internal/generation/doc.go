// Package generation makes snapshots (Publish), retires old ones (Retire), proves
// what is kept (Verify) and brings damaged files back (Repair). A Publisher is
// the only one to work on its data folder, and calls Resume first.
//
// # Receive
//
// A report is checked, normalised and stored durably; nothing else happens.
// What it changes shows in the first generation that begins after it was
// acknowledged.
//
// # A generation
//
// Publish makes snapshot n+1 as the merge of snapshot n with the devices that
// are stale. It pins what it is made from (generate.go), plans ranges
// (plan.go), merges each of them on some core (merge.go), writes the manifest
// when all are durable, and moves the pointer. A crash at any line leaves
// either no trace but a running generation, which the next start finishes by
// the same rules (Resume), or files that only a dead attempt knows of, which
// Sweep removes (sweep.go). It removes nothing else.
//
// # Doubt
//
// Before each generation, every hour and now and then as reports come the clock
// is held to what it read before (doubt.go, package store). While it is in
// doubt, or a generation would drop too many devices at once, none begins and
// nothing is retired: a DoubtError tells why.
//
// # Retire
//
// Full snapshots and deltas go by age, oldest first, and never a file that the
// next snapshot names, too (retire.go). What is going is marked before its first
// file goes.
package generation
