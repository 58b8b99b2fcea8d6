package sbom_test

import (
	"bytes"
	"fmt"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"

	"github.com/muster-project/muster/internal/inventory/sbom"
)

// BenchmarkDecodeSBOM measures decoding a CycloneDX document of 300 components, and for comparison
// the format's library, which makes no report.
func BenchmarkDecodeSBOM(b *testing.B) {
	list := []cyclonedx.Component{}
	for i := range 300 {
		list = append(list, cyclonedx.Component{Type: cyclonedx.ComponentTypeLibrary,
			Name: fmt.Sprint("package-", i), Version: fmt.Sprint(i),
			BOMRef: fmt.Sprint("ref-", i), PackageURL: fmt.Sprintf("pkg:npm/package-%d@%d", i, i), Publisher: "ACME",
			Hashes:     &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: fmt.Sprintf("%064x", i)}},
			Licenses:   &cyclonedx.Licenses{{Expression: "MIT"}},
			Properties: &[]cyclonedx.Property{{Name: "path", Value: fmt.Sprint("/srv/", i)}}})
	}
	bom := cyclonedx.NewBOM()
	bom.Components = &list
	for name, format := range map[string]cyclonedx.BOMFileFormat{"JSON": cyclonedx.BOMFileFormatJSON,
		"XML": cyclonedx.BOMFileFormatXML} {
		var text bytes.Buffer
		if err := cyclonedx.NewBOMEncoder(&text, format).Encode(bom); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/inventory", func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sbom.DecodeCycloneDX(bytes.NewReader(text.Bytes()), host); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/library", func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			for b.Loop() {
				var read cyclonedx.BOM
				if err := cyclonedx.NewBOMDecoder(bytes.NewReader(text.Bytes()), format).Decode(&read); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
