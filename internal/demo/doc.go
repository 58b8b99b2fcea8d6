// Package demo demonstrates the whole program in a folder of its own: it collects this
// machine, simulates a small fleet beside it, assesses all of it against a sample of real
// intelligence, publishes a snapshot for each of the last fifteen days, checks itself, and serves the
// result. It needs no network.
//
// The past is lived through, not written: the node's clock is set to each day in turn, devices report what they had
// by then, and a snapshot is published as ever. So first-seen times, deltas, trends and retention are those of a
// server that has run for two weeks. Simulated are the devices and their past; this machine, which reports on the
// last day alone, and the intelligence are real.
package demo
