package main

// cutter holds what the feeds learn of each other.
type cutter struct {
	from string
	// all are the CVE records that have a score, cut, by id.
	all map[string]*record
	// scored are the CVEs with a score in some document of the sample.
	scored map[string]bool
	// kept are the CVEs that some document of the sample speaks of.
	kept map[string]bool
}
