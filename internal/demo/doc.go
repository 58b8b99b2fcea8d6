// Package demo demonstrates the whole program in a folder of its own: it collects this
// machine, simulates a small fleet beside it, assesses all of it against a sample of real
// intelligence, publishes two snapshots a few changes apart, checks itself, and serves the
// result. It needs no network.
package demo
