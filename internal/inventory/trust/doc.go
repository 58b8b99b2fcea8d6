// Package trust decides which parts of a report count: which device its sender may mean, which
// fields of the device's identity it may set, and which sources it may write (law 5). It
// implements the table in doc/design.md, section 2.1.1, and is the only place where that is
// decided.
//
// It has no store and no state. The code that stores a report passes the sender, what is known of
// the device, and the device's current group, inside the same transaction.
//
// The zero value of every type has the least rights: a Sender that was not filled in may do
// nothing.
package trust
