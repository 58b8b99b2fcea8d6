// Package library keeps intelligence: the raw files of feeds, the tables that
// are compiled of them, and the catalogs that tables are merged to.
//
// Files of a feed come into a new folder, by Import or Refresh, are read through
// to their end, which compiles their table, and only then take the place of the
// feed's former ones. A catalog is then merged of the tables of all feeds, and is
// current once it could be opened.
// An old one is removed when neither the next generation nor a running one uses
// it. Verify proves all files and tells of those that nothing names.
package library
