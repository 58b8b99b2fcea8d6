// Package ecosystem is the table of package ecosystems: every one that the text of the OSV schema
// lists (version 1.7.4, "Defined ecosystems"), "Azure Linux", which osv.dev publishes, too, and those
// that only their publishers have. A
// row says what kind of ecosystem it is, how its versions are ordered, which package URLs are its
// packages, and which name of a package its advisories use.
//
// A second table has the Linux distributions, by ID of os-release(5), with the ecosystems that
// judge their packages: a device's release selects them ([Distribution.Select]).
//
// Whatever differs from ecosystem to ecosystem is a column here: no other package compares an
// ecosystem's name. doc/matching.md, section 2.3, shows both tables, and a test holds it to them.
package ecosystem
