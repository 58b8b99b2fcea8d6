package inventory_test

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
)

// foreign are the beginnings of documents of other tools, as these write them, and what a hint names.
var foreign = map[string]struct{ text, hint string }{
	"Grype": {`{"matches":[{"vulnerability":{"id":"CVE-2024-1"}}],"source":{}}`, "findings of Grype"},
	"osqueryi --json": {`[
  {"arch":"amd64","maintainer":"","name":"bash","version":"5.2.15-2"},
  {"arch":"amd64"}]`, "osquery"},
	"pip list":   {`[{"name": "pip", "version": "24.0"}]`, "pip"},
	"content":    {`<ds:data-stream-collection xmlns:ds="http://scap.nist.gov/schema/scap/source/1.2" xmlns:x="http://checklists.nist.gov/xccdf/1.2">`, "OpenSCAP"},
	"OVAL":       {`<oval_results xmlns="http://oval.mitre.org/XMLSchema/oval-results-5">`, "OpenSCAP"},
	"SPDX RDF":   {`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://spdx.org/rdf/terms#">`, "spdx-json"},
	"UTF-16":     {"\xff\xfe[\x00{\x00\"\x00n\x00a\x00m\x00e\x00\"\x00:\x001\x00,\x00\"\x00v\x00e\x00r\x00s\x00i\x00o\x00n\x00\"\x00:\x001\x00}\x00]\x00", "pip"},
	"other JSON": {`{"packages":[]}`, ""},
	"a list":     {`[1,2]`, ""},
	"other XML":  {`<html>`, ""},
	"text":       {"ii  bash  5.2\n", ""},
	"nothing":    {"", ""},
}

// Documents of other tools are recognized, and none of them is taken for one that is understood.
func TestForeign(t *testing.T) {
	for name, test := range foreign {
		text := []byte(test.text)
		if format := inventory.Detect(text); format != inventory.FormatUnknown {
			t.Errorf("%s: taken for %v", name, format)
		}
		if hint := inventory.Foreign(text); !strings.Contains(hint, test.hint) || (hint == "") != (test.hint == "") {
			t.Errorf("%s: hint %q, want one with %q", name, hint, test.hint)
		}
		for end := range min(len(text), 500) { // a prefix that ends anywhere
			inventory.Foreign(text[:end])
		}
	}
}

// Documents that are understood need no hint.
func TestOwnIsNotForeign(t *testing.T) {
	for _, text := range []string{`{"device":{"name":"h"},"software":[{"name":"bash","version":"5"}]}`,
		`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}`, `{"spdxVersion":"SPDX-2.3","packages":[]}`,
		`<bom xmlns="http://cyclonedx.org/schema/bom/1.5">`} {
		if hint := inventory.Foreign([]byte(text)); hint != "" || inventory.Detect([]byte(text)) == inventory.FormatUnknown {
			t.Errorf("%s: hint %q", text, hint)
		}
	}
}
