package inventory_test

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
)

func TestDetect(t *testing.T) {
	for _, test := range []struct {
		prefix string
		want   inventory.Format
	}{
		{"", inventory.FormatUnknown},
		{"hello", inventory.FormatUnknown},
		{"[1]", inventory.FormatUnknown},
		{"{}", inventory.FormatUnknown},
		{`{"a":1}`, inventory.FormatUnknown},
		{"\uFEFF \n{\n\"x\":[1,{}],\"device\":{", inventory.FormatReport},
		{"{\"software\":[],\n\"device\":{}}\n", inventory.FormatReport},
		{`{"device":{"name":"h"}}`, inventory.FormatNDJSON},
		{`{"device":{"name":"h"},"software":[`, inventory.FormatNDJSON},
		{"{\"device\":{\"name\":\"h\"}}\n{\"device\":{\"na", inventory.FormatNDJSON},
		{`{"$schema":"x","bomFormat":"CycloneDX","comp`, inventory.FormatCycloneDXJSON},
		{"{\n  \"SPDXID\": \"SPDXRef-DOCUMENT\",\n", inventory.FormatSPDX},
		{`{"creationInfo":{"created":"x"},"spdxVersion":"SPDX-2.3",`, inventory.FormatSPDX},
		{`<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.2"`, inventory.FormatCycloneDXXML},
		{`<html>`, inventory.FormatUnknown},
		{"<?xml version=\"1.0\"?>\n<!-- <html> -->\n<Benchmark xmlns=\"http://checklists.nist.gov/xccdf/1.2\"", inventory.FormatXCCDF},
		{`<cdf:TestResult xmlns:cdf="http://checklists.nist.gov/xccdf/1.1">`, inventory.FormatXCCDF},
		{`<arf:asset-report-collection xmlns:arf="http://scap.nist.gov/schema/asset-reporting-format/1.1">`, inventory.FormatXCCDF},
		{`<ds:data-stream-collection xmlns:x="http://checklists.nist.gov/xccdf/1.2">`, inventory.FormatUnknown},
		{`<!DOCTYPE Benchmark><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2">`, inventory.FormatXCCDF},
		{"<!DOCTYPE B [<!ENTITY a \"b\">\n]>\n" + `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2">`, inventory.FormatXCCDF},
		{`<!DOCTYPE B [<!ENTITY`, inventory.FormatUnknown},
		{`<!-- Benchmark`, inventory.FormatUnknown},
		{`<`, inventory.FormatUnknown},
	} {
		if got := inventory.Detect([]byte(test.prefix)); got != test.want {
			t.Errorf("Detect(%q) = %v, want %v", test.prefix, got, test.want)
		}
	}
}

func TestDetectRealDocuments(t *testing.T) {
	for name, want := range map[string]inventory.Format{
		"inventory/rhel9-ubi/ubi9-9.6.spdx.json.gz":         inventory.FormatSPDX,
		"inventory/cyclonedx/dropwizard-1.3.15.bom.json.gz": inventory.FormatCycloneDXJSON,
		"inventory/cyclonedx/dropwizard-1.3.15.bom.xml.gz":  inventory.FormatCycloneDXXML,
		"xccdf/debian12-standard.results.xml.gz":            inventory.FormatXCCDF,
		"xccdf/debian12-standard.results-arf.xml.gz":        inventory.FormatXCCDF,
	} {
		if got := inventory.Detect(inventorytest.Shared(t, name)[:4096]); got != want {
			t.Errorf("%s is detected as %v, want %v", name, got, want)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	for f := inventory.FormatReport; f.MediaType() != inventory.FormatUnknown.MediaType(); f++ {
		if got := inventory.FormatOf(strings.ToUpper(f.MediaType())); got != f {
			t.Errorf("the media type of %v is one of %v", f, got)
		}
	}
	for _, other := range []string{"", "text/html", "application/octet-stream"} {
		if got := inventory.FormatOf(other); got != inventory.FormatUnknown {
			t.Errorf("media type %q is taken for %v", other, got)
		}
	}
	if beyond := inventory.Format(200); beyond.String() != "unknown" || beyond.MediaType() != "application/octet-stream" {
		t.Errorf("a format that is none is %v, %s", beyond, beyond.MediaType())
	}
}
