// Package intake reads bodies of requests that may be large. A caller who sends much, slowly, or
// what is costly to decode must not hold up others.
//
// Until it is decoded a [Body] takes the memory of what was sent; decoding takes its estimated
// cost. Callers share both amounts (room.go), by organization and caller: who has the least is
// served first, and nobody gets all (doc/decision/0035-memory-by-decoded-size.md). Callers decode
// in turn (turns.go), and a sender that is slow while others wait is cut off (pace.go). The user
// of the package says what a body is, and what decoding a document costs.
package intake
