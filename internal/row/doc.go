// Package row writes the rows of package defender, and reads them back.
//
// # Two forms of one row
//
// A row has two forms. In part files it is a line of JSON with PascalCase keys in a fixed order,
// without nulls. In JSON pages it has exactly the documented keys, in camelCase, with nulls. A
// [Shape] describes both forms of one dataset's rows; the keys and their order are those of
// defender.Columns. Times have a fixed width, and whole numbers have a fraction in files
// (contract.md, section 4).
//
// # Writing
//
// A fleet repeats itself: the same software on many devices, the same CVEs in that software.
// Repeated parts are rendered once, as pieces, and a row is made by joining pieces:
//
//	device := (&row.Device{…}).Piece()                // once per device
//	evidence := row.Evidence(diskPaths, registryPaths) // once per device and software
//	finding := (&row.Vulnerability{…}).Piece()         // once per component and CVE, for all devices
//	buf = row.AppendVulnerability(buf, &device, &finding, &evidence, lastSeen, firstSeen)
//
// # Reading
//
// [Shape.Scan] only accepts the form that the Append functions write, or wrote in an earlier
// [Version]. It makes no copy and records the offset of each value, so that rows can be compared
// ([CompareKeys], [EqualButLastSeen]), turned into delta rows ([Shape.AppendDelta]) and shown in
// pages ([Shape.AppendPage]) at the speed of memory. Rows of different versions are equal if their
// values are; [Shape.AppendCurrent] gives a row the present form. If only keys and first-seen times
// are needed, of rows that were checked before, [Shape.Skim] is several times as fast.
//
// The package is pure. Everything in it is safe for concurrent use, except a [Row].
package row

// Version is the version of the form of file rows. It is raised whenever an Append function writes
// other bytes for the same values, so that rows of an older form are recognized and made anew
// (design.md, law 7). In version 1 times had up to seven digits of fraction without trailing zeros,
// and whole numbers had no fraction.
const Version = 2
