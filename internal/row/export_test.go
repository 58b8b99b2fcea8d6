package row

import "fmt"

// ParseTimestamp parses the exact spelling of a Timestamp.
func ParseTimestamp(text string) (Timestamp, error) {
	if n := timestampLength([]byte(text)); n == 0 || n != len(text) {
		return Timestamp{}, fmt.Errorf("reading row time %q: want the form 2020-11-03 10:13:34.847", text)
	}
	return copyTimestamp([]byte(text)), nil
}

// Key returns the key of rows made with the piece; for a clean row the key of its software. The
// caller must not change it.
func (v *VulnerabilityPiece) Key() []byte { return v.key }
