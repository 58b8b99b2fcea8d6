// Package intel holds what is known about vulnerabilities and the contract of
// the feeds it comes from.
//
// Knowledge moves in four steps that never mix. A [Feed] first fetches: bytes
// go to a folder as they came, and a [Mark] remembers how far the source was
// read. Then it parses: the files of such a folder, fetched or imported by hand,
// become [Record] values, without any network. Package table compiles the records
// of one feed, and package catalog merges the tables of all feeds. Bug reports
// and sites without a network therefore work on the same files as everybody else.
//
// Parsing is the same chain for every feed. [Limits.Documents] walks the folder and
// opens archives in memory, under [Limits]; [Elements] cuts long lists into
// their members; [Decode] turns documents into records on all cores and keeps
// their order. What a feed adds is a function from one document to records.
//
// The formats, their meaning and their traps are described in matching.md,
// section 3. A parser reads what a source says and leaves out what it does not
// say clearly: prose, unknown bounds and products without a version yield no
// statement, because a wrong finding costs more than a missing one.
package intel
