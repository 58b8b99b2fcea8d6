// Package defender is the compatible wire format: the shapes and spellings
// that the export API of Microsoft Defender Vulnerability Management made
// known, and nothing else. It is the one place where they are written down
// (contract.md, sections 1, 3, 4 and 8).
//
// A row exists in two forms: a line of a part file, with PascalCase keys and
// nulls left out, and an element of a JSON page, with camelCase keys and nulls
// written. [Columns] lists the keys of a dataset's rows in both. Clients decode
// either form into the documented structs, such as [AssetVulnerability], with
// encoding/json, which matches keys without regard to case; [ParseTime] reads
// their times.
//
// The package is pure and imports the standard library only. Everything in it
// may be used by many goroutines at once.
package defender
