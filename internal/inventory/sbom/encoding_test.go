package sbom_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/sbom"
)

// units writes a text in UTF-16.
func units(text string, order binary.AppendByteOrder) []byte {
	var data []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return data
}

// TestEncodings: a document makes the same report in every encoding, and has the same format.
func TestEncodings(t *testing.T) {
	const (
		bom  = `{"bomFormat":"CycloneDX","components":[{"type":"library","name":"é漢","version":"1","purl":"pkg:npm/lodash@4.17.20"}]}`
		spdx = `{"spdxVersion":"SPDX-2.3","packages":[{"name":"lodash","versionInfo":"4.17.20","externalRefs":[` +
			`{"referenceType":"purl","referenceLocator":"pkg:npm/lodash@4.17.20"}]}]}`
		xml = `<?xml version="1.0" encoding="UTF-8"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>` +
			`<component type="library"><name>caf` + "é" + `</name><version>1</version></component></components></bom>`
	)
	latin := strings.Replace(strings.Replace(xml, "UTF-8", "ISO-8859-1", 1), "é", "\xe9", 1)
	wide := strings.Replace(xml, "UTF-8", "utf-16", 1)
	for _, test := range []struct {
		format inventory.Format
		text   string
		also   []string
	}{
		{inventory.FormatCycloneDXJSON, bom, nil}, {inventory.FormatSPDX, spdx, nil},
		{inventory.FormatCycloneDXXML, xml, []string{latin, string(units(wide, binary.LittleEndian))}},
	} {
		decode := func(data []byte) (*inventory.Report, error) {
			if test.format == inventory.FormatSPDX {
				return sbom.DecodeSPDX(bytes.NewReader(data), sbom.Identity{DeviceName: "pc"})
			}
			return sbom.DecodeCycloneDX(bytes.NewReader(data), sbom.Identity{DeviceName: "pc"})
		}
		want, err := decode([]byte(test.text))
		if err != nil || len(want.Software) != 1 {
			t.Fatalf("%v: %+v, %v", test.format, want, err)
		}
		written := [][]byte{[]byte("\uFEFF" + test.text)}
		for _, text := range []string{test.text, "\uFEFF" + test.text} {
			written = append(written, units(text, binary.LittleEndian), units(text, binary.BigEndian))
		}
		for _, text := range test.also {
			written = append(written, []byte(text))
		}
		for _, data := range written {
			got, err := decode(data)
			if err != nil {
				t.Errorf("%v: %.20x…: %v", test.format, data, err)
				continue
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v: %.20x…: %s", test.format, data, diff)
			}
			if format := inventory.Detect(data); format != test.format {
				t.Errorf("%v: %.20x… is taken for %v", test.format, data, format)
			}
		}
	}
	unread := strings.Replace(xml, "UTF-8", "EBCDIC-CP-US", 1)
	if _, err := sbom.DecodeCycloneDX(strings.NewReader(unread), sbom.Identity{DeviceName: "pc"}); err == nil ||
		!strings.Contains(err.Error(), `"EBCDIC-CP-US"`) {
		t.Errorf("an encoding that is not read: %v", err)
	}
}
