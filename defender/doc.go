// Package defender is the compatible wire format: the shapes and spellings of the export API of
// Microsoft Defender Vulnerability Management, and nothing else. They are defined only here
// (contract.md, sections 1, 3, 4 and 8 to 14).
//
// A row has two forms: a line of a part file, with PascalCase keys and without nulls, and an
// element of a JSON page, with camelCase keys and nulls. [Columns] lists the keys of a dataset's
// rows in both. Clients decode either form into the documented structs, such as
// [AssetVulnerability], with encoding/json, which matches keys without regard to case; [ParseTime]
// parses their times.
//
// [NeighbourCalls] lists the other calls that clients of exports make: lists of machines,
// vulnerabilities, software and recommendations. Their objects, such as [Machine], have one form.
//
// The package is pure and only imports the standard library. Everything in it is safe for
// concurrent use.
package defender
