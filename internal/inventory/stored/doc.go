// Package stored has the stored form of reports: a [Codec] makes the documents of a report, and joins those of
// all sources of a device to the report that is assessed. Its libraries are those of the server alone: no
// collector imports it.
//
// It is pure, as package inventory is.
package stored
