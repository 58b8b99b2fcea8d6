// Package row is the row engine: it writes the rows of package defender, and
// reads back what it has written.
//
// # Two forms of one row
//
// A row exists in two forms. In part files it is a line of JSON with PascalCase
// keys in a fixed order, nulls left out. In JSON pages it has camelCase keys,
// nulls written, and exactly the documented keys. A [Shape] knows both forms of
// one dataset's rows; the keys and their order are those of defender.Columns.
//
// # Writing
//
// A fleet repeats itself: the same software on many devices, the same CVEs on
// that software. What repeats is rendered once, as a piece, and a row is made
// by joining pieces:
//
//	device := (&row.Device{…}).Piece()                // once a device
//	evidence := row.Evidence(diskPaths, registryPaths) // once a device and software
//	finding := (&row.Vulnerability{…}).Piece()         // once a component and CVE, for all devices
//	buf = row.AppendVulnerability(buf, &device, &finding, &evidence, lastSeen, firstSeen)
//
// # Reading
//
// [Shape.Scan] reads back the form that the Append functions write, and no
// other: decoding what it accepts with encoding/json and writing it again gives
// the same bytes. It keeps no copy, only where each value lies, so that rows can
// be compared ([CompareKeys], [EqualButLastSeen]), turned into delta rows
// ([Shape.AppendDelta]) and shown in pages ([Shape.AppendPage]) at the speed of
// memory. Where only keys and first-seen times are wanted, of rows that were
// checked before, [Shape.Skim] is several times as fast.
//
// The package is pure. Everything in it may be used by many goroutines at once,
// a [Row] by one at a time.
package row

// Version numbers the form of file rows. It is raised whenever an Append
// function writes other bytes for the same values, so that rows of an older
// form are known and made anew (design.md, law 7).
const Version = 1
