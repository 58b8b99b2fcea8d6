// Package proof checks the files of snapshots, and makes damaged ones again.
//
// A Verifier reads every file and compares it with the file that names it, and checks law 1 for
// every two neighbours: full n-1 with delta n applied is full n. Remake uses the same law to get a
// missing side from the two others. Both read rows side by side, one at a time, so that memory is
// bounded for any size. The tests are in package snapshot, whose files they damage.
package proof
