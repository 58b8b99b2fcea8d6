// Package notify tells the receivers of organizations what changed.
//
// A round has two halves. Derive makes the notices of each snapshot that was published since the last one of which
// notices were made, and stores them together with how far they are made. Send sends what is due. Both begin with
// what the store has, so a process that dies at any line is gone on with by the next round, of this node or another:
// nothing is lost, and what was sent a moment before is sent again, with the same key (doc/decision/0155).
//
// Where several nodes serve, rounds are a chore: one node makes them (package node).
package notify
