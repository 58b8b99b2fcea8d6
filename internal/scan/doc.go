// Package scan assesses one machine, or one document, without a server and without a data folder.
//
// Open compiles feeds' files into tables, as a server does, and merges them into a catalog; tables
// and catalogs are kept in a cache, since compiling takes a minute and opening a moment. Judge
// assesses a report with the same package as a generation, and returns what people want to know:
// findings, worst first, settings, ends of support, and how far the report was assessed. SARIF and
// VDR write that for other tools.
package scan
