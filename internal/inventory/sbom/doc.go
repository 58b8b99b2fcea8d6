// Package sbom makes reports from software bills of materials: CycloneDX in JSON and XML, SPDX 2 in
// JSON and in tags and values, SPDX 3 in JSON-LD, and the own JSON of Syft and Trivy.
//
// Each reader reads the parts of its format that say what is installed, as components: name,
// version, vendor, package URL, CPE. The rest is common to all formats: a component becomes an
// entry of software, the distribution and the architecture follow from the package URLs, and the
// caller's [Identity] names the device if the document does not.
//
// The readers bound size, depth and counts while they read; everything that is not software is
// skipped and takes no memory (decision 35).
package sbom
