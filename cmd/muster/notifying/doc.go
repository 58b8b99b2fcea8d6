// Package notifying has `muster notify`: who is told what changed after a snapshot.
package notifying
