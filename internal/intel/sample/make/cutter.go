package main

// cutter holds what the feeds need to know of each other.
type cutter struct {
	from string
	// all are the CVE records with a score, cut, by id.
	all map[string]*record
	// scored are the CVEs with a score in some document of the sample.
	scored map[string]bool
	// kept are the CVEs in some document of the sample.
	kept map[string]bool
}
