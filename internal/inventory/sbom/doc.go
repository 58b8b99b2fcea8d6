// Package sbom makes reports of software bills of materials: CycloneDX in JSON
// and XML, and SPDX in JSON.
//
// Each reader takes of its format what says that something is installed, as
// components: name, version, vendor, package URL, CPE. What the formats have in
// common begins there: a component becomes an entry of software, the distribution
// and the architecture follow from the package URLs, and the caller's [Identity]
// says which device it is where the document does not.
//
// The readers bound size, depth and counts while they read; what makes no software
// is passed over and takes no memory (decision 35).
package sbom
