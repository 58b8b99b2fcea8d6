// Package answers has the commands that say what is known about devices: which there are, how
// far they were assessed, and why a CVE affects one or not.
package answers
