// Package inventory defines what a device says about itself: the [Report] and its wire forms. Package
// stored has its stored form, which a collector does without.
//
// A report arrives as JSON, as one line of an NDJSON batch, or as an SBOM, which package sbom
// turns into one. It passes three steps:
//
//	bytes ──Decode*──▶ Report ──Normalize──▶ Report ──stored.Codec.Documents──▶ []Document
//	                                                                                 │
//	             Report as assessed ◀──stored.Codec.Open── documents of all sources ◀┘
//
// The decoders bound size, depth and counts while they read, so that memory is in proportion to
// the length of the input. They name the place of every problem in a [parse.FieldError].
// [Report.Normalize] gives equal content equal form: whatever the order and spelling of a report,
// equal content then has equal bytes and equal hashes. A [Document] is one section of a report in
// stored form. Codec.Open joins a device's documents, of all its sources, into one report for
// assessment.
//
// The package is pure: it uses no network, files or database, and the time is an argument. Package
// collect makes the report of a machine; the catalog decides which product a software entry means.
package inventory
