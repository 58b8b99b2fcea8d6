// Package library keeps intelligence: the raw files of feeds, and the catalogs built from them.
//
// Import and Refresh put a feed's files into a new folder and read them to the end; only then do
// they replace the feed's old files. A catalog is then built from all feeds; it becomes current
// once it has been opened. An old catalog is removed when neither the next generation nor a
// running one uses it. Verify checks all files and reports those that nothing names.
package library
