package row

import "fmt"

// ParseTimestamp reads back what a Timestamp spells, and nothing else.
func ParseTimestamp(text string) (Timestamp, error) {
	if n := timestampLength([]byte(text)); n == 0 || n != len(text) {
		return Timestamp{}, fmt.Errorf("reading row time %q: want the form 2020-11-03 10:13:34.847", text)
	}
	return copyTimestamp([]byte(text)), nil
}

// Key returns the key of the rows made with the piece; the key of its software
// for a clean row. The caller must not change it.
func (v *VulnerabilityPiece) Key() []byte { return v.key }
