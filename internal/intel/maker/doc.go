// Package maker finds the names of makers. One maker has several: "Apache Software Foundation" and "Apache" in records
// and installers, "apache" in CPEs. CVE records write such texts beside CPEs, and so tell which are the same maker's
// (matching.md, 1.7; decision 117). [Tell] reads that from the tables of feeds, and [Names] answers by it.
package maker
