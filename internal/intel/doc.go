// Package intel defines records about vulnerabilities and the contract of the feeds that supply
// them.
//
// There are three separate steps. A [Feed] first fetches: the unchanged bytes go to a folder, and
// a [Mark] records how far the source was read. Then it parses: the files of such a folder,
// fetched or imported by hand, become [Record] values, without a network. Finally packages table
// and catalog build their immutable form from the records. So bug reports and sites without a
// network use the same files as all others.
//
// Parsing is the same chain for every feed. [Limits.Documents] walks the folder and opens archives,
// within [Limits]; [Elements] splits long lists into their members, and [Members] nested objects;
// [Decode] turns documents into records on all cores and keeps their order. A feed only adds a
// function from one document to records.
//
// The formats, their meaning and their traps are described in matching.md, section 3. A parser
// leaves out everything that a source does not say clearly: prose, unknown bounds and products
// without a version make no statement, because a wrong finding costs more than a missing one.
package intel
