// Package trust decides what a report is believed about: which device its
// sender may mean, what of the device's identity it may set, and which sources
// it may write (law 5). It is the table of doc/design.md, section 2.1.1, and
// the only place where that is decided.
//
// It knows no store and keeps nothing. Whoever stores a report tells it who
// sends, what is known of the device, and the group that the device is in at
// that moment, inside the transaction that the answer is for.
//
// The zero value of every type is the one with the least rights: a Sender
// that nobody filled in may do nothing.
package trust
