// Package pipeline moves data one way: reports in (Receive), intelligence in
// (ImportFeed, RefreshFeeds), snapshots out (Publish), old files away (Retire).
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
// Sweep removes.
//
// # Retire
//
// Full snapshots and deltas go by age, never a file that a kept manifest still
// names (retire.go).
package pipeline
