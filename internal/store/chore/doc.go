// Package chore decides which of several processes that share a database does what one of them does
// for all at an interval: fetching feeds, verifying, sweeping.
//
// A [Turn] is a lease on a chore for who found it due. A process that dies has no turn any more once the lease has
// ended, and the next one that looks begins the chore anew. What a chore changes has guards of its own:
// two processes may do a chore at the same time, if one of them was paused.
package chore
