// Package inventory holds what a device says about itself: the [Report], its
// wire forms and its stored form.
//
// A report arrives as JSON, as one line of an NDJSON batch, or as an SBOM, of which
// package sbom makes one, and passes three steps:
//
//	bytes ──Decode*──▶ Report ──Normalize──▶ Report ──Codec.Documents──▶ []Document
//	                                                                          │
//	             Report as assessed ◀──Codec.Open── documents of all sources ◀┘
//
// The decoders bound size, depth and counts while they read, so that no input
// needs memory out of proportion to its length, and name the place of every
// problem in a [parse.FieldError]. [Report.Normalize] brings equal content into equal
// form: whatever order and spelling a report came in, what is equal then has
// equal bytes and equal hashes. A [Document] is one section of a report as it
// is stored; a device's documents, of all its sources, are joined by
// [Codec.Open] into the one report that assessment reads.
//
// The package is pure. It touches no network, files or database, and the time
// comes in as an argument. Making a report of a machine is the work of package
// collect below it; knowing which product a software entry means is the
// catalog's.
package inventory
