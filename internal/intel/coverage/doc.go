// Package coverage says whether software, and the device that has it, was assessed at all. A piece
// of software without findings may be free of known flaws, or nobody looked: the two must never
// look alike (decision 64).
package coverage
