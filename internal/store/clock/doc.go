// Package clock judges the server's clock, which may be wrong, and keeps what it is
// judged by: doubt.go says when a reading is believed, clock.go what is stored.
//
// No receipt is noted with a time before the newest reading that was believed, and
// a time later than now says nothing. While there is a [Doubt] nothing is destroyed.
package clock
