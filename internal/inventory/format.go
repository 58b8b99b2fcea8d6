package inventory

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/table"
)

// Format is a wire form of reports.
type Format uint8

// The formats.
const (
	// FormatUnknown is none of the formats below.
	FormatUnknown Format = iota
	// FormatReport is one JSON report.
	FormatReport
	// FormatNDJSON is one JSON report per line; a single report on one line is also NDJSON.
	FormatNDJSON
	// FormatCycloneDXJSON is a CycloneDX document in JSON.
	FormatCycloneDXJSON
	// FormatCycloneDXXML is a CycloneDX document in XML.
	FormatCycloneDXXML
	// FormatSPDX is an SPDX document in JSON: of version 2, or of version 3 in JSON-LD.
	FormatSPDX
	// FormatTagValue is an SPDX document in tags and values.
	FormatTagValue
	// FormatSyft is Syft's own JSON.
	FormatSyft
	// FormatTrivy is Trivy's own JSON.
	FormatTrivy
	// FormatFleet is one host of Fleet, or a list of hosts, with software.
	FormatFleet
	// FormatOSQuery is osquery's log of results, in lines.
	FormatOSQuery
	// FormatWazuh is one or more replies of Wazuh's manager or indexer.
	FormatWazuh
	// FormatTable is a table of devices and programs, as Intune and Configuration Manager export, in separated
	// values or, of Intune, in JSON.
	FormatTable
	// FormatXCCDF is results of OpenSCAP and other tools: XCCDF, or ARF with it.
	FormatXCCDF
)

// formats has the name and media type of each format, by its number.
var formats = [...]struct{ name, mediaType string }{
	FormatUnknown:       {"unknown", "application/octet-stream"},
	FormatReport:        {"report", "application/json"},
	FormatNDJSON:        {"NDJSON", "application/x-ndjson"},
	FormatCycloneDXJSON: {"CycloneDX JSON", "application/vnd.cyclonedx+json"},
	FormatCycloneDXXML:  {"CycloneDX XML", "application/vnd.cyclonedx+xml"},
	FormatSPDX:          {"SPDX JSON", "application/spdx+json"},
	FormatTagValue:      {"SPDX tag-value", "text/spdx"},
	FormatSyft:          {"Syft JSON", "application/vnd.syft+json"},
	FormatTrivy:         {"Trivy JSON", "application/vnd.trivy+json"},
	FormatFleet:         {"hosts of Fleet", "application/vnd.fleet.hosts+json"},
	FormatOSQuery:       {"results of osquery", "application/vnd.osquery.results+json"},
	FormatWazuh:         {"replies of Wazuh", "application/vnd.wazuh+json"},
	FormatTable:         {"table of programs", "text/csv"},
	FormatXCCDF:         {"results in XCCDF or ARF", "application/xml"},
}

// String returns the name of the format.
func (f Format) String() string {
	if int(f) < len(formats) {
		return formats[f].name
	}
	return formats[FormatUnknown].name
}

// MediaType returns the media type of documents in the format.
func (f Format) MediaType() string {
	if int(f) < len(formats) {
		return formats[f].mediaType
	}
	return formats[FormatUnknown].mediaType
}

// FormatOf returns the format for a media type without parameters, in any case; FormatUnknown if
// there is none. "text/xml" is another name of "application/xml".
func FormatOf(mediaType string) Format {
	if strings.EqualFold(mediaType, "text/xml") {
		mediaType = formats[FormatXCCDF].mediaType
	}
	for f := FormatReport; int(f) < len(formats); f++ {
		if strings.EqualFold(mediaType, formats[f].mediaType) {
			return f
		}
	}
	return FormatUnknown
}

// Detect returns the format of a document, in UTF-8 or UTF-16, from its first bytes; a few kilobytes
// suffice. It only
// distinguishes the formats above: damage further on is found when the document is decoded.
func Detect(prefix []byte) Format {
	prefix, err := parse.UTF8(prefix)
	if err != nil {
		return FormatUnknown
	}
	text := string(bytes.TrimLeft(prefix, " \t\r\n"))
	switch {
	case strings.HasPrefix(text, "<"):
		return detectXML(text)
	case strings.HasPrefix(text, "SPDXVersion:"), strings.HasPrefix(text, "#") && strings.Contains(text, "\nSPDXVersion:"):
		return FormatTagValue
	case strings.HasPrefix(text, "["):
		return detectTable(membersOf(text))
	case !strings.HasPrefix(text, "{") && table.Find(text) != 0:
		return FormatTable
	case !strings.HasPrefix(text, "{"):
		return FormatUnknown
	}
	format := detectMember(text)
	if format == FormatReport && isOneLine(text) {
		return FormatNDJSON
	}
	return format
}

// The beginnings of namespaces: of XCCDF 1.1 and 1.2 (NIST IR 7275), and of ARF (NIST IR 7694).
const (
	NamespaceXCCDF = "http://checklists.nist.gov/xccdf/"
	NamespaceARF   = "http://scap.nist.gov/schema/asset-reporting-format/"
)

// detectXML returns the format of a document in XML. Content of SCAP declares the namespace of XCCDF, too, so the
// name of the first element decides beside it.
func detectXML(text string) Format {
	first := firstElement(text)
	for _, known := range []struct {
		element, space string
		format         Format
	}{
		{"bom", "http://cyclonedx.org/schema/bom/", FormatCycloneDXXML},
		{"Benchmark", NamespaceXCCDF, FormatXCCDF},
		{"TestResult", NamespaceXCCDF, FormatXCCDF},
		{"asset-report-collection", NamespaceARF, FormatXCCDF},
	} {
		if first == known.element && strings.Contains(text, known.space) {
			return known.format
		}
	}
	return FormatUnknown
}

// firstElement returns the name of the first element of a document in XML, without its prefix.
func firstElement(text string) string {
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		end := ""
		switch {
		case strings.HasPrefix(text, "<?"):
			end = "?>"
		case strings.HasPrefix(text, "<!--"):
			end = "-->"
		case strings.HasPrefix(text, "<!"): // a document type, which the decoders refuse
			end = ">"
			if begin, _, _ := strings.Cut(text, end); strings.Contains(begin, "[") {
				end = "]>"
			}
		default:
			name := strings.TrimPrefix(text, "<")
			if end := strings.IndexAny(name, " \t\r\n/>"); end >= 0 {
				name = name[:end]
			}
			return name[strings.LastIndexByte(name, ':')+1:]
		}
		_, rest, ok := strings.Cut(text, end)
		if !ok {
			return ""
		}
		text = rest
	}
}

// detectMember returns the format of a JSON object from the first member that only one format has.
func detectMember(text string) Format {
	format, p := FormatUnknown, parse.NewJSON(text)
	_ = p.Object(func(key string) error {
		switch key {
		case "device", "software":
			format = FormatReport
		case "bomFormat":
			format = FormatCycloneDXJSON
		case "spdxVersion", "SPDXID":
			format = FormatSPDX
		case "@context":
			if !p.IsText() {
				return p.Skip()
			}
			context, err := p.Text()
			if !strings.HasPrefix(context, "https://spdx.org/rdf/3.") {
				return err
			}
			format = FormatSPDX
		case "artifacts":
			format = FormatSyft
		case "ArtifactName", "ArtifactType", "SchemaVersion":
			format = FormatTrivy
		case "host", "hosts":
			format = FormatFleet
		case "_shards", "_source", "hits", "agent", "wazuh":
			format = FormatWazuh
		case "data":
			if members, _ := membersOf(p.Rest()); !members["affected_items"] {
				return p.Skip()
			}
			format = FormatWazuh
		case "hostIdentifier", "calendarTime", "diffResults", "snapshot":
			format = FormatOSQuery
		case "value", "values":
			if format = detectTable(membersOf(strings.TrimLeft(p.Rest(), " \t\r\n"))); format == FormatUnknown {
				return p.Skip()
			}
		default:
			return p.Skip()
		}
		return errFound
	}) // the end of the prefix is not an error here
	return format
}

// detectTable returns FormatTable if the members of the first object of a list are those of a row.
func detectTable(members map[string]bool, isList bool) Format {
	if isList && table.Names(slices.Collect(maps.Keys(members))) {
		return FormatTable
	}
	return FormatUnknown
}

// isOneLine reports whether the first line of text is a whole object, or goes on beyond the end of
// text.
func isOneLine(text string) bool {
	line, _, more := strings.Cut(text, "\n")
	return !more || parse.NewJSON(line).Skip() == nil
}
