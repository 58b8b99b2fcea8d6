// Package intake takes in bodies of requests that may be large, so that nobody who
// sends much, slowly, or what costs much to decode holds up others.
//
// Until it is decoded a [Body] takes the memory of what was sent; decoding takes
// what it is estimated to cost. Both are amounts that callers share (room.go), by
// organization and caller: who has the least is served first, and nobody has all
// (doc/decision/0035-memory-by-decoded-size.md). Those who decode take turns
// (turns.go), and a sender that is slow while others wait is given up (pace.go).
// What a body is, and what a document costs, the user of the package says.
package intake
