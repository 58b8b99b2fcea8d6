// Package clock judges the server's clock, which may be wrong, and stores the evidence: doubt.go
// decides whether a reading is believed, clock.go stores it.
//
// No receipt gets a time before the newest reading that was believed, and a stored time later than
// now proves nothing. While there is a [Doubt] nothing is destroyed.
package clock
