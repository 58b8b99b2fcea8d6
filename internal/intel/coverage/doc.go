// Package coverage says whether software, and the device that has it, was assessed at all. A piece
// of software without findings may be free of known flaws, or nobody looked: the two must never
// look alike (decision 64).
//
// An [Answer] is about one piece of software; package catalog gives it by the rules of decision 65.
// [Describe] compares what a feed holds with what its publisher lists (publisher.go), and [Old] with
// the clock (decision 66).
package coverage
