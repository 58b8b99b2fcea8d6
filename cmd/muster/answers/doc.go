// Package answers has the commands that say what is known about devices: what is worst and what to
// update first, which devices there are, how far they were assessed, and why a CVE affects one or not.
package answers
