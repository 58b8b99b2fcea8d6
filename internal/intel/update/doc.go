// Package update judges Windows by Microsoft's updates: which CVEs an update fixes, which updates it replaces, and
// which of them a device has.
//
// A [Book] has the updates of all feeds. A [Branch] is those for one release of Windows on one architecture: an
// update is named by the release and its number, never by the number alone, so an update for another release
// fixes nothing. What a [Device] tells (its revision, the numbers of its installed updates) gives a [State]:
// whether each update is installed, missing, or not known (doc/decision/0107).
//
// The package does not know what CVE records say, except the builds that they give to CVEs: a cumulative update
// has the build with which its CVEs are fixed.
package update
