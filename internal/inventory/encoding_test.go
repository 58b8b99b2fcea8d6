package inventory_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"unicode/utf16"

	"github.com/muster-project/muster/internal/inventory"
)

// TestReportsInUTF16: reports that were redirected to a file by Windows PowerShell are read, one or
// many.
func TestReportsInUTF16(t *testing.T) {
	const line = `{"device":{"name":"büro-漢"}}`
	for _, text := range []string{line, line + "\r\n" + line + "\r\n"} {
		var data []byte
		for _, unit := range utf16.Encode([]rune("\uFEFF" + text)) {
			data = binary.LittleEndian.AppendUint16(data, unit)
		}
		if text == line {
			if r, err := inventory.DecodeReport(data, inventory.Given{}); err != nil || r.Device.Name != "büro-漢" {
				t.Errorf("one report: %+v, %v", r, err)
			}
		}
		count := 0
		admit := func([]byte) error { return nil }
		for r, err := range inventory.DecodeLines(bytes.NewReader(data), inventory.Given{}, admit) {
			if count++; err != nil || r.Device.Name != "büro-漢" {
				t.Fatalf("line %d: %+v, %v", count, r, err)
			}
		}
		if want := bytes.Count([]byte(text), []byte("device")); count != want {
			t.Errorf("%d reports of %d", count, want)
		}
		if format := inventory.Detect(data); format != inventory.FormatNDJSON {
			t.Errorf("taken for %v", format)
		}
	}
}
