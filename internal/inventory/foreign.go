package inventory

import (
	"bytes"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// Understood names the formats that are understood, for people.
const Understood = "muster's JSON or NDJSON, CycloneDX (JSON or XML), SPDX (2 and 3 in JSON, 2 in tags and values), the JSON of Syft and Trivy, hosts of Fleet, results of osquery, replies of Wazuh, tables (CSV) of programs from Intune or Configuration Manager, and results of OpenSCAP (XCCDF or ARF)"

// Foreign says what to do with a document of a format that is not understood, by its first bytes; ""
// if the format is not known either. It knows the formats of tools that people take for one of those
// above, by the members or elements that they begin with:
//
//   - Grype: https://github.com/anchore/package models
//   - OpenSCAP: content in data streams, NIST SP 800-126, and results in OVAL
//   - SPDX: RDF
func Foreign(prefix []byte) string {
	prefix, err := parse.UTF8(prefix)
	if err != nil {
		return ""
	}
	text := string(bytes.TrimLeft(prefix, " \t\r\n"))
	switch {
	case strings.HasPrefix(text, "<"):
		return foreignXML(text)
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return foreignJSON(text)
	}
	return ""
}

const (
	otherSPDX = "this is SPDX in a form that is not read: write JSON, or tags and values, such as by syft -o spdx-json or bom --format json"
	ofList    = "this is a list of packages, such as osquery and pip write, which is not read: muster collect and muster-agent read packages by " +
		"themselves, or write them as muster's JSON (doc/design.md, section 7)"
	ofOpenSCAP = "this is content or a result of OpenSCAP that does not say which rules a machine keeps: write its results, " +
		"by oscap xccdf eval --results FILE, or --results-arf FILE"
)

// foreignXML knows documents by the namespaces of their first elements.
func foreignXML(text string) string {
	for _, known := range []struct{ mark, hint string }{
		{"http://scap.nist.gov/schema/scap/source/", ofOpenSCAP},
		{"http://oval.mitre.org/XMLSchema/oval-", ofOpenSCAP},
		{"http://spdx.org/rdf/terms#", otherSPDX},
	} {
		if strings.Contains(text, known.mark) {
			return known.hint
		}
	}
	return ""
}

// foreignJSON knows documents by the members of the object, or of the first object of a list.
func foreignJSON(text string) string {
	members, isList := membersOf(text)
	switch {
	case members["matches"] && !isList:
		return "these are findings of Grype, and no software: write CycloneDX by syft -o cyclonedx-json, and muster finds what is vulnerable"
	case members["title"] && members["detail"] && members["error"]:
		return "this is an error of Wazuh's API, and no list of packages"
	case isList && members["name"] && members["version"]:
		return ofList
	case members["@context"] && members["@graph"]:
		return otherSPDX
	}
	return ""
}
