// Package proof proves the files of snapshots, and makes damaged ones again.
//
// A Verifier reads every file and compares it with what names it, and every pair
// of neighbours by law 1: full n-1 with delta n applied is full n. Remake uses the
// same law in the other direction: two sound sides lead to the third. Both read
// rows side by side, one at a time, so that memory is bounded whatever the size.
// Its tests lie beside those of package snapshot, whose files they damage.
package proof
